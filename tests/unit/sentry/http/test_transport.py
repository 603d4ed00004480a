"""One exchange over HTTP, with scripted bytes on a real socket.

Long, because a network has many ways to fail, and each is a script of its own for the same exchange.
"""

import asyncio
import gzip
import sys
import tracemalloc

import pytest

from dexter_graphql import __version__
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.errors import (
    BadRequest,
    BadResponse,
    DeadlineExceeded,
    Forbidden,
    Moved,
    RateLimited,
    TruncatedResponse,
    Unauthorized,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.http.transport import MAX_HEADER_BYTES, TimeLimit, Transport
from support.certificate import certified
from support.upstream import EPOCH_S, MovedClock, Scripted, Step, a_call, answer

MEBIBYTE = 1024 * 1024
ASK_TWICE = """
import asyncio, sys, time
from dexter_graphql.clock import Clock
from dexter_graphql.sentry.call import Call, Upstream
from dexter_graphql.sentry.errors import SentryError
from dexter_graphql.sentry.http.transport import Wire

async def main():
    wire = Wire(Clock())
    call = Call(endpoint="x", title="x", method="GET", host=sys.argv[1], path="/", upstream=Upstream("a", "b"),
                deadline=time.time() + 30)
    try:
        first, second = [await wire(call) for _ in range(2)]
        print(first.status, second.status, second.body.decode())
    except SentryError as error:
        print(error)
    await wire.close()

asyncio.run(main())
"""
"""A program of its own, since what the system trusts is read when a program begins."""


async def asked(data, call=None, **options):
    """What the wire makes of an answer with these bytes."""
    async with Scripted([Step(data)]) as server, closing(**options) as wire:
        return await wire(at(server, call))


async def test_an_answer():
    """Status, body and the headers that somebody reads come back; others do not."""
    headers = ["X-Hits: 7", "x-sentry-direct-hit: 1", "Set-Cookie: a=b", "X-Other: 1"]

    reply = await asked(answer(b"[1]", status="203 Other", headers=headers))

    assert (reply.status, reply.body, reply.fetched_at, reply.origin) == (203, b"[1]", EPOCH_S, "wire")
    assert reply.headers == {"x-hits": "7", "x-sentry-direct-hit": "1"}


async def test_cursors_of_links():
    """Of `Link` only the cursors of pages with results are kept, never an address."""
    link = (
        '<https://evil.com/?a=1,2&cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", '
        '<https://evil.com/?query=level:>5&cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'
    )

    reply = await asked(answer(headers=[f"Link: {link}"]))

    assert reply.headers == {"cursor-next": "0:100:0"}


@pytest.mark.parametrize(
    "link",
    [
        "",
        "nonsense",
        '<https://sentry.io/>; rel="next"; results="true"',
        '<https://sentry.io/>; rel="next"; results="true"; cursor=""',
        '<https://sentry.io/>; rel="next"; cursor="0:100:0"',
        '<https://sentry.io/>; rel="next"; other-results="true"; cursor="0:100:0"',
        '<https://sentry.io/>; rel="last"; results="true"; cursor="0:100:0"',
    ],
)
async def test_links_without_cursor(link):
    """A `Link` that names no page with results leads nowhere."""
    reply = await asked(answer(headers=[f"Link: {link}"]))

    assert reply.headers == {}


async def test_links_with_broken_addresses():
    """An address that cannot be read does no harm, since it is not read."""
    link = 'Link: <http://[>; rel="next"; results="true"; cursor="0:100:0"'

    assert (await asked(answer(headers=[link]))).headers["cursor-next"] == "0:100:0"


@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "application/octet-stream", ""])
async def test_content_types_are_not_believed(content_type):
    """Bytes that are no page come back, whatever they are called."""
    reply = await asked(answer(b'{"id": "1"}', headers=[f"Content-Type: {content_type}"]))

    assert reply.body == b'{"id": "1"}'


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe"])
async def test_bodies_are_not_decoded(body):
    """What the bytes mean is decided by whoever asked."""
    assert (await asked(answer(body))).body == body


async def test_answers_without_a_body():
    """An answer that can have no body has none, and the connection serves the next call."""
    steps = [Step(b"HTTP/1.1 204 No Content\r\n\r\n"), Step(answer(b"[1]"))]
    async with Scripted(steps) as server, closing() as wire:
        replies = [await wire(at(server)) for _ in steps]

    assert [(reply.status, reply.body) for reply in replies] == [(204, b""), (200, b"[1]")]
    assert server.connections == 1


async def test_words_before_the_answer():
    """What a server says before its answer is not the answer."""
    early = b"HTTP/1.1 103 Early Hints\r\nX-Hits: 1\r\n\r\n"

    reply = await asked(early + early + answer(b"[1]"))

    assert (reply.status, reply.body, reply.headers) == (200, b"[1]", {})


