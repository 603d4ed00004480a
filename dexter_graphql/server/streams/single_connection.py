"""One event stream with the answers to many operations of a caller, as graphql-sse's single connection mode has it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.quotas import Lease
from dexter_graphql.server.responses import EVENT_STREAM, RequestRejected, credential_error
from dexter_graphql.server.streams.framings import FRAMINGS
from dexter_graphql.server.streams.response import Begin


@dataclass(eq=False, slots=True)
class OpenOperation:
    """An operation that was accepted; it runs once the stream is open. `lease` counts it, if it is a subscription."""

    begin: Begin
    lease: Lease | None
    task: asyncio.Task[None] | None = None

    def release(self) -> None:
        """Return what counts it."""
        if self.lease is not None:
            self.lease.release()


class SingleConnection:
    """The operations of one connection. An answer waits until the one before it was sent; they share the stream."""

    framing = FRAMINGS[EVENT_STREAM]

    def __init__(self, max_operations: int) -> None:
        self._max_operations = max_operations
        self._operations: dict[str, OpenOperation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(1)
        self._unsent = b""
        self.is_open = False
        """True while the event stream is there."""
        self.has_ended = False

    def __repr__(self) -> str:
        return f"<SingleConnection {len(self._operations)} operations, {'open' if self.is_open else 'reserved'}>"

    def check_id(self, operation_id: str) -> None:
        """Reject an operation with the id of another one, one too many, and all after the end."""
        if self.has_ended:
            raise no_such_stream()
        if operation_id in self._operations:
            message = "An operation with this 'operationId' is in progress"
            raise RequestRejected(HTTPStatus.CONFLICT, ErrorCode.CONFLICT, message)
        if len(self._operations) >= self._max_operations:
            message = f"The connection has {self._max_operations} operations, which is the limit; end one first"
            raise RequestRejected(HTTPStatus.TOO_MANY_REQUESTS, ErrorCode.QUOTA_EXCEEDED, message, is_retryable=True)

    def add(self, operation_id: str, operation: OpenOperation) -> None:
        """Accept an operation whose id was checked."""
        self._operations[operation_id] = operation
        if self.is_open:
            self._run(operation_id, operation)

    def stop(self, operation_id: str) -> None:
        """End an operation without another event, as its client asks for; does nothing for one that has ended."""
        operation = self._operations.pop(operation_id, None)
        if operation is None:
            return
        operation.release()
        if operation.task is not None:
            operation.task.cancel()

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """Events of all operations; ends them all when it is closed."""
        self.is_open = True
        for operation_id, operation in self._operations.items():
            self._run(operation_id, operation)
        try:
            while True:
                self._unsent = await self._frames.get()
                yield self._unsent
                self._unsent = b""
        finally:
            tasks = list(self._tasks)
            self.end()
            for task in tasks:
                # One whose operation has ended waits to send that.
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def rejection(self, reason: str) -> bytes:
        """What was not sent yet, and the error of every operation, when the credential is not valid any more."""
        error = msgspec.json.encode({"errors": [credential_error(reason)]})
        unsent = [self._unsent]
        while not self._frames.empty():
            unsent.append(self._frames.get_nowait())
        return b"".join([*unsent, *(_next(name, error) + _complete(name) for name in self._operations)])

    def end(self) -> None:
        """End all operations."""
        self.is_open, self.has_ended = False, True
        for operation_id in list(self._operations):
            self.stop(operation_id)

    def _run(self, operation_id: str, operation: OpenOperation) -> None:
        operation.task = task = asyncio.create_task(self._send_answers(operation_id, operation))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_answers(self, operation_id: str, operation: OpenOperation) -> None:
        async with aclosing(operation.begin()) as answers:  # type: ignore[type-var]  # an async generator
            async for answer, *_ in answers:
                await self._frames.put(_next(operation_id, answer.body))
        if self._operations.get(operation_id) is operation:
            # The id is free when the client sees the end.
            del self._operations[operation_id]
        operation.release()
        await self._frames.put(_complete(operation_id))


def no_such_stream() -> RequestRejected:
    """The rejection of a token without a connection."""
    message = "There is no such event stream: its token is unknown here, or it has ended; reserve one by PUT"
    return RequestRejected(HTTPStatus.NOT_FOUND, ErrorCode.NOT_FOUND, message)


def _next(operation_id: str, body: bytes) -> bytes:
    return b'event: next\ndata: {"id":' + msgspec.json.encode(operation_id) + b',"payload":' + body + b"}\n\n"


def _complete(operation_id: str) -> bytes:
    return b"event: complete\ndata: " + msgspec.json.encode({"id": operation_id}) + b"\n\n"
