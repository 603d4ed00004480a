"""Turns of the event loop that fan-out may use: a short slice in each, so that requests are served in between."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from dexter_graphql.clock import Clock

SLICE_S = 0.002
"""Work in one turn of the event loop."""
Step = Callable[[], None]


class Turns:
    """Runs steps in the order in which they were added, for at most one slice in each turn of the event loop."""

    def __init__(self, clock: Clock, slice_s: float = SLICE_S) -> None:
        self._clock = clock
        self._slice_s = slice_s
        self._steps: deque[Step] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._next: asyncio.Handle | None = None

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, *steps: Step) -> None:
        """Run a step in this or a later turn."""
        self.extend(steps)

    def extend(self, steps: Iterable[Step]) -> None:
        """Run steps in this or in later turns."""
        self._steps.extend(steps)
        self._schedule()

    async def take(self) -> None:
        """Wait for a turn of the event loop that no other caller of this has."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self._schedule()
        await waiting

    def _schedule(self) -> None:
        if self._next is None and (self._steps or self._waiting):
            self._next = asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        """Run one slice, and let one task go on. The event loop reads its sockets before it calls this again."""
        self._next = None
        self._release_one()
        end = self._clock.monotonic() + self._slice_s
        steps = self._steps
        try:
            while steps:
                steps.popleft()()
                if self._clock.monotonic() >= end:
                    break
        finally:
            self._schedule()

    def _release_one(self) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return
