"""One exchange over HTTP: with mocked answers, and with scripted bytes on a real socket."""

import asyncio
import gzip
import tracemalloc

import aiohttp
import pytest

from dexter_graphql import __version__
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.errors import (
    BadResponse,
    CutOff,
    DeadlineExceeded,
    Forbidden,
    Moved,
    RateLimited,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.wire import MAX_HEADER_BYTES, Wire
from support.upstream import EPOCH_S, Mocked, MovedClock, Scripted, Step, a_call, answer

URL = "https://sentry.io/api/0/organizations/acme/issues/"
MEBIBYTE = 1024 * 1024


@pytest.fixture
async def wire():
    """A wire that accepts ten bytes more than a thousand."""
    wire = Wire(MovedClock(), max_body_bytes=1010)
    yield wire
    await wire.close()


@pytest.fixture
def sentry():
    """Sentry with mocked answers; an unexpected request fails to connect."""
    with Mocked() as mocked:
        yield mocked


async def test_an_answer(wire, sentry):
    """Status, body and the headers that somebody reads come back; others do not."""
    headers = {"X-Hits": "7", "X-Sentry-Direct-Hit": "1", "Set-Cookie": "a=b", "X-Other": "1"}
    sentry.get(URL, body=b"[1]", status=203, headers=headers)

    reply = await wire(a_call())

    assert (reply.status, reply.body, reply.fetched_at, reply.origin) == (203, b"[1]", EPOCH_S, "wire")
    assert reply.headers == {"content-type": "application/json", "x-hits": "7", "x-sentry-direct-hit": "1"}


async def test_cursors_of_links(wire, sentry):
    """Of `Link` only the cursors of pages with results are kept, never an address."""
    link = (
        '<https://evil.com/?a=1,2&cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", '
        '<https://evil.com/?query=level:>5&cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'
    )
    sentry.get(URL, headers={"Link": link})

    reply = await wire(a_call())

    assert reply.headers == {"content-type": "application/json", "cursor-next": "0:100:0"}


@pytest.mark.parametrize(
    "link",
    [
        "",
        "nonsense",
        '<https://sentry.io/>; rel="next"; results="true"',
        '<https://sentry.io/>; rel="next"; results="true"; cursor=""',
        '<https://sentry.io/>; rel="next"; cursor="0:100:0"',
        '<https://sentry.io/>; rel="last"; results="true"; cursor="0:100:0"',
    ],
)
async def test_links_without_cursor(wire, sentry, link):
    """A `Link` that names no page with results leads nowhere."""
    sentry.get(URL, headers={"Link": link})

    reply = await wire(a_call())

    assert reply.headers == {"content-type": "application/json"}


async def test_links_with_broken_addresses(wire, sentry):
    """An address that cannot be read does no harm, since it is not read."""
    sentry.get(URL, headers={"Link": '<http://[>; rel="next"; results="true"; cursor="0:100:0"'})

    reply = await wire(a_call())

    assert reply.headers["cursor-next"] == "0:100:0"


@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "application/octet-stream", ""])
async def test_content_types_are_not_believed(wire, sentry, content_type):
    """Bytes that are no page come back, whatever they are called."""
    sentry.get(URL, body=b'{"id": "1"}', content_type=content_type)

    reply = await wire(a_call())

    assert reply.body == b'{"id": "1"}'


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe"])
async def test_bodies_are_not_decoded(wire, sentry, body):
    """What the bytes mean is decided by whoever asked."""
    sentry.get(URL, body=body)

    assert (await wire(a_call())).body == body


async def test_a_page_for_an_answer(wire, sentry):
    """A page with status 200, of a login form or a proxy, is no answer."""
    sentry.get(URL, body=b"<!doctype html><title>Maintenance</title>", content_type="application/json")

    with pytest.raises(Unavailable) as raised:
        await wire(a_call())

    assert (str(raised.value), raised.value.status) == ("A page came instead of an answer of Sentry's API", 200)


async def test_refusals_are_raised(wire, sentry):
    """An answer that is no success becomes the error it means, with the headers it needs."""
    sentry.get(URL, status=403, payload={"detail": "No."}, headers={"WWW-Authenticate": 'Bearer scope="event:read"'})
    sentry.get(URL, status=429, payload={"detail": "Slow."}, headers={"X-Sentry-Rate-Limit-Reset": str(EPOCH_S + 3)})

    with pytest.raises(Forbidden) as forbidden:
        await wire(a_call())
    with pytest.raises(RateLimited) as limited:
        await wire(a_call())

    assert (forbidden.value.scopes, limited.value.retry_after) == (("event:read",), 3.0)


@pytest.mark.parametrize("spare", [-1, 0, 1])
async def test_answers_are_bounded(wire, sentry, spare):
    """An answer as large as allowed is read, one byte more is refused."""
    sentry.get(URL, body=b"x" * (1010 - spare))

    if spare >= 0:
        assert len((await wire(a_call())).body) == 1010 - spare
    else:
        with pytest.raises(BadResponse) as raised:
            await wire(a_call())
        assert str(raised.value) == "Sentry's answer is larger than 1010 bytes"


