"""Single flight: callers that ask for the same key at the same time share one execution.

A flight belongs to all callers that wait for it: it survives its first caller and is cancelled with its last. Its
result or exception reaches those who waited and no later caller.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

MAX_FLIGHTS = 10_000
"""Flights that can be joined; the executions above are not shared."""
MAX_CALLERS = 1000
"""Callers that wait for one flight; the next caller begins another one."""
T = TypeVar("T")


class LeaderCancelled(Exception):
    """The leader was cancelled; a follower takes over."""


class Flight(Generic[T]):
    """An execution in progress and the callers that wait for it; the leader is the one that began it."""

    __slots__ = ("_flights", "_key", "_task", "_waiters", "followers")

    def __init__(self, flights: "dict[Hashable, Flight[T]]", key: Hashable) -> None:
        self.followers = 0
        """Callers that joined so far."""
        self._flights = flights
        self._key = key
        self._task: asyncio.Task[T] | None = None
        self._waiters: dict[asyncio.Future[asyncio.Future[T] | None], None] = {}

    @property
    def callers(self) -> int:
        """Callers that wait now."""
        return len(self._waiters) + (self._task is None)

    def has_followers(self) -> bool:
        """True when it answers other callers than its leader, too."""
        return self.followers > 0

    def start(self, work: Coroutine[Any, Any, T]) -> None:
        """Execute in a task, which the leader may leave to its followers."""
        self._task = asyncio.get_running_loop().create_task(work)
        self._task.add_done_callback(self._end)

    async def lead(self, work: Coroutine[Any, Any, T]) -> T:
        """Execute in the leader's own task, which costs no switch of tasks and no timer."""
        outcome = asyncio.get_running_loop().create_future()
        try:
            result = await work
        except BaseException as error:
            outcome.set_exception(LeaderCancelled() if isinstance(error, asyncio.CancelledError) else error)
            raise
        else:
            outcome.set_result(result)
            return result
        finally:
            self._end(outcome)
            del outcome  # an exception that is raised here holds this frame

    async def wait(self, timeout_s: float | None) -> T:
        """Return the result; raises TimeoutError when it takes longer. The last caller to leave cancels the task."""
        # A future and a timer cost less than asyncio.timeout with asyncio.shield, on every upstream call.
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[asyncio.Future[T] | None] = loop.create_future()
        self._waiters[waiter] = None
        timer = None if timeout_s is None else loop.call_later(timeout_s, _wake, waiter, None)
        try:
            outcome = await waiter
        finally:
            if timer is not None:
                timer.cancel()
            self._leave(waiter)
        if outcome is None:
            raise TimeoutError
        try:
            return outcome.result()
        finally:
            del outcome, waiter  # an exception that is raised here holds this frame

    def _leave(self, waiter: "asyncio.Future[asyncio.Future[T] | None]") -> None:
        self._waiters.pop(waiter)
        if self._task is not None and not self._waiters:
            self._close()
            self._task.cancel()

    def _end(self, outcome: "asyncio.Future[T]") -> None:
        self._close()
        self._task = None
        for waiter in self._waiters:
            _wake(waiter, outcome)
        if not outcome.cancelled():
            outcome.exception()  # marks it as retrieved, in case that no caller waited to the end

    def _close(self) -> None:
        """Admit no more callers. Above the number of callers another flight may have taken the key."""
        if self._flights.get(self._key) is self:
            del self._flights[self._key]


def _wake(waiter: "asyncio.Future[asyncio.Future[T] | None]", outcome: "asyncio.Future[T] | None") -> None:
    """Pass the outcome to a caller; None when its time is over."""
    if not waiter.done():
        waiter.set_result(outcome)


class SingleFlight(Generic[T]):
    """Executes once for all callers that ask for one key at the same time.

    `leader_errors` are exceptions that concern the leader alone, such as its exhausted budget: its followers try again.
    """

    def __init__(
        self,
        *,
        leader_errors: tuple[type[Exception], ...] = (),
        max_flights: int = MAX_FLIGHTS,
        max_callers: int = MAX_CALLERS,
    ) -> None:
        self._leader_errors = leader_errors
        self._max_flights = max_flights
        self._max_callers = max_callers
        self._flights: dict[Hashable, Flight[T]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    def __repr__(self) -> str:
        return f"<SingleFlight {len(self)} under way>"

    async def run(
        self,
        key: Hashable,
        work: Callable[[Flight[T]], Coroutine[Any, Any, T]],
        *,
        remaining_s: Callable[[], float] | None = None,
        inline: bool = False,
    ) -> tuple[T, bool]:
        """Return the result, and whether another caller was the leader; `work` begins the execution if need be.

        A caller waits for `remaining_s()` at most and gets a TimeoutError then; the flight goes on for the others.
        `inline` executes in the caller's own task and without a timeout, for callers that nothing cancels as a rule.
        """
        while (flight := self._flights.get(key)) is not None and flight.callers < self._max_callers:
            flight.followers += 1
            try:
                return await flight.wait(_positive(remaining_s)), True
            except LeaderCancelled:
                continue
            except self._leader_errors:
                if remaining_s is not None and remaining_s() <= 0:
                    raise
        flight = self._new_flight(key)
        if inline:
            return await flight.lead(work(flight)), False
        flight.start(work(flight))
        return await flight.wait(_positive(remaining_s)), False

    def _new_flight(self, key: Hashable) -> Flight[T]:
        flight = Flight(self._flights, key)
        if len(self._flights) < self._max_flights:
            self._flights[key] = flight
        return flight


def _positive(remaining_s: Callable[[], float] | None) -> float | None:
    return None if remaining_s is None else max(0.0, remaining_s())
