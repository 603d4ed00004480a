"""Stage that shares one upstream call between equal reads that are under way at the same time.

A read that begins after a write is another one, so that it never gets an answer from before the write.
"""

from collections.abc import Coroutine
from typing import Any, cast

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.single_flight import Flight, SingleFlight
from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.errors import BudgetExhausted, DeadlineExceeded
from dexter_graphql.sentry.stages import CallNext
from dexter_graphql.sentry.stages.cache import cache_key
from dexter_graphql.telemetry.metrics import Sample


class SingleFlightStage:
    """Lets one of several equal reads through; each caller waits for it until their own deadline."""

    def __init__(self, clock: Clock, tag_versions: TagVersions) -> None:
        self._clock = clock
        self._tag_versions = tag_versions
        self._flights: SingleFlight[Reply] = SingleFlight(leader_errors=(BudgetExhausted, DeadlineExceeded))

    def __repr__(self) -> str:
        return repr(self._flights)

    def collect(self) -> list[Sample]:
        """How many reads are under way."""
        return [Sample("dexter_flights", "Shared reads under way.", len(self._flights))]

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """Return the answer to an equal read that is under way, or to this one."""
        if call.method != "GET":
            return await call_next(call)

        def read(_flight: Flight[Reply]) -> Coroutine[Any, Any, Reply]:
            return cast("Coroutine[Any, Any, Reply]", call_next(call))

        key = (cache_key(call), self._tag_versions.snapshot(call.tags))
        try:
            reply, is_shared = await self._flights.run(
                key, read, remaining_s=lambda: call.deadline - self._clock.time()
            )
        except TimeoutError:
            raise DeadlineExceeded("The deadline of this operation passed", title=call.title) from None
        return msgspec.structs.replace(reply, origin="flight") if is_shared else reply