@pytest.mark.parametrize("size", [b"4", b"a"])
async def test_answers_in_pieces(size):
    """An answer may come in pieces; how they are cut is not seen."""
    pieces = size + b"\r\n" + b"x" * int(size, 16) + b"\r\n"
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + 3 * pieces + b"0\r\n\r\n"

    assert (await asked(data)).body == b"x" * 3 * int(size, 16)


async def test_a_page_for_an_answer():
    """A page with status 200, of a login form or a proxy, is no answer."""
    page = answer(b"<!doctype html><title>Maintenance</title>", headers=["Content-Type: application/json"])

    with pytest.raises(Unavailable) as raised:
        await asked(page)

    assert (str(raised.value), raised.value.status) == ("A page came instead of an answer of Sentry's API", 200)


async def test_refusals_are_raised():
    """An answer that is no success becomes the error it means, with the headers it needs."""
    parents = 'WWW-Authenticate: Bearer scope="event:read"'
    reset = f"X-Sentry-Rate-Limit-Reset: {EPOCH_S + 3}"

    with pytest.raises(Forbidden) as forbidden:
        await asked(answer(b'{"detail": "No."}', status="403 Forbidden", headers=[parents]))
    with pytest.raises(RateLimited) as limited:
        await asked(answer(b'{"detail": "Slow."}', status="429 Too Many Requests", headers=[reset]))

    assert (forbidden.value.scopes, limited.value.retry_after) == (("event:read",), 3.0)


@pytest.mark.parametrize("is_in_pieces", [False, True])
@pytest.mark.parametrize("spare", [-1, 0, 1])
async def test_answers_are_bounded(spare, is_in_pieces):
    """An answer as large as allowed is read, one byte more is refused, however it is sent."""
    body = b"x" * (1010 - spare)
    data = answer(body)
    if is_in_pieces:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        data = head + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"

    if spare >= 0:
        assert len((await asked(data, max_body_bytes=1010)).body) == 1010 - spare
    else:
        with pytest.raises(BadResponse) as raised:
            await asked(data, max_body_bytes=1010)
        assert str(raised.value) == "Sentry's answer is larger than 1010 bytes"


@pytest.mark.parametrize("left", [0.0, -1.0])
async def test_no_time_left(left):
    """A call whose deadline has passed is not sent."""
    async with Scripted([Step(answer())]) as server, closing() as wire:
        with pytest.raises(DeadlineExceeded) as raised:
            await wire(at(server, a_call(deadline=EPOCH_S + left)))

    assert (raised.value.title, server.connections) == (a_call().title, 0)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"upstream": Upstream("alice", "a\r\nX-Other: b")}, Unauthorized),
        ({"upstream": Upstream("alice", "a b")}, Unauthorized),
        ({"upstream": Upstream("alice", "é")}, Unauthorized),
        ({"path": "/api/0/ HTTP/1.1\r\nX-Other: b"}, BadRequest),
        ({"path": "/api/0/é/"}, BadRequest),
    ],
)
async def test_no_line_ends_early(changes, kind):
    """Nothing that is sent can end its line and begin another header: such a call is not sent at all."""
    async with Scripted([Step(answer())]) as server, closing() as wire:
        with pytest.raises(kind) as raised:
            await wire(at(server, a_call(**changes)))

    assert (raised.value.title, server.connections) == (a_call().title, 0)


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
    """A read has no body, no content type or length, and no question mark without a query."""
    async with Scripted([Step(answer())]) as server, closing() as wire:
        host = server.url.removeprefix("http://")
        await wire(at(server))

    head = server.requests[0].decode().split("\r\n")
    assert head[0] == "GET /api/0/organizations/acme/issues/ HTTP/1.1"
    assert f"Host: {host}" in head
    assert any(line.startswith("Accept-Encoding: gzip") for line in head)
    assert {line.partition(":")[0] for line in head[1:] if line} == {
        "Host",
        "User-Agent",
        "Accept",
        "Accept-Encoding",
        "Authorization",
    }


async def test_writes_without_a_body():
    """A write without a body says that it has none."""
    async with Scripted([Step(answer())]) as server, closing() as wire:
        await wire(at(server, a_call(method="DELETE")))

    head = server.requests[0].decode().split("\r\n")
    assert "Content-Length: 0" in head
    assert not any(line.startswith("Content-Type") for line in head)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("is:unresolved", "is:unresolved"),
        ("0:100:0", "0:100:0"),
        ("a@b/c,d?e!f$g'(h)*i~j", "a@b/c,d?e!f$g'(h)*i~j"),
        ("a b&c=d+e;f#g%h", "a+b%26c%3Dd%2Be%3Bf%23g%25h"),
        ('[7]|"x"\r\n', "%5B7%5D%7C%22x%22%0D%0A"),
        ("é٣", "%C3%A9%D9%A3"),
        ("half \ud800", "half+"),
        ("", ""),
    ],
)
async def test_queries_are_encoded(value, sent):
    """Whatever stands in a query comes through as one value; what need not be encoded is not, to save length."""
    async with Scripted([Step(answer())]) as server, closing() as wire:
        await wire(at(server, a_call(path="/p/", query=(("q", value),))))

    assert server.lines == [f"GET /p/?q={sent} HTTP/1.1"]


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


