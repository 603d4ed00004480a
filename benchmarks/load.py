"""Minimal HTTP clients over persistent connections, which check status and length of each answer.

They use little CPU time, so that they do not slow down the servers.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httptools
import msgspec
from typing_extensions import override

from benchmarks.processes import BenchmarkError

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. `took_s` is wall time."""

    status: int
    body: bytes
    took_s: float


class Connection(asyncio.Protocol):
    """A persistent connection with one request in flight at a time."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[Answer] | None = None
        self._transport: Any = None
        self._began = 0.0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(BenchmarkError("a server closed a connection instead of answering"))

    @override
    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, part: bytes) -> None:
        """Append a chunk of the body."""
        self._parts.append(part)

    def on_message_complete(self) -> None:
        """Set the result of the pending future."""
        if self._answer is not None and not self._answer.done():
            took_s = time.perf_counter() - self._began
            self._answer.set_result(Answer(self._parser.get_status_code(), b"".join(self._parts), took_s))

    def ask(self, request: bytes) -> "asyncio.Future[Answer]":
        """Send an encoded request; returns a future of the answer."""
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._answer = asyncio.get_running_loop().create_future()
        self._began = time.perf_counter()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


@asynccontextmanager
async def open_connections(port: int, count: int) -> AsyncIterator[list[Connection]]:
    """`count` connections to a local server, until the block ends."""
    loop = asyncio.get_running_loop()
    connections: list[Connection] = []
    try:
        for _ in range(count):
            _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
            connections.append(connection)
        yield connections
    finally:
        for connection in connections:
            connection.close()


def encode_request(document: str, variables: dict[str, Any]) -> bytes:
    """The bytes of an HTTP request with a GraphQL operation."""
    body = msgspec.json.encode({"query": document, "variables": variables})
    head = (
        "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def send_all(connections: Sequence[Connection], requests: Sequence[Sequence[bytes]]) -> list[Answer]:
    """Send the requests of each connection in sequence; returns the last answer of each. All are of the same length."""

    async def send(connection: Connection, requests: Sequence[bytes]) -> Answer:
        first = last = await connection.ask(requests[0])
        for request in requests[1:]:
            last = await connection.ask(request)
            if (last.status, len(last.body)) != (first.status, len(first.body)):
                raise BenchmarkError(f"an answer changed: {first.body[:200]!r} became {last.body[:200]!r}")
        return last

    async with asyncio.timeout(PATIENCE_S):
        return await asyncio.gather(*map(send, connections, requests))
