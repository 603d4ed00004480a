"""Knows what time it is and how to wait; the only place that asks the operating system for either."""

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """Real time. Tests pass a subclass that stands still until it is told to move."""

    def now(self) -> datetime:
        """Present instant, aware, in UTC."""
        return datetime.now(UTC)

    def time(self) -> float:
        """Present instant as seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never jump; only differences mean something."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds, at once when the number is not positive."""
        await asyncio.sleep(max(0.0, seconds))