async def test_answers_that_nobody_asked_for():
    """What a server says of itself on a kept connection is not taken for the answer to the next call."""
    async with Scripted([Step(answer(b"[1]"))]) as server, closing() as wire:
        await wire(at(server))
        server.steps = [Step(answer(b"[2]"))]
        await server.say(answer(b"[0]"))
        reply = await wire(at(server))

    assert (reply.body, server.connections) == (b"[2]", 2)


@pytest.mark.parametrize("then", ["close", "reset"])
async def test_cut_answers(then):
    """An answer that ends before its end is no answer."""
    async with Scripted([Step(answer(b'[{"id"', length=100), then)]) as server, closing() as wire:
        with pytest.raises((TruncatedResponse, Unavailable)) as raised:
            await wire(at(server))

    assert str(raised.value) in {"Sentry's answer was cut off", "Sentry cannot be reached"}


async def test_cut_pieces():
    """An answer in pieces that ends between two of them was cut off."""
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[1, \r\n"
    async with Scripted([Step(data, "close")]) as server, closing() as wire:
        with pytest.raises(TruncatedResponse) as raised:
            await wire(at(server))

    assert (str(raised.value), raised.value.title) == ("Sentry's answer was cut off", a_call().title)


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

    assert (str(raised.value), raised.value.title) == ("Sentry cannot be reached", a_call().title)


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
        wire = Transport(MovedClock())
        await wire.close()
        await wire(at(server))
        await wire.close()
        await asyncio.wait_for(server.is_left.wait(), 5)

    assert server.connections == 1


async def test_cancelled_calls_leave_their_connection():
    """Whoever stops waiting leaves a connection that nobody can use any more, at once."""
    async with Scripted([Step(then="hang")]) as server, closing() as wire:
        waiting = asyncio.ensure_future(wire(at(server)))
        while not server.requests:  # noqa: ASYNC110  # the server is a script that tells nothing
            await asyncio.sleep(0)
        under_way = repr(wire)

        waiting.cancel()
        await asyncio.wait([waiting])

        await asyncio.wait_for(server.is_left.wait(), 5)
        assert (under_way, repr(wire)) == ("<Wire 1 connections in use>", "<Wire 0 connections in use>")
        assert waiting.cancelled()


@pytest.mark.parametrize(("name", "told"), [("localhost", "200 200 [1]"), ("elsewhere", "Sentry cannot be reached")])
async def test_trusted_servers(tmp_path, name, told):
    """Over TLS the server must show a certificate for its name that the system trusts; it is kept for the next call."""
    tls, trusted = certified(tmp_path, name)
    async with Scripted([Step(answer(b"[1]"))], tls) as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", ASK_TWICE, server.url),
            stdout=asyncio.subprocess.PIPE,
            env={"SSL_CERT_FILE": str(trusted), "PATH": ""},
        )
        said, _ = await process.communicate()

    assert said.decode().strip() == told
    assert server.connections == (1 if name == "localhost" else 0)


async def test_servers_that_nobody_trusts(tmp_path):
    """A token is not sent to a server whose certificate nobody has signed."""
    tls, _ = certified(tmp_path)
    async with Scripted([Step(answer())], tls) as server, closing() as wire:
        with pytest.raises(Unavailable) as raised:
            await wire(at(server))

    assert (str(raised.value), server.requests) == ("Sentry cannot be reached", [])


async def test_a_limit_of_time():
    """What takes longer ends with a TimeoutError; what was cancelled from outside stays cancelled."""
    with pytest.raises(TimeoutError), TimeLimit(0.01):
        await asyncio.sleep(5)

    async def limited():
        with TimeLimit(5):
            await asyncio.sleep(5)

    task = asyncio.ensure_future(limited())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()


async def test_a_limit_that_meets_a_cancellation():
    """A task that is cancelled from outside in the moment in which its time is over stays cancelled."""

    async def limited():
        with TimeLimit(0):
            await asyncio.sleep(5)

    task = asyncio.ensure_future(limited())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(task.cancel)
    await asyncio.wait([task])

    assert task.cancelled()


class closing(Transport):  # noqa: N801  # read as a word of the `async with` that it begins
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
