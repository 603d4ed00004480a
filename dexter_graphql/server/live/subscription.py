"""One subscriber of a stream: its place in a shared log, from which it takes answers at its own speed."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import msgspec

from dexter_graphql.engine.pipeline import ExecutionAnswer
from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.live.answers import StreamedAnswer

if TYPE_CHECKING:
    from dexter_graphql.server.live.pump import Pump

TOO_SLOW = "The connection was too slow to take the first item while it was kept; subscribe again"
_ERROR = {"message": TOO_SLOW, "extensions": {"code": ErrorCode.QUOTA_EXCEEDED, "retryable": True}}
_BODY = msgspec.json.encode({"errors": [_ERROR]})
LOST = StreamedAnswer(ExecutionAnswer(_BODY, is_request_error=True, codes=(ErrorCode.QUOTA_EXCEEDED,)), None)
"""Last answer of a subscriber that has no position from which it could continue."""


class Subscription:
    """Answers of a stream from one position on, in order and each once.

    Pull: iterate over it. Push: `attach` a function that is called when there are answers to `take`. A subscriber that
    takes none holds up no other one; it continues where it stopped.
    """

    __slots__ = ("_notify", "_number", "_pump", "_queued_in", "_waiter", "caller", "has_ended", "position")

    def __init__(self, caller: str, pump: "Pump", number: int, position: str | None) -> None:
        self._pump = pump
        self._number = number
        self._notify: Callable[[], None] | None = None
        self._queued_in: Pump | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.caller = caller
        """Subject of the caller, who is charged for some of the answers."""
        self.position = position
        """Position after the last answer taken; None while it is not known."""
        self.has_ended = False
        """True when no answer will follow."""
        pump.enter(self)

    def attach(self, notify: Callable[[], None]) -> None:
        """Call `notify` soon, and after each `take` that returned None, once there may be an answer again."""
        self._notify = notify
        self._pump.queue(self)

    def take(self) -> StreamedAnswer | None:
        """The next answer; None when there is none yet, and when the stream has ended."""
        while not self.has_ended:
            pump = self._pump
            if self._number < pump.first_for(self._number):
                lost = self._catch_up()
                if lost is not None:
                    return lost
            elif self._number < pump.log.end:
                position, streamed = self.position, self._advance()
                # A client that has come back may have the present answer of a live query.
                if not pump.is_state or streamed.position != position:
                    return streamed
            elif pump.is_merged and self.position is not None:
                self._move(*pump.find_place(self.position))
            elif pump.has_ended:
                self._leave()
            else:
                pump.rest(self)
                return None
        return None

    def close(self) -> None:
        """Take no more answers; a stream ends with its last subscriber."""
        if not self.has_ended:
            self._leave()
        self._wake()

    async def aclose(self) -> None:
        """Close it, as generators are closed."""
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StreamedAnswer:
        while (streamed := self.take()) is None:
            if self.has_ended:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return streamed

    def is_queued(self) -> bool:
        """True when its turn will come."""
        return self._queued_in is not None

    def enqueue(self) -> None:
        """Note that its turn will come, for its pump."""
        self._queued_in = self._pump

    def run(self) -> None:
        """Take its turn."""
        pump, self._queued_in = self._queued_in, None
        if pump is not None:
            pump.count_turn()
        if self._notify is not None:
            self._notify()
        else:
            self._wake()

    def _advance(self) -> StreamedAnswer:
        streamed = self._pump.log.at(self._number)
        self._number += 1
        self.position = streamed.position or self.position
        return streamed

    def _catch_up(self) -> StreamedAnswer | None:
        """Continue with what is kept of a state, or from the last position; return the last answer without one."""
        if self._pump.is_state:
            self._number = self._pump.log.end - 1
            return None
        position = self.position or self._pump.log.position_before(self._number)
        if position is not None:
            self._move(*self._pump.find_place(position))
        else:
            self._leave()
            return LOST
        return None

    def _move(self, pump: "Pump", number: int) -> None:
        self._pump.leave(self)
        self._pump, self._number = pump, number
        pump.enter(self)

    def _leave(self) -> None:
        self.has_ended, self._notify = True, None
        self._pump.forget_caller(self.caller)
        self._pump.leave(self)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