@pytest.mark.parametrize("left", [0.0, -1.0])
async def test_no_time_left(wire, sentry, left):
    """A call whose deadline has passed is not sent."""
    with pytest.raises(DeadlineExceeded) as raised:
        await wire(a_call(deadline=EPOCH_S + left))

    assert (raised.value.title, sentry.sent) == (a_call().title, [])


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (aiohttp.ClientConnectionError(), Unavailable, "Sentry cannot be reached"),
        (aiohttp.ClientPayloadError(), CutOff, "Sentry's answer was cut off"),
        (aiohttp.InvalidURL("x"), BadResponse, "Sentry's answer is not HTTP that can be read"),
        (TimeoutError(), UpstreamTimeout, "Sentry did not answer in time"),
    ],
)
async def test_what_goes_wrong_below(wire, sentry, error, kind, message):
    """Errors of the network become errors of the tree, and name the endpoint."""
    sentry.get(URL, exception=error)

    with pytest.raises(kind) as raised:
        await wire(a_call())

    assert (type(raised.value), str(raised.value), raised.value.title) == (kind, message, a_call().title)


async def test_what_is_sent():
    """The bearer token, our name, the whole query and the body go out; the path goes out as it was encoded."""
    call = a_call(
        method="PUT",
        path="/api/0/organizations/a%2Fb/issues/%C3%A9/",
        query=(("query", "a b+c&d=ü"), ("id", "1"), ("id", "2")),
        body=b'{"status":"resolved"}',
    )
    async with Scripted([Step(answer())]) as server, closing() as wire:
        await wire(at(server, call))

    assert server.lines == [
        "PUT /api/0/organizations/a%2Fb/issues/%C3%A9/?query=a+b%2Bc%26d%3D%C3%BC&id=1&id=2 HTTP/1.1"
    ]
    headers = server.requests[0].decode().split("\r\n")
    assert "Authorization: Bearer sntryu_secret" in headers
    assert "Accept: application/json" in headers
    assert "Content-Type: application/json" in headers
    assert f"User-Agent: dexter-graphql/{__version__}" in headers
    assert server.bodies == [b'{"status":"resolved"}']


async def test_reads_are_sent_bare():
    """A read has no body, no content type, and no question mark without a query."""
    async with Scripted([Step(answer())]) as server, closing() as wire:
        await wire(at(server))

    assert server.lines == ["GET /api/0/organizations/acme/issues/ HTTP/1.1"]
    assert b"content-type" not in server.requests[0].lower()


async def test_each_call_carries_its_own_token():
    """Connections are shared, credentials and cookies are not."""
    step = Step(answer(headers=["Set-Cookie: session=alice"]))
    async with Scripted([step]) as server, closing() as wire:
        # By name, because cookies of mere addresses are never kept.
        host = server.url.replace("127.0.0.1", "localhost")
        await wire(a_call(host=host))
        await wire(a_call(host=host, upstream=Upstream("bob", "sntryu_bob")))

    assert server.connections == 1
    assert [b"Bearer sntryu_secret" in head for head in server.requests] == [True, False]
    assert b"Bearer sntryu_bob" in server.requests[1]
    assert b"cookie" not in server.requests[1].lower()


async def test_redirects_are_not_followed():
    """The token stays where it was sent: another host in a redirect or a `Link` is never asked."""
    body = b'{"slug":"new","detail":{"code":"resource-moved"}}'
    async with Scripted([Step(answer())]) as other, closing() as wire:
        elsewhere = f'Link: <{other.url}/>; rel="next"; results="true"; cursor="0:1:0"'
        moved = answer(body, status="302 Found", headers=[f"Location: {other.url}/"])
        async with Scripted([Step(moved), Step(answer(headers=[elsewhere]))]) as server:
            with pytest.raises(Moved):
                await wire(at(server))
            await wire(at(server))

    assert (len(server.requests), other.connections) == (2, 0)


async def test_silent_closings_are_survived():
    """A server that closes after each answer without saying so costs new connections and no answer."""
    async with Scripted([Step(answer(), "close")]) as server, closing() as wire:
        replies = [await wire(at(server)) for _ in range(5)]

    assert [reply.status for reply in replies] == [200] * 5


@pytest.mark.parametrize(("method", "sent"), [("GET", 2), ("PUT", 2), ("DELETE", 2), ("POST", 1)])
async def test_closings_without_answer(method, sent):
    """A call that may be repeated is sent once more, any other never."""
    call = a_call(method=method, is_idempotent=method != "POST")
    async with Scripted([Step(then="close")]) as server, closing() as wire:
        with pytest.raises(Unavailable) as raised:
            await wire(at(server, call))

    assert str(raised.value) == "Sentry cannot be reached"
    assert len(server.requests) == sent


async def test_a_second_try_may_succeed():
    """A kept connection that turned out dead is not the caller's business."""
    steps = [Step(answer()), Step(then="reset"), Step(answer(b"[1]"))]
    async with Scripted(steps) as server, closing() as wire:
        await wire(at(server))
        reply = await wire(at(server))

    assert (reply.body, server.connections) == (b"[1]", 2)


