"""Knows that equal operations under way at the same time are one execution; does not know what makes them equal.

What an execution gives, an exception too, reaches those who waited and nobody after them. Whoever cannot leave executes
what they ask for themselves, which costs nothing while nobody joins. For those who may leave there is a task, which
belongs to all who wait for it: it survives the one who began it and ends with the last.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from dexter_graphql.telemetry.metrics import Sample

MAX_EXECUTIONS = 1000
"""Executions that others may join; those above it run by themselves."""
MAX_COMPANY = 1000
"""Operations that wait for one execution; those above it begin another."""
Answered = TypeVar("Answered")


class LeaderLeft(Exception):
    """Whoever executed for all was cancelled against expectation, so that somebody else has to."""


@dataclass(slots=True, eq=False)
class Execution(Generic[Answered]):
    """An execution under way. `leader` names the operation that began it, `joined` counts those that came later."""

    leader: str
    joined: int = 0
    waiting: int = 0
    outcome: asyncio.Future[Answered] = field(init=False)
    """What everybody waits for: the task, or where the leader puts what came out."""

    def has_company(self) -> bool:
        """True when it answers more than the operation that began it."""
        return self.joined > 0


Begin = Callable[[Execution[Answered]], Coroutine[Any, Any, Answered]]
"""Executes the operation that is asked for."""


class Sharing(Generic[Answered]):
    """Lets one of several operations with the same key be executed, and gives its answer to all of them."""

    def __init__(self, max_executions: int = MAX_EXECUTIONS, max_company: int = MAX_COMPANY) -> None:
        self._max_executions = max_executions
        self._max_company = max_company
        self._executions: dict[Hashable, Execution[Answered]] = {}

    def collect(self) -> list[Sample]:
        """How many executions are under way."""
        return [Sample("dexter_shareable_executions", "Executions that equal operations join.", len(self._executions))]

    async def answer(
        self, key: Hashable, name: str, begin: Begin[Answered], *, may_leave: bool
    ) -> tuple[Answered, str | None]:
        """The answer, and the name of the operation that it was computed for, None when it is this one's own.

        `may_leave` says that whoever asks may be cancelled before the answer is there.
        """
        while (execution := self._executions.get(key)) is not None and execution.waiting < self._max_company:
            execution.joined += 1
            try:
                return await self._awaited(key, execution), execution.leader
            except LeaderLeft:
                continue
        if len(self._executions) >= self._max_executions:
            return await begin(Execution(name)), None
        execution = self._executions[key] = Execution(name)
        lead = self._led_by_task if may_leave else self._led
        return await lead(key, execution, begin), None

    async def _led(self, key: Hashable, execution: Execution[Answered], begin: Begin[Answered]) -> Answered:
        outcome = execution.outcome = asyncio.get_running_loop().create_future()
        execution.waiting = 1
        try:
            answer = await begin(execution)
        except BaseException as error:
            outcome.set_exception(LeaderLeft() if isinstance(error, asyncio.CancelledError) else error)
            raise
        else:
            outcome.set_result(answer)
            return answer
        finally:
            self._ended(key, execution)

    async def _led_by_task(self, key: Hashable, execution: Execution[Answered], begin: Begin[Answered]) -> Answered:
        execution.outcome = asyncio.ensure_future(begin(execution))
        execution.outcome.add_done_callback(lambda _task: self._ended(key, execution))
        return await self._awaited(key, execution)

    async def _awaited(self, key: Hashable, execution: Execution[Answered]) -> Answered:
        execution.waiting += 1
        try:
            return await asyncio.shield(execution.outcome)
        finally:
            execution.waiting -= 1
            if execution.waiting == 0 and not execution.outcome.done():
                self._forget(key, execution)
                execution.outcome.cancel()

    def _ended(self, key: Hashable, execution: Execution[Answered]) -> None:
        self._forget(key, execution)
        if not execution.outcome.cancelled():
            execution.outcome.exception()  # whoever waited is told; when nobody did, it is no news

    def _forget(self, key: Hashable, execution: Execution[Answered]) -> None:
        if self._executions.get(key) is execution:
            del self._executions[key]
