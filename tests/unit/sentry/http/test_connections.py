"""Kept, dead, cut and closed connections, on real sockets."""

import asyncio

import pytest

from dexter_graphql import __version__
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.errors import BadResponse, TruncatedResponse, Unavailable
from dexter_graphql.sentry.http.transport import Transport
from support.transport import open_transport, send
from support.upstream import MovedClock, Scripted, Step, a_call, answer


def header_names(head):
    """Names of the headers of a request."""
    return {line.partition(":")[0] for line in head.decode().split("\r\n")[1:] if line}


async def test_reads_are_sent_bare():
    """A read has no body, no content type and no length; its address goes out as it was encoded."""
    path = "/api/0/organizations/a%2Fb/issues/%C3%A9/"
    _, server = await send([Step(answer())], path=path, query=(("query", "a b"), ("id", "1"), ("id", "2")))

    assert server.lines == [f"GET {path}?query=a+b&id=1&id=2 HTTP/1.1"]
    assert header_names(server.requests[0]) == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Authorization"}
    lines = server.requests[0].decode().split("\r\n")
    assert "Accept: application/json" in lines
    assert f"User-Agent: dexter-graphql/{__version__}" in lines
    assert any(line.startswith("Accept-Encoding: gzip") for line in lines)


async def test_reads_share_a_connection_but_no_cookies():
    """A connection is kept for the next read, which sends its own token and no cookie."""
    step = Step(answer(headers=["Set-Cookie: session=alice"]))
    async with Scripted([step]) as server, open_transport() as transport:
        # By name, because cookies of IP addresses are never kept.
        host = server.url.replace("127.0.0.1", "localhost")
        await transport(a_call(host=host))
        await transport(a_call(host=host, upstream=Upstream("bob", "sntryu_bob")))

    assert server.connections == 1
    assert [b"Bearer sntryu_secret" in head for head in server.requests] == [True, False]
    assert b"Bearer sntryu_bob" in server.requests[1]
    assert "Cookie" not in header_names(server.requests[1])


async def test_answers_without_a_body():
    """An answer that can have no body has none, and the connection serves the next call."""
    steps = [Step(b"HTTP/1.1 204 No Content\r\n\r\n"), Step(answer(b"[1]"))]
    async with Scripted(steps) as server, open_transport() as transport:
        replies = [await transport(a_call(host=server.url)) for _ in steps]

    assert [(reply.status, reply.body) for reply in replies] == [(204, b""), (200, b"[1]")]
    assert server.connections == 1


async def test_informational_responses():
    """Responses with a status below 200 are not the answer."""
    early = b"HTTP/1.1 103 Early Hints\r\nX-Hits: 1\r\n\r\n"

    reply, _ = await send([Step(early + early + answer(b"[1]"))])

    assert (reply.status, reply.body, reply.headers) == (200, b"[1]", {})


async def test_server_that_closes_silently():
    """A server that closes after each answer without saying so costs new connections and no answer."""
    async with Scripted([Step(answer(), "close")]) as server, open_transport() as transport:
        replies = [await transport(a_call(host=server.url)) for _ in range(5)]

    assert [reply.status for reply in replies] == [200] * 5


async def test_dead_kept_connection_is_replaced():
    """A read that finds its kept connection dead is sent once more on a new one, and the repeat is reported."""
    steps = [Step(answer()), Step(then="reset"), Step(answer(b"[1]"))]
    async with Scripted(steps) as server, open_transport() as transport:
        await transport(a_call(host=server.url))
        reply = await transport(a_call(host=server.url))

    assert (reply.body, reply.retries, server.connections) == (b"[1]", 1, 2)


async def test_dead_kept_connection_is_replaced_once():
    """A read whose second connection breaks too has failed."""
    steps = [Step(answer()), Step(then="reset")]
    async with Scripted(steps) as server, open_transport() as transport:
        await transport(a_call(host=server.url))
        with pytest.raises(Unavailable):
            await transport(a_call(host=server.url))

    assert (len(server.requests), server.connections) == (3, 2)