@pytest.mark.parametrize("then", ["close", "reset"])
async def test_cut_answers(then):
    """An answer that ends before its end is no answer."""
    async with Scripted([Step(answer(b'[{"id"', length=100), then)]) as server, closing() as wire:
        with pytest.raises((BadResponse, Unavailable)) as raised:
            await wire(at(server))

    assert str(raised.value) in {"Sentry's answer was cut off", "Sentry cannot be reached"}


async def test_resets_before_an_answer():
    """A connection that is reset at once means that Sentry cannot be reached."""
    async with Scripted([Step(then="reset")]) as server, closing() as wire:
        with pytest.raises(Unavailable) as raised:
            await wire(at(server))

    assert str(raised.value) == "Sentry cannot be reached"


async def test_nobody_listens():
    """A port where nobody listens means that Sentry cannot be reached."""
    async with Scripted([Step()]) as server:
        call = at(server)
    async with closing() as wire:
        with pytest.raises(Unavailable) as raised:
            await wire(call)

    assert str(raised.value) == "Sentry cannot be reached"


@pytest.mark.parametrize("data", [b"", answer(b"[", length=100)])
@pytest.mark.parametrize(
    ("attempt_s", "left_s", "kind"), [(0.02, 60.0, UpstreamTimeout), (30.0, 0.02, DeadlineExceeded)]
)
async def test_hangs_end(data, attempt_s, left_s, kind):
    """A server that stops talking is left when the attempt's time or the call's deadline is over, the first of them."""
    async with Scripted([Step(data, "hang")]) as server, closing(attempt_timeout_s=attempt_s) as wire:
        with pytest.raises(kind):
            await wire(at(server, a_call(deadline=EPOCH_S + left_s)))
        await asyncio.wait_for(server.is_left.wait(), 5)

    assert len(server.requests) == 1


async def test_compressed_answers():
    """What was compressed on the way is bounded and read as what it is."""
    body = b"[" + b" " * 1000 + b"]"
    async with Scripted([Step(compressed(body))]) as server, closing(max_body_bytes=len(body)) as wire:
        reply = await wire(at(server))

    assert reply.body == body


async def test_bombs_do_not_burst():
    """A small answer that unpacks to a large one is left when the limit is reached, not when it is unpacked."""
    bomb = compressed(bytes(256 * MEBIBYTE))
    async with Scripted([Step(bomb)]) as server, closing(max_body_bytes=MEBIBYTE) as wire:
        tracemalloc.start()
        try:
            with pytest.raises(BadResponse) as raised:
                await wire(at(server))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert str(raised.value) == f"Sentry's answer is larger than {MEBIBYTE} bytes"
    assert peak < 64 * MEBIBYTE


async def test_broken_compression():
    """Bytes that cannot be unpacked are an answer that cannot be read."""
    broken = answer(b"no gzip at all", headers=["Content-Encoding: gzip"])
    async with Scripted([Step(broken)]) as server, closing() as wire:
        with pytest.raises(BadResponse):
            await wire(at(server))


async def test_long_links_are_read():
    """The query stands twice in `Link`; sixteen kilobytes of it are no surprise."""
    padded = f'Link: <{"https://sentry.io/?" + "i" * 16_000}>; rel="next"; results="true"; cursor="0:1:0"'
    async with Scripted([Step(answer(headers=[padded]))]) as server, closing() as wire:
        reply = await wire(at(server))

    assert reply.headers["cursor-next"] == "0:1:0"


async def test_headers_are_bounded():
    """A header without end is not read to its end."""
    huge = f"X-Other: {'x' * (MAX_HEADER_BYTES + 1)}"
    async with Scripted([Step(answer(headers=[huge]))]) as server, closing() as wire:
        with pytest.raises(BadResponse) as raised:
            await wire(at(server))

    assert str(raised.value) == "Sentry's answer is not HTTP that can be read"


@pytest.mark.parametrize("data", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 twohundred\r\n\r\n", b"\x00\xff\r\n\r\n"])
async def test_other_protocols(data):
    """Whoever does not speak HTTP is not Sentry."""
    async with Scripted([Step(data, "close")]) as server, closing() as wire:
        with pytest.raises((BadResponse, Unavailable)):
            await wire(at(server))


async def test_closing_ends_all_connections():
    """A closed wire leaves the connections it kept; one that was never used has none."""
    async with Scripted([Step(answer())]) as server:
        wire = Wire(MovedClock())
        await wire.close()
        await wire(at(server))
        await wire.close()
        await asyncio.wait_for(server.is_left.wait(), 5)

    assert server.connections == 1


class closing(Wire):  # noqa: N801  # read as a word of the `async with` that it begins
    """A wire for one block."""

    def __init__(self, **options):
        super().__init__(MovedClock(), **options)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()


def at(server, call=None):
    """The call, sent to the scripted server."""
    call = call or a_call()
    return a_call(**{name: getattr(call, name) for name in call.__struct_fields__} | {"host": server.url})


def compressed(body):
    """An answer with this body, compressed."""
    return answer(gzip.compress(body), headers=["Content-Encoding: gzip"])
