"""Computation of the answers of one stream, each once for all of its subscribers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import aclosing
from typing import Protocol

from dexter_graphql.concurrency.bounded_map import SizeBudget
from dexter_graphql.graph.context import Callers
from dexter_graphql.server.live.answers import AnswerLog, StreamedAnswer
from dexter_graphql.server.live.subscription import Subscription
from dexter_graphql.server.live.turns import Turns

MAX_AHEAD = 64
"""Answers that are computed before those subscribers that can take answers have taken the first of them."""
MAX_AHEAD_BYTES = 256 * 1024
MAX_PAYERS = 50
"""Callers of a group that are charged for one answer until one of them has the budget."""


class StreamSource(Protocol):
    """A stream as one subscriber asks for it. Sources with equal keys have the same answers.

    The position from which a subscriber resumes is no part of the key.
    """

    @property
    def key(self) -> Hashable:
        """Everything that the answers depend on."""
        ...

    @property
    def caller(self) -> str:
        """Subject of the caller."""
        ...

    @property
    def is_state(self) -> bool:
        """True when each answer replaces the one before: late and new subscribers get the newest one first."""
        ...

    def answers(self, after: str | None, callers: Callers) -> AsyncIterator[StreamedAnswer]:
        """The answers after a position, an async generator; from now on when it is None."""
        ...


class Pump:
    """Computes the answers of a group's source from one start, and keeps the newest ones for its subscribers."""

    __slots__ = (
        "_ahead_bytes",
        "_ahead_from",
        "_drained",
        "_group",
        "_idle",
        "_queued",
        "_readers",
        "has_ended",
        "is_live",
        "is_merged",
        "log",
        "start",
        "task",
    )  # fmt: skip

    def __init__(self, group: "Group", start: str | None) -> None:
        self._group = group
        self._idle: dict[Subscription, None] = {}
        self._readers = self._queued = 0
        self._ahead_from = self._ahead_bytes = 0
        self._drained: asyncio.Future[None] | None = None
        self.log = AnswerLog(group.budget)
        self.start = start
        self.is_live = start is None
        """True when its newest answer is the stream's newest one, so that new subscribers may begin after it."""
        self.has_ended = False
        self.is_merged = False
        """True when another pump has its newest answer, and continues it."""
        self.task: asyncio.Task[None] | None = None

    @property
    def is_state(self) -> bool:
        """True when each answer replaces the one before."""
        return self._group.source.is_state

    @property
    def behind(self) -> int:
        """Subscribers that have not taken the newest answer."""
        return self._readers - len(self._idle)

    async def run(self) -> None:
        """Append answers until they end, another pump has the same ones, or no subscriber is left."""
        try:
            async with aclosing(self._group.source.answers(self.start, self._group.callers)) as answers:  # type: ignore[type-var]  # an async generator
                async for streamed in answers:
                    if self._append(streamed):
                        break
                    await self._wait_for_readers()
        finally:
            self.end()

    def end(self) -> None:
        """Wake the subscribers, which take what is left."""
        self.has_ended, self.task = True, None
        self._group.remove(self)
        if not self._readers:
            self.log.clear()
        self._wake()

    def enter(self, _subscription: Subscription) -> None:
        """Count a subscriber."""
        self._readers += 1

    def leave(self, subscription: Subscription) -> None:
        """Forget a subscriber; ends with the last one."""
        self._idle.pop(subscription, None)
        self._readers -= 1
        if self._readers:
            return
        self.log.clear()
        self._group.remove(self)
        if self.task is not None:
            self.task.cancel()
            self.task = None  # whose exception holds a frame that holds this object

    def forget_caller(self, caller: str) -> None:
        """Charge a caller for no more answers, unless another subscription of the same caller is open."""
        self._group.forget(caller)

    def rest(self, subscription: Subscription) -> None:
        """Give a subscriber that has taken everything a turn after the next answer."""
        if not subscription.is_queued():
            self._idle[subscription] = None

    def queue(self, subscription: Subscription) -> None:
        """Give a subscriber a turn."""
        self._idle.pop(subscription, None)
        if not subscription.is_queued():
            self._queue([subscription])

    def count_turn(self) -> None:
        """Count the turn of a subscriber."""
        self._queued -= 1
        if not self._queued and self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    def first_for(self, number: int) -> int:
        """Number of the answer with which a subscriber can go on that has not taken answer `number`."""
        return max(self.log.first, self.log.end - 1) if self.is_state and number < self.log.end else self.log.first

    def find_place(self, position: str) -> "tuple[Pump, int]":
        """The pump, and the number of its answer, with which a subscriber continues after a position."""
        return self._group.find_place(position) or (self._group.open(position), 0)

    def _append(self, streamed: StreamedAnswer) -> bool:
        """Append an answer; True when another pump has it too and continues this one."""
        if not self._queued:
            self._ahead_from, self._ahead_bytes = self.log.end, 0
        self.log.append(streamed)
        self._ahead_bytes += len(streamed.answer.body)
        if streamed.position is not None:
            self.is_merged = self._group.merge(self, streamed.position)
        self._wake()
        return self.is_merged

    def _wake(self) -> None:
        idle, self._idle = self._idle, {}
        self._queue(list(idle))

    def _queue(self, subscriptions: list[Subscription]) -> None:
        self._queued += len(subscriptions)
        for subscription in subscriptions:
            subscription.enqueue()
        self._group.turns.extend([subscription.run for subscription in subscriptions])

    async def _wait_for_readers(self) -> None:
        """Wait when answers are computed faster than they are taken, except by those that cannot take any."""
        if self._queued and (self.log.end - self._ahead_from >= MAX_AHEAD or self._ahead_bytes >= MAX_AHEAD_BYTES):
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained


class Group:
    """Subscribers of equal sources. They share one pump, except while some resume from earlier positions."""

    def __init__(
        self, source: StreamSource, turns: Turns, budget: SizeBudget, start_task: Callable[[Pump], None]
    ) -> None:
        self.source = source
        self.turns = turns
        self.budget = budget
        self.pumps: list[Pump] = []
        self._start_task = start_task
        self._callers: dict[str, int] = {}

    @property
    def subscribers(self) -> int:
        """Open subscriptions."""
        return sum(self._callers.values())

    def join(self, caller: str, start: str | None) -> Subscription:
        """A new subscriber, from a position or from now on."""
        self._callers[caller] = self._callers.get(caller, 0) + 1
        if self.source.is_state:
            pump, number = self._find_state(start) or (self.open(None), 0)
        elif start is None:
            pump, number = self._find_end() or (self.open(None), 0)
        else:
            pump, number = self.find_place(start) or (self.open(start), 0)
        return Subscription(caller, pump, number, pump.log.position_before(number) if start is None else start)

    def forget(self, caller: str) -> None:
        """Charge a caller for no more answers, after the end of the last subscription."""
        self._callers[caller] -= 1
        if not self._callers[caller]:
            del self._callers[caller]

    def open(self, start: str | None) -> Pump:
        """Begin to compute answers from a position on."""
        pump = Pump(self, start)
        self.pumps.append(pump)
        self._start_task(pump)
        return pump

    def remove(self, pump: Pump) -> None:
        """Let no new subscriber join a pump."""
        if pump in self.pumps:
            self.pumps.remove(pump)

    def find_place(self, position: str) -> tuple[Pump, int] | None:
        """The pump that has the answers after a position, and the number of the first one."""
        for pump in self.pumps:
            number = pump.log.number_after(position)
            if number is not None:
                return pump, number
            if pump.start == position and not pump.log.first:
                return pump, 0
        return None

    def merge(self, pump: Pump, position: str) -> bool:
        """Remove a pump when another one has its newest answer too; False when none has."""
        for other in self.pumps:
            if other is not pump and other.log.number_after(position) is not None:
                other.is_live |= pump.is_live
                self.pumps.remove(pump)
                return True
        return False

    def callers(self) -> Iterator[str]:
        """Callers who may be charged; one for which the next is asked has no budget left and comes last from now on."""
        for _ in range(min(len(self._callers), MAX_PAYERS)):
            caller = next(iter(self._callers))
            yield caller
            if caller in self._callers:
                self._callers[caller] = self._callers.pop(caller)

    def _find_end(self) -> tuple[Pump, int] | None:
        """The end of the pump that has the newest answer of the stream."""
        return next(((pump, pump.log.end) for pump in self.pumps if pump.is_live), None)

    def _find_state(self, position: str | None) -> tuple[Pump, int] | None:
        """The newest answer, or the end when the subscriber has that answer."""
        newest = self._find_end()
        if newest is None:
            return None
        pump, end = newest
        is_known = position is not None and pump.log.number_after(position) == end
        return pump, end if is_known else max(pump.log.first, end - 1)
