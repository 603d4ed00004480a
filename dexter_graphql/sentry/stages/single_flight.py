"""Knows that equal reads under way at the same time are one read.

A flight belongs to all who wait for it: it survives its first caller and ends with its last. Each waits no longer than
their own deadline; a flight that ended because its first caller's time or budget was used up is flown again for those
who have some left.
An error reaches those who waited and nobody after them.
"""

import asyncio
from dataclasses import dataclass

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.errors import BudgetExhausted, DeadlineExceeded
from dexter_graphql.sentry.generations import Generations, Stamp
from dexter_graphql.sentry.stages import Proceed
from dexter_graphql.sentry.stages.cache import Key, cache_key
from dexter_graphql.telemetry.metrics import Figure

FlightKey = tuple[Key, Stamp]


@dataclass(slots=True, eq=False)
class Flight:
    """A read under way and how many wait for it."""

    key: FlightKey
    task: asyncio.Future[Reply]
    waiting: int = 0


class SingleFlight:
    """Lets one of several equal reads through. A raised generation starts a new flight beside the old one."""

    def __init__(self, clock: Clock, generations: Generations) -> None:
        self._clock = clock
        self._generations = generations
        self._flights: dict[FlightKey, Flight] = {}

    def __repr__(self) -> str:
        return f"<SingleFlight {len(self._flights)} under way>"

    def figures(self) -> list[Figure]:
        """How many reads are under way."""
        return [Figure("dexter_flights", "Shared reads under way.", len(self._flights))]

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        """The answer of the flight that is under way, or of a new one."""
        if call.method != "GET":
            return await proceed(call)
        key = (cache_key(call), self._generations.stamp(call.tags))
        while key in self._flights:
            try:
                reply = await self._awaited(call, self._flights[key])
            except BudgetExhausted:
                continue
            except DeadlineExceeded:
                if self._clock.time() >= call.deadline:
                    raise
            else:
                return msgspec.structs.replace(reply, origin="flight")
        return await self._awaited(call, self._depart(key, call, proceed))

    def _depart(self, key: FlightKey, call: Call, proceed: Proceed) -> Flight:
        flight = self._flights[key] = Flight(key, asyncio.ensure_future(proceed(call)))
        flight.task.add_done_callback(lambda _task: self._forget(flight))
        return flight

    def _forget(self, flight: Flight) -> None:
        if self._flights.get(flight.key) is flight:
            del self._flights[flight.key]

    async def _awaited(self, call: Call, flight: Flight) -> Reply:
        flight.waiting += 1
        try:
            async with asyncio.timeout(max(0.0, call.deadline - self._clock.time())):
                return await asyncio.shield(flight.task)
        except TimeoutError:
            raise DeadlineExceeded("The deadline of this operation passed", title=call.title) from None
        finally:
            flight.waiting -= 1
            if flight.waiting == 0 and not flight.task.done():
                self._forget(flight)
                flight.task.cancel()
