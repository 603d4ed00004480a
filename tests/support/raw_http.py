"""HTTP over a bare socket, for requests that no client library sends."""

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from urllib.parse import urlsplit

PATIENCE_S = 10.0


class RawConnection:
    """A connection to a server; `send` takes bytes, `status` gives the status of the next response."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def send(self, data):
        """Send bytes; returns early when the server closed the connection."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError:
            return

    async def status(self):
        """Status of the next response, None when the connection ends without one."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                line = await self.reader.readline()
            except ConnectionError:
                return None
        return int(line.split()[1]) if line else None

    async def response(self):
        """Status, headers by lower-case name, and body of the next response with a length."""
        async with asyncio.timeout(PATIENCE_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            return int(first.split()[1]), headers, await self.reader.readexactly(int(headers["content-length"]))

    async def is_closed(self):
        """True when the server closes the connection."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                return True
        return True


@asynccontextmanager
async def connected(url):
    """A bare connection to the server at this address."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        yield RawConnection(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def all_connected(url, count):
    """A list of bare connections."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(connected(url)) for _ in range(count)]


def request_bytes(method="GET", path="/health/live", headers=(), body=b""):
    """A request with `Host` and, when it has a body, its length."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def graphql_bytes(query, headers=()):
    """A POST of a GraphQL document."""
    body = json.dumps({"query": query}).encode()
    return request_bytes("POST", "/graphql", [("Content-Type", "application/json"), *headers], body)


HANDSHAKE = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Protocol", "graphql-transport-ws"),
]
"""The headers of a WebSocket handshake."""
