"""New issues at a given rate, up to thousands per second, to load receivers of webhooks."""

import asyncio
from typing import Final

from dexter_graphql.sandbox.simulation import Simulation
from dexter_graphql.sandbox.webhooks import MAX_QUEUED, WebhookSender

PAUSE_S: Final = 0.005
"""Time between two groups of changes."""
MAX_CHANGES: Final = 1_000_000


class Burst:
    """Opens distinct issues, one webhook each, at a rate or as fast as the webhooks are sent."""

    def __init__(self, simulation: Simulation, webhooks: WebhookSender) -> None:
        self.remaining = 0
        self.per_second: float | None = None
        self._simulation = simulation
        self._webhooks = webhooks
        self._task: asyncio.Task[None] | None = None

    def start(self, changes: int, per_second: float | None) -> None:
        """Make that many changes instead of those that remain of an earlier burst; 0 stops it."""
        if not 0 <= changes <= MAX_CHANGES or (per_second is not None and per_second <= 0):
            raise ValueError(f"changes must be 0 to {MAX_CHANGES}, and perSecond positive or null")
        self.remaining, self.per_second = changes, per_second
        if changes and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._run(), name="sandbox-burst")

    async def stop(self) -> None:
        """Stop; does nothing when not running."""
        self.remaining = 0
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        clock = self._simulation.world.clock
        due, at = 0.0, clock.monotonic()
        while self.remaining > 0:
            await clock.sleep(PAUSE_S)
            now = clock.monotonic()
            if self.per_second is not None:
                due += (now - at) * self.per_second
            at = now
            room = max(0, MAX_QUEUED // 2 - self._webhooks.queued)
            number = min(self.remaining, room if self.per_second is None else int(due))
            for _ in range(number):
                self._simulation.add_issue()
            self.remaining -= number
            due -= number if self.per_second is not None else 0
