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
            async for answer, position in answers:
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
        ending = [asyncio.ensure_future(event.wait()) for event in (self._settings.draining, self._lease.ended)]
        tasks = (sending, leaving, *ending)
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
        heartbeat, heartbeat_s = self._stream.framing.heartbeat, self._settings.heartbeat_s
        async with aclosing(with_heartbeats(self._stream.frames(), heartbeat, heartbeat_s)) as frames:
            async for frame in frames:
                await send({"type": "http.response.body", "body": frame, "more_body": True})


async def with_heartbeats(
    frames: AsyncGenerator[bytes, None], heartbeat: bytes, heartbeat_s: float
) -> AsyncGenerator[bytes, None]:
    """Frames, with heartbeats between them."""
    async with aclosing(frames):
        coming = asyncio.ensure_future(anext(frames))
        try:
            while True:
                done, _ = await asyncio.wait({coming}, timeout=heartbeat_s)
                if not done:
                    yield heartbeat
                    continue
                try:
                    yield coming.result()
                except StopAsyncIteration:
                    return
                coming = asyncio.ensure_future(anext(frames))
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
