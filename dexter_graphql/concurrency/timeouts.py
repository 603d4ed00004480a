"""Timeouts: a single one, and those of many objects that have the same length, on one timer of the event loop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
GRANULARITY_S = 0.25
"""Timeouts that end within this time end together."""


@dataclass(slots=True)
class Timer:
    """A timeout that is started at most once at a time."""

    _handle: asyncio.TimerHandle | None = field(default=None, init=False)

    def start(self, seconds: float, expire: Callable[[], None]) -> None:
        """Call `expire` after the time, unless the timer runs already."""
        if self._handle is None:
            self._handle = asyncio.get_running_loop().call_later(seconds, expire)

    def stop(self) -> None:
        """Cancel the call."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


class Timeouts(Generic[T]):
    """Calls `expire` with each object, `seconds` after it was added or later by the granularity."""

    def __init__(self, seconds: float, expire: Callable[[T], None], granularity_s: float = GRANULARITY_S) -> None:
        self._seconds = seconds
        self._expire = expire
        self._granularity_s = granularity_s
        self._due: dict[T, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._due)

    def start(self, item: T) -> None:
        """Start the timeout of an object, from now on."""
        loop = asyncio.get_running_loop()
        self._due.pop(item, None)
        self._due[item] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._run)

    def stop(self, item: T) -> None:
        """Forget an object; does nothing for one without a timeout."""
        self._due.pop(item, None)
        if not self._due and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        expired = []
        for item, due in self._due.items():
            if due > now:
                break
            expired.append(item)
        for item in expired:
            del self._due[item]
        delay = max(self._granularity_s, next(iter(self._due.values())) - now) if self._due else None
        self._timer = None if delay is None else loop.call_later(delay, self._run)
        for item in expired:
            self._expire(item)
