"""Streams of answers over HTTP: server-sent events and multipart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

import msgspec
from starlette.types import Receive, Scope, Send

from dexter_graphql.engine.pipeline import ExecutionAnswer
from dexter_graphql.server.disconnects import wait_for_disconnect
from dexter_graphql.server.quotas import Lease
from dexter_graphql.server.responses import EVENT_STREAM, MULTIPART, credential_error

BOUNDARY = "graphql"


@dataclass(frozen=True, slots=True)
class Framing:
    """How a kind of stream writes its start, an answer, a heartbeat, and its end."""

    content_type: str
    start: bytes
    prefix: bytes
    suffix: bytes
    heartbeat: bytes
    end: bytes

    def frame(self, answer: ExecutionAnswer) -> bytes:
        """One answer."""
        return self.prefix + answer.body + self.suffix


PART_HEAD = b"\r\nContent-Type: application/json\r\n\r\n"
DELIMITER = f"\r\n--{BOUNDARY}".encode()
"""Follows each part at once, because clients read a part when they have seen the delimiter after it."""
FRAMINGS = {
    EVENT_STREAM: Framing(EVENT_STREAM, b"", b"event: next\ndata: ", b"\n\n", b":\n\n", b"event: complete\ndata:\n\n"),
    MULTIPART: Framing(
        f'{MULTIPART}; boundary="{BOUNDARY}"; subscriptionSpec=1.0',
        DELIMITER.lstrip(),
        PART_HEAD + b'{"payload":',
        b"}" + DELIMITER,
        PART_HEAD + b"{}" + DELIMITER,
        b"--\r\n",
    ),
}


class StreamResponse:
    """Sends answers as they come, heartbeats in between, and stops when the client leaves. Holds `lease` meanwhile."""

    def __init__(
        self,
        answers: AsyncIterator[ExecutionAnswer],
        framing: Framing,
        heartbeat_s: float,
        draining: asyncio.Event,
        lease: Lease,
    ) -> None:
        self._answers = answers
        self._framing = framing
        self._heartbeat_s = heartbeat_s
        self._draining = draining
        self._lease = lease

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything; ends with the answers, the client or the server, whichever is first."""
        with self._lease:
            await self._send(receive, send)

    async def _send(self, receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", self._framing.content_type.encode()),
            (b"cache-control", b"no-store, no-transform"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if self._framing.start:
            await send({"type": "http.response.body", "body": self._framing.start, "more_body": True})
        sending = asyncio.ensure_future(self._send_all(send))
        watched = (wait_for_disconnect(receive), self._draining.wait(), self._lease.ended.wait())
        watchers = {asyncio.ensure_future(each) for each in watched}
        try:
            await asyncio.wait({sending, *watchers}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, *watchers):
                task.cancel()
            await asyncio.gather(sending, *watchers, return_exceptions=True)
        if self._lease.ended.is_set():
            rejection = ExecutionAnswer(msgspec.json.encode({"errors": [credential_error(self._lease.reason)]}))
            await send({"type": "http.response.body", "body": self._framing.frame(rejection), "more_body": True})
        if self._lease.ended.is_set() or self._draining.is_set():
            await send({"type": "http.response.body", "body": self._framing.end, "more_body": False})

    async def _send_all(self, send: Send) -> None:
        async with aclosing(self._answers) as answers:  # type: ignore[type-var]  # an async generator
            async for chunk in with_heartbeats(answers, self._framing, self._heartbeat_s):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": self._framing.end, "more_body": False})


async def with_heartbeats(
    answers: AsyncIterator[ExecutionAnswer], framing: Framing, heartbeat_s: float
) -> AsyncIterator[bytes]:
    """Framed answers, with heartbeats between them."""
    coming = asyncio.ensure_future(anext(answers))
    try:
        while True:
            done, _ = await asyncio.wait({coming}, timeout=heartbeat_s)
            if not done:
                yield framing.heartbeat
                continue
            try:
                yield framing.frame(coming.result())
            except StopAsyncIteration:
                return
            coming = asyncio.ensure_future(anext(answers))
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
