"""Operations of one WebSocket: streams, which are written to it as they come, and those with one answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Protocol

import msgspec

from dexter_graphql.engine.pipeline import ExecutionAnswer
from dexter_graphql.server.live.answers import StreamedAnswer
from dexter_graphql.server.live.subscription import Subscription
from dexter_graphql.server.quotas import Lease
from dexter_graphql.server.responses import credential_error
from dexter_graphql.server.websockets.frames import text_frame
from dexter_graphql.server.websockets.protocol import message_start

if TYPE_CHECKING:
    from dexter_graphql.server.websockets.connection import Connection

MAX_BATCH_BYTES = 64 * 1024
"""Answers that are written at once."""


class Operation(Protocol):
    """An operation in progress."""

    def flush(self) -> None:
        """Write what waited until the socket is writable."""
        ...

    def close(self) -> None:
        """End it without a message."""
        ...


class _Errors(msgspec.Struct):
    errors: msgspec.Raw


def errors_in(answer: ExecutionAnswer) -> bytes:
    """The list of errors of an answer without data, in JSON."""
    return bytes(msgspec.json.decode(answer.body, type=_Errors).errors)


def next_start(operation_id: str) -> bytes:
    """The bytes before the payload of a `next` message."""
    return message_start(operation_id) + b'"next","payload":'


class StreamOperation:
    """A stream. It has no task: its subscription calls `flush`, which takes answers while the socket is writable."""

    __slots__ = ("_connection", "_id", "_lease", "_start", "_subscription")

    def __init__(self, connection: "Connection", operation_id: str, subscription: Subscription, lease: Lease) -> None:
        self._connection = connection
        self._id = operation_id
        self._start = next_start(operation_id)
        self._subscription = subscription
        self._lease = lease
        lease.on_end = partial(connection.turns.add, self._reject)
        subscription.attach(self.flush)

    def flush(self) -> None:
        """Write the answers that there are, as far as the client reads them."""
        output, subscription, size = self._connection.output, self._subscription, 0
        frames: list[bytes] = []
        failed: ExecutionAnswer | None = None
        while failed is None and size < MAX_BATCH_BYTES and output.is_writable:
            streamed = subscription.take()
            if streamed is None:
                break
            if streamed.answer.is_request_error:
                failed = streamed.answer
            else:
                frames.append(text_frame(self._start, streamed.answer.body, b"}"))
                size += len(streamed.answer.body)
        if frames:
            output.write(frames[0] if len(frames) == 1 else b"".join(frames))
        if failed is not None:
            self._connection.fail(self._id, errors_in(failed))
        elif subscription.has_ended:
            self._connection.complete(self._id)
        elif size >= MAX_BATCH_BYTES:
            self._connection.turns.add(self.flush)

    def close(self) -> None:
        """End the subscription, and return what counts it."""
        self._subscription.close()
        self._lease.release()

    def _reject(self) -> None:
        self._connection.fail(self._id, msgspec.json.encode([credential_error(self._lease.reason)]))


class AnswerOperation:
    """A query or a mutation, in a task."""

    __slots__ = ("_answers", "_connection", "_id", "task")

    def __init__(self, connection: "Connection", operation_id: str, answers: AsyncIterator[StreamedAnswer]) -> None:
        self._connection = connection
        self._id = operation_id
        self._answers = answers
        self.task = asyncio.get_running_loop().create_task(self._run())

    def flush(self) -> None:
        """Do nothing: the task waits until the socket is writable."""

    def close(self) -> None:
        """Cancel the execution, unless it has just ended."""
        if self.task is not asyncio.current_task():
            self.task.cancel()

    async def _run(self) -> None:
        connection = self._connection
        async with aclosing(self._answers) as answers:  # type: ignore[type-var]  # has `aclose`
            async for answer, *_ in answers:
                await connection.wait_until_writable()
                if answer.is_request_error:
                    connection.fail(self._id, errors_in(answer))
                    return
                connection.send(next_start(self._id), answer.body, b"}")
        connection.complete(self._id)
