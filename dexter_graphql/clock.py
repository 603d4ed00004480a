"""Time and sleeping; the only module that asks the operating system for either."""

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """Real time. Tests pass a subclass whose time they set."""

    def now(self) -> datetime:
        """The current time in UTC, timezone-aware."""
        return datetime.now(UTC)

    def time(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds of a monotonic clock; only differences are meaningful."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep; returns at once for zero and less."""
        await asyncio.sleep(max(0.0, seconds))
