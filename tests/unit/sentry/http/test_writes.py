"""Writes: a new connection for each, on real sockets."""

import pytest

from support.transport import open_transport, send
from support.upstream import Scripted, Step, a_call, answer

WRITES = ["POST", "PUT", "DELETE"]


async def test_write_with_a_body():
    """The body, its type and its length are sent."""
    _, server = await send([Step(answer())], method="PUT", body=b'{"status":"resolved"}')

    assert b"Content-Type: application/json\r\n" in server.requests[0]
    assert b"Content-Length: 21\r\n" in server.requests[0]
    assert server.bodies == [b'{"status":"resolved"}']


@pytest.mark.parametrize("method", WRITES)
async def test_write_without_a_body(method):
    """A write without a body says that it has none."""
    _, server = await send([Step(answer())], method=method)

    assert b"Content-Length: 0\r\n" in server.requests[0]
    assert b"content-type" not in server.requests[0].lower()


@pytest.mark.parametrize("method", WRITES)
async def test_writes_never_use_a_kept_connection(method):
    """No write is lost to a server that drops kept connections: each has a connection to itself, and says so."""
    async with Scripted([Step(answer())]) as server, open_transport() as transport:
        for _ in range(3):
            await transport(a_call(host=server.url))
            await transport(a_call(host=server.url, method=method))

    writes = [head for head in server.requests if head.startswith(method.encode())]
    assert server.connections == 4
    assert [b"Connection: close\r\n" in head for head in writes] == [True] * 3
