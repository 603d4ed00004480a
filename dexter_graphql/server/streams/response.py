"""A response that is a stream: frames as they come, heartbeats in between."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from starlette.types import Receive, Scope, Send

from dexter_graphql.server.disconnects import wait_for_disconnect
from dexter_graphql.server.live.answers import StreamedAnswer
from dexter_graphql.server.quotas import Lease
from dexter_graphql.server.responses import credential_error
from dexter_graphql.server.streams.framings import Framing


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What all streams share: the time without a frame until a heartbeat, and whether the server is about to end."""

    heartbeat_s: float
    draining: asyncio.Event


Begin = Callable[[], AsyncIterator[StreamedAnswer]]
"""Begins an operation and returns its answers."""


class FramedStream(Protocol):
    """What a response sends."""

    framing: Framing

    def frames(self) -> AsyncGenerator[bytes, None]:
        """Everything between start and end of the body, as it comes."""
        ...

    def rejection(self, reason: str) -> bytes:
        """The last frame when the caller's credential is not valid any more."""
        ...


class OperationStream:
    """The answers to one operation, which begins with the stream."""

    def __init__(self, begin: Begin, framing: Framing) -> None:
        self.framing = framing
        self._begin = begin

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """The answers, then the end."""
        async with aclosing(self._begin()) as answers:  # type: ignore[type-var]  # an async generator
            async for answer, position, _ in answers:
                yield self.framing.frame(answer.body, position)
        yield self.framing.end

    def rejection(self, reason: str) -> bytes:
        """An error, then the end."""
        return self.framing.rejection(credential_error(reason))


class StreamResponse:
    """Sends a stream until it ends or the client leaves, and holds `lease` meanwhile.

    While the server drains, the body ends without the end of its framing: clients connect again and resume.
    """

    def __init__(self, stream: FramedStream, settings: StreamSettings, lease: Lease) -> None:
        self._stream = stream
        self._settings = settings
        self._lease = lease
        self._last_sent = 0.0

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything; ends with the frames, the client or the server, whichever is first."""
        with self._lease:
            await self._send(receive, send)

    async def _send(self, receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", self._stream.framing.content_type.encode()),
            (b"cache-control", b"no-store, no-transform"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._stream.framing.start, "more_body": True})
        sending = asyncio.ensure_future(self._send_frames(send))
        leaving = asyncio.ensure_future(wait_for_disconnect(receive))
        beating = asyncio.ensure_future(self._send_heartbeats(send))
        ending = [asyncio.ensure_future(event.wait()) for event in (self._settings.draining, self._lease.ended)]
        tasks = (sending, leaving, beating, *ending)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
            has_left = leaving.done()
            # Of the operations that run until now.
            last = self._stream.rejection(self._lease.reason) if self._lease.ended.is_set() else b""
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if not has_left:
            await send({"type": "http.response.body", "body": last, "more_body": False})

    async def _send_frames(self, send: Send) -> None:
        async with aclosing(self._stream.frames()) as frames:
            async for frame in frames:
                await self._send_chunk(send, frame)

    async def _send_heartbeats(self, send: Send) -> None:
        """Send one after each silence. A client that takes no frame is not sent more than one."""
        now, heartbeat_s = asyncio.get_running_loop().time, self._settings.heartbeat_s
        self._last_sent = now()
        while True:
            silence_s = now() - self._last_sent
            if silence_s >= heartbeat_s:
                await self._send_chunk(send, self._stream.framing.heartbeat)
            else:
                await asyncio.sleep(heartbeat_s - silence_s)

    async def _send_chunk(self, send: Send, chunk: bytes) -> None:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        self._last_sent = asyncio.get_running_loop().time()
