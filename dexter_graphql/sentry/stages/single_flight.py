"""Knows that equal reads under way at the same time are one read.

A flight belongs to all who wait for it: it survives its first caller and ends with its last. Each waits no longer than
their own deadline; a flight that ended because its first caller's time or budget was used up is flown again for those
who have some left.
An error reaches those who waited and nobody after them.
"""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, cast

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.cache_tags import TagSnapshot, TagVersions
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.errors import BudgetExhausted, DeadlineExceeded
from dexter_graphql.sentry.stages import CallNext
from dexter_graphql.sentry.stages.cache import CacheKey, cache_key
from dexter_graphql.telemetry.metrics import Sample

FlightKey = tuple[CacheKey, TagSnapshot]


class Flight:
    """A read under way, and who waits for it."""

    __slots__ = ("_board", "_key", "_task", "_waiting")

    def __init__(self, board: "dict[FlightKey, Flight]", key: FlightKey, read: Awaitable[Reply]) -> None:
        self._board = board
        self._key = key
        self._task = asyncio.get_running_loop().create_task(cast("Coroutine[Any, Any, Reply]", read))
        self._waiting: list[asyncio.Future[bool]] = []
        self._task.add_done_callback(self._land)
        board[key] = self

    async def answer(self, call: Call, patience_s: float) -> Reply:
        """What it brings; raises DeadlineExceeded when that takes longer. The last one who leaves before ends it."""
        # Less than a timeout and a shield, which every call would pay for.
        loop = asyncio.get_running_loop()
        has_landed = loop.create_future()
        self._waiting.append(has_landed)
        timer = loop.call_later(patience_s, _tell, has_landed, False)  # noqa: FBT003  # what becomes of the future
        try:
            is_in_time = await has_landed
        finally:
            timer.cancel()
            if not self._task.done():
                self._leave(has_landed)
        if not is_in_time:
            raise DeadlineExceeded("The deadline of this operation passed", title=call.title)
        return self._task.result()

    def _leave(self, waiter: "asyncio.Future[bool]") -> None:
        self._waiting.remove(waiter)
        if not self._waiting:
            self._strike()
            self._task.cancel()

    def _land(self, task: asyncio.Future[Reply]) -> None:
        self._strike()
        for waiter in self._waiting:
            _tell(waiter, True)  # noqa: FBT003  # as above
        if not task.cancelled():
            # Looked at, even when nobody waited to the end.
            task.exception()

    def _strike(self) -> None:
        """Take nobody aboard any more; another flight may have the place already."""
        if self._board.get(self._key) is self:
            del self._board[self._key]


def _tell(waiter: "asyncio.Future[bool]", is_in_time: bool) -> None:  # noqa: FBT001  # as above
    if not waiter.done():
        waiter.set_result(is_in_time)


class SingleFlight:
    """Lets one of several equal reads through. A raised generation starts a new flight beside the old one."""

    def __init__(self, clock: Clock, tag_versions: TagVersions) -> None:
        self._clock = clock
        self._tag_versions = tag_versions
        self._flights: dict[FlightKey, Flight] = {}

    def __repr__(self) -> str:
        return f"<SingleFlight {len(self._flights)} under way>"

    def collect(self) -> list[Sample]:
        """How many reads are under way."""
        return [Sample("dexter_flights", "Shared reads under way.", len(self._flights))]

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """The answer of the flight that is under way, or of a new one."""
        if call.method != "GET":
            return await call_next(call)
        key = (cache_key(call), self._tag_versions.snapshot(call.tags))
        while (flight := self._flights.get(key)) is not None:
            try:
                reply = await flight.answer(call, self._patience_s(call))
            except BudgetExhausted:
                continue
            except DeadlineExceeded:
                if self._clock.time() >= call.deadline:
                    raise
            else:
                return msgspec.structs.replace(reply, origin="flight")
        return await Flight(self._flights, key, call_next(call)).answer(call, self._patience_s(call))

    def _patience_s(self, call: Call) -> float:
        return max(0.0, call.deadline - self._clock.time())