@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_new_connection_that_breaks(method, then):
    """A request whose new connection breaks is not sent again: the retry stage decides about that."""
    async with Scripted([Step(then=then)]) as server, open_transport() as transport:
        with pytest.raises(Unavailable) as raised:
            await transport(a_call(host=server.url, method=method))

    assert str(raised.value).startswith("Sentry cannot be reached")
    assert (len(server.requests), server.connections) == (1, 1)


async def test_unrequested_answer():
    """An answer that a server sends unasked on a kept connection is not taken for the answer to the next call."""
    async with Scripted([Step(answer(b"[1]"))]) as server, open_transport() as transport:
        await transport(a_call(host=server.url))
        server.steps = [Step(answer(b"[2]"))]
        await server.say(answer(b"[0]"))
        reply = await transport(a_call(host=server.url))

    assert (reply.body, server.connections) == (b"[2]", 2)


async def test_second_answer_to_one_request():
    """An answer that follows another one at once is not taken for the answer to the next call."""
    async with Scripted([Step(answer(b"[1]") + answer(b"[0]"))]) as server, open_transport() as transport:
        await transport(a_call(host=server.url))
        server.steps = [Step(answer(b"[2]"))]
        reply = await transport(a_call(host=server.url))

    assert (reply.body, server.connections) == (b"[2]", 2)


@pytest.mark.parametrize("then", ["close", "reset"])
async def test_cut_answers(then):
    """An answer that ends before its announced length is an error."""
    with pytest.raises((TruncatedResponse, Unavailable)) as raised:
        await send([Step(answer(b'[{"id"', length=100), then)])

    assert str(raised.value) in {"Sentry's answer was cut off", "Sentry cannot be reached"}


async def test_cut_chunks():
    """A chunked answer that ends between two chunks was cut off."""
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[1, \r\n"

    with pytest.raises(TruncatedResponse) as raised:
        await send([Step(data, "close")])

    assert (str(raised.value), raised.value.title) == ("Sentry's answer was cut off", a_call().title)


async def test_closed_port():
    """A port that nothing listens on means that Sentry cannot be reached."""
    async with Scripted([Step()]) as server:
        host = server.url
    async with open_transport() as transport:
        with pytest.raises(Unavailable) as raised:
            await transport(a_call(host=host))

    assert (str(raised.value), raised.value.title) == ("Sentry cannot be reached", a_call().title)


@pytest.mark.parametrize("data", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 twohundred\r\n\r\n", b"\x00\xff\r\n\r\n"])
async def test_other_protocols(data):
    """A server that does not speak HTTP is an error of the upstream."""
    with pytest.raises((BadResponse, Unavailable)):
        await send([Step(data, "close")])


async def test_close_ends_all_connections():
    """A closed transport leaves the connections it kept, and opens new ones when it is used again."""
    async with Scripted([Step(answer())]) as server:
        transport = Transport(MovedClock())
        await transport.close()
        await transport(a_call(host=server.url))
        await transport.close()
        await asyncio.wait_for(server.is_left.wait(), 5)
        await transport(a_call(host=server.url))
        await transport.close()

    assert server.connections == 2


async def test_cancelled_calls_leave_their_connection():
    """A cancelled call closes its connection at once."""
    async with Scripted([Step(then="hang")]) as server, open_transport() as transport:
        waiting = asyncio.ensure_future(transport(a_call(host=server.url)))
        while not server.requests:  # noqa: ASYNC110  # the server sets no event when a request arrives
            await asyncio.sleep(0)
        under_way = repr(transport)

        waiting.cancel()
        await asyncio.wait([waiting])

        await asyncio.wait_for(server.is_left.wait(), 5)
        assert under_way == "<Transport 1 connections in use, 0 calls waiting>"
        assert repr(transport) == "<Transport 0 connections in use, 0 calls waiting>"
        assert waiting.cancelled()
