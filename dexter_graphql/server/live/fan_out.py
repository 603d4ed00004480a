"""Fan-out of streams: equal subscribers share the computation and the bytes of their answers."""

import asyncio
from collections.abc import Hashable
from weakref import WeakValueDictionary

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import SizeBudget
from dexter_graphql.server.live.pump import Group, Pump, StreamSource
from dexter_graphql.server.live.subscription import Subscription
from dexter_graphql.server.live.turns import Turns
from dexter_graphql.telemetry.metrics import Sample

MAX_LOG_BYTES = 64 * 1024 * 1024
"""Bytes of the answers that all streams keep; above it each keeps its newest one."""


class FanOut:
    """All streams of the process. A stream is computed while it has subscribers."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.turns = Turns(clock)
        self._log_bytes = SizeBudget(MAX_LOG_BYTES)
        self._groups: WeakValueDictionary[Hashable, Group] = WeakValueDictionary()
        self._pumps: dict[asyncio.Task[None], Pump] = {}

    def __repr__(self) -> str:
        return f"<FanOut {len(self._pumps)} computed streams, {self._subscribers()} subscribers>"

    def join(self, source: StreamSource, start: str | None = None) -> Subscription:
        """Subscribe to the answers after a position; from now on when it is None."""
        group = self._groups.get(source.key)
        if group is None:
            group = self._groups[source.key] = Group(source, self.turns, self._log_bytes, self._start)
        return group.join(source.caller, start)

    async def close(self) -> None:
        """End all streams."""
        tasks = list(self._pumps)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def collect(self) -> list[Sample]:
        """Subscribers, computed streams, and the subscribers that have not taken the newest answer."""
        behind = sum(pump.behind for pump in self._pumps.values())
        return [
            Sample("dexter_streams", "Open subscriptions.", self._subscribers()),
            Sample("dexter_computed_streams", "Streams that are computed for their subscribers.", len(self._pumps)),
            Sample("dexter_stream_log_bytes", "Bytes of answers that streams keep.", self._log_bytes.used),
            Sample("dexter_streams_behind", "Open subscriptions that have not taken the newest answer.", behind),
        ]

    def _start(self, pump: Pump) -> None:
        pump.task = asyncio.get_running_loop().create_task(pump.run())
        self._pumps[pump.task] = pump
        pump.task.add_done_callback(self._pumps.pop)

    def _subscribers(self) -> int:
        return sum(group.subscribers for group in list(self._groups.values()))
