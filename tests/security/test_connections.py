"""Limits on connections, request heads and slow requests, before anybody is authenticated."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from support.command import PATIENCE_S
from support.raw_http import HANDSHAKE, all_connected, connected, graphql_bytes, request_bytes
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEAD_BYTES = 64 * 1024


@pytest.mark.parametrize("handshake", [(), HANDSHAKE], ids=["http", "websocket"])
@pytest.mark.parametrize(
    "headers",
    [
        [("X-Large", "a" * HEAD_BYTES)],
        [(f"X-{number}", "a" * 1000) for number in range(70)],
        [("X-" + "n" * HEAD_BYTES, "a")],
    ],
    ids=["value", "many", "name"],
)
async def test_large_heads_are_refused(site, headers, handshake):
    """A request head above 64 KiB is answered 431, whatever makes it large, for WebSockets too."""
    async with connected(site.url) as connection:
        await connection.send(request_bytes(path="/graphql", headers=[*handshake, *headers]))

        assert await connection.status() == 431
        assert await connection.is_closed()


async def test_large_request_line_is_refused(site):
    """The request line counts as part of the head."""
    async with connected(site.url) as connection:
        await connection.send(request_bytes(path="/graphql?query=" + "a" * HEAD_BYTES))

        assert await connection.status() == 431


async def test_head_below_the_limit_is_answered(site):
    """A head just below the limit is fine, alone and on a connection that is kept."""
    head = request_bytes(headers=[("X-Large", "a" * (HEAD_BYTES - 200))])
    async with connected(site.url) as connection:
        for _ in range(2):
            await connection.send(head)
            assert (await connection.response())[0] == 200


async def test_large_head_of_a_later_request_is_refused(site):
    """The limit holds for each request of a connection, pipelined ones included."""
    async with connected(site.url) as connection:
        await connection.send(request_bytes() + request_bytes(headers=[("X-Large", "a" * HEAD_BYTES)]))

        assert await connection.status() in {200, 431, None}
        assert await connection.is_closed()


async def test_endless_head_is_cut(site):
    """A head that never ends is refused after some hundred kilobytes, not when the memory is full."""
    sent = 0
    async with connected(site.url) as connection:
        await connection.send(b"GET / HTTP/1.1\r\nX-Endless: ")
        while not connection.writer.is_closing() and sent < 100:
            await connection.send(b"a" * 100_000)
            await asyncio.sleep(0)
            sent += 1

        assert sent < 100
        assert await connection.is_closed()


@pytest.mark.parametrize(
    ("data", "statuses"),
    [
        (b"", {408}),
        (b"\r\n", {408}),
        (b"GET /health/live HTTP/1.1\r\nHost: loc", {408}),
        (request_bytes("POST", "/graphql", [("Content-Type", "application/json"), ("Content-Length", "99")]), {408}),
        (
            request_bytes("POST", "/graphql", [("Content-Type", "application/json"), ("Content-Length", "99")]) + b"{",
            {408},
        ),
        (request_bytes() + b"GET / HTTP/1.1\r\n", {200}),
    ],
    ids=["nothing", "empty line", "half a head", "no body", "half a body", "half a second head"],
)
async def test_slow_requests_are_ended(data, statuses):
    """A head or a body that does not arrive in time is answered 408, and the connection is closed."""
    async with running_site(head_timeout_s=0.2, body_timeout_s=0.3) as site, connected(site.url) as connection:
        await connection.send(data)

        assert await connection.status() in statuses
        assert await connection.is_closed()


async def test_slow_bytes_do_not_extend_the_time():
    """One byte now and then does not keep a request open."""
    async with running_site(head_timeout_s=0.3) as site, connected(site.url) as connection:
        for byte in request_bytes(headers=[("X", "a" * 100)]):
            await connection.send(bytes([byte]))
            await asyncio.sleep(0.02)
            if connection.reader.at_eof():
                break

        assert await connection.status() in {408, None}  # bytes that cross the answer reset the connection
        assert await connection.is_closed()


async def test_idle_connection_outlives_the_time_for_a_head():
    """A connection that waits for its next request is not slow."""
    async with running_site(head_timeout_s=0.2) as site, connected(site.url) as connection:
        await connection.send(request_bytes())
        first = await connection.response()
        await asyncio.sleep(0.5)
        await connection.send(request_bytes())

        assert (first[0], (await connection.response())[0]) == (200, 200)


async def test_running_requests_are_not_slow():
    """The time for heads and bodies does not limit the time of an answer."""
    async with running_site(head_timeout_s=0.1, body_timeout_s=0.1, heartbeat_s=0.2) as site:
        query = 'subscription { issueChanged(organization: { slug: "acme" }) { position } }'
        async with connected(site.url) as connection:
            await connection.send(graphql_bytes(query, [("Accept", "text/event-stream")]))
            await asyncio.sleep(0.5)
            assert await connection.status() == 200
            assert not connection.reader.at_eof()


async def test_full_house_makes_room_for_new_connections():
    """Idle and unfinished connections give way to new ones; the oldest goes first."""
    async with running_site(max_connections=10) as site, all_connected(site.url, 12) as held:
        async with connected(site.url) as connection:
            await connection.send(request_bytes())
            assert (await connection.response())[0] == 200

        assert [each.reader.at_eof() for each in held] == [True] * 3 + [False] * 9


async def test_busy_connections_are_not_evicted():
    """When every connection has a request, new ones are answered 503."""
    query = 'subscription { issueChanged(organization: { slug: "acme" }) { position } }'
    async with running_site(max_connections=10) as site, all_connected(site.url, 10) as held:
        for each in held:
            await each.send(graphql_bytes(query, [("Accept", "text/event-stream")]))
            assert await each.status() == 200
        async with connected(site.url) as connection:
            await connection.send(request_bytes())
            assert await connection.status() == 503


async def test_sockets_leave_connections_to_http():
    """WebSockets do not count as HTTP connections."""
    async with running_site(max_connections=10) as site, AsyncExitStack() as stack:
        for _ in range(30):
            socket = await stack.enter_async_context(connected(site.url))
            await socket.send(request_bytes(path="/graphql", headers=HANDSHAKE))
            assert await socket.status() == 101
        async with connected(site.url) as connection:
            await connection.send(request_bytes())
            assert (await connection.response())[0] == 200


async def test_pipelined_requests_are_bounded(site):
    """A connection that sends hundreds of requests without reading is closed."""
    async with connected(site.url) as connection:
        await connection.send(graphql_bytes("{ __typename }") * 500)

        assert await connection.is_closed()


async def test_unfinished_socket_message_is_ended():
    """A WebSocket that sends half a message is closed."""
    async with running_site(body_timeout_s=0.2) as site, connected(site.url) as connection:
        await connection.send(request_bytes(path="/graphql", headers=HANDSHAKE))
        await connection.reader.readuntil(b"\r\n\r\n")
        await connection.send(bytes([0x81, 0xFE, 0x40, 0x00, 1, 2, 3, 4]) + b"half")

        assert await connection.is_closed()


async def test_unfinished_messages_share_one_budget():
    """The bytes of unfinished messages of all sockets are bounded, and returned when a socket ends."""
    async with running_site() as site:
        budget = site.dexter.connections.bodies
        budget.limit = 50_000
        async with connected(site.url) as first, connected(site.url) as second:
            for connection in (first, second):
                await connection.send(request_bytes(path="/graphql", headers=HANDSHAKE))
                await connection.reader.readuntil(b"\r\n\r\n")
                await connection.send(bytes([0x81, 0xFE, 0xFF, 0x00, 1, 2, 3, 4]) + b"x" * 30_000)
            assert await second.is_closed()
        async with asyncio.timeout(PATIENCE_S):
            while budget.used:  # noqa: ASYNC110  # the server has no event for it
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "headers",
    [
        [(f"X-{number}", "a") for number in range(200)],
        [("X-Long", "a" * 10_000)],
        [("Sec-WebSocket-Extensions", "\x80\xff;;,=")],
        [("Sec-WebSocket-Key", "!")],
    ],
    ids=["many", "long", "extensions", "second key"],
)
async def test_odd_handshakes_are_refused_or_accepted(site, caplog, headers):
    """No header of a handshake makes the server raise."""
    async with connected(site.url) as connection:
        await connection.send(request_bytes(path="/graphql", headers=[*HANDSHAKE, *headers]))

        assert await connection.status() in {101, 400, 426, 431, None}
    assert "Traceback" not in caplog.text
