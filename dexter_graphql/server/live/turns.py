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
        self._next: asyncio.Handle | None = None

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, *steps: Step) -> None:
        """Run a step in this or a later turn."""
        self.extend(steps)

    def extend(self, steps: Iterable[Step]) -> None:
        """Run steps in this or in later turns."""
        self._steps.extend(steps)
        if self._next is None and self._steps:
            self._next = asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        """Run one slice. The event loop reads its sockets before it calls this again."""
        self._next = None
        end = self._clock.monotonic() + self._slice_s
        steps = self._steps
        try:
            while steps:
                steps.popleft()()
                if self._clock.monotonic() >= end:
                    break
        finally:
            self.extend(())
