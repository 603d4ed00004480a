"""Rate limit bucket: the permits of one kind of call, and the queue of calls that wait for one."""

import asyncio
import heapq
import itertools
import math
from dataclasses import dataclass, field

from dexter_graphql.sentry.stages.rate_limit_headers import RateLimitInfo

COLD_START = 2
"""Concurrent calls while the limit is unknown; each answer without limits allows one more."""
BATCH_SHARE = 0.1
"""Part of a window's permits that a replica requests at once."""
MAX_UNLIMITED = 100
MIN_WINDOW_S = 1.0
FIRST_GUESS_S = 0.5
"""Assumed duration of a call before the first one has ended."""
WEIGHT = 0.2


@dataclass(slots=True, order=True)
class Waiter:
    """A waiting call."""

    priority: int
    turn: float
    number: int
    permit: asyncio.Future[None] = field(compare=False)
    is_queued: bool = field(default=True, compare=False)
    """False for a cancelled waiter that is still in the heap, as removing it at once would cost a search."""


class Bucket:
    """The permits of one kind of call. Times are seconds since the epoch, on our clock."""

    def __init__(self) -> None:
        self.in_flight = 0
        self._limit: int | None = None
        self._concurrent = COLD_START
        self._is_learning = True
        self._window_s = MIN_WINDOW_S
        self._resets_at = 0.0
        self._used = 0
        self._taken = 0
        self._granted: int | None = None
        self._replicas = 1
        self._blocked_until = 0.0
        self._took_s = FIRST_GUESS_S
        self._queue: list[Waiter] = []
        self._left = 0
        self._numbers = itertools.count()
        self._turn = 0.0
        self._turns: dict[str, float] = {}

    @property
    def waiting(self) -> int:
        """Number of calls that wait for a permit."""
        return len(self._queue) - self._left

    @property
    def took_s(self) -> float:
        """Average duration of a call in seconds."""
        return self._took_s

    @property
    def rate_limit(self) -> float | None:
        """Calls a second that this replica may make on average; None while no limit is known."""
        return None if self._limit is None else self._limit / self._window_s / self._replicas

    def take(self, now: float) -> bool:
        """Take a permit; False when there is none."""
        self._roll(now)
        if self._free(now) <= 0:
            return False
        self._used += 1
        self._taken += 1
        self.in_flight += 1
        return True

    def release(self, took_s: float) -> None:
        """Return the permit of a call that has ended."""
        self.in_flight -= 1
        self._took_s += WEIGHT * (took_s - self._took_s)

    def enqueue(self, priority: int, caller: str) -> Waiter:
        """Add a call to the queue: behind those of the same priority, but callers take turns."""
        turn = max(self._turn, self._turns.get(caller, 0.0)) + 1
        self._turns[caller] = turn
        waiting = Waiter(priority, turn, next(self._numbers), asyncio.get_running_loop().create_future())
        heapq.heappush(self._queue, waiting)
        return waiting

    def abandon(self, waiting: Waiter) -> None:
        """Remove a call that no longer waits; a permit that it has just got is returned."""
        if waiting.is_queued:
            waiting.is_queued = False
            waiting.permit.cancel()
            self._left += 1
            if 2 * self._left > len(self._queue):
                self._queue = [waiter for waiter in self._queue if waiter.is_queued]
                heapq.heapify(self._queue)
                self._left = 0
        elif not waiting.permit.cancelled():
            self.in_flight -= 1
            self._used -= 1
            self._taken -= 1

    def release_waiters(self, now: float) -> None:
        """Give permits to the next waiting calls."""
        while self._queue:
            if not self._queue[0].permit.done():
                if not self.take(now):
                    break
                self._queue[0].permit.set_result(None)
            first = heapq.heappop(self._queue)
            self._turn = first.turn
            self._left -= not first.is_queued
            first.is_queued = False
        if not self._queue:
            self._turns.clear()
            self._turn = 0.0

    def share(self, replicas: int) -> None:
        """Use only granted permits from now on, and a part of the concurrent calls."""
        self._replicas = replicas
        if self._granted is None:
            self._granted = self._taken

    def needed(self, now: float) -> tuple[int, int, int] | None:
        """Window, number of permits and limit to request, when calls wait for permits that must be granted."""
        self._roll(now)
        if self._granted is None or self._limit is None or not self._queue or now < self._blocked_until:
            return None
        if self._granted > self._taken or self._used >= self._limit:
            return None
        return round(self._resets_at), math.ceil(self._limit * BATCH_SHARE), self._limit

    def grant(self, window: int, permits: int) -> None:
        """Add granted permits; none at all means that the other replicas have used up the window."""
        if self._granted is None or self._limit is None or window != round(self._resets_at):
            return
        self._granted += permits
        if permits == 0:
            self._used = self._limit

    def learn(self, now: float, info: RateLimitInfo) -> None:
        """Apply the limits in an answer."""
        if info.concurrent is not None:
            self._is_learning = False
            self._concurrent = info.concurrent
        elif self._is_learning:
            self._concurrent = min(self._concurrent + 1, MAX_UNLIMITED)
        if info.limit is None:
            return
        self._limit = info.limit
        self._roll(now)
        if info.resets_at is not None and info.resets_at > self._resets_at:
            self._begin(info.resets_at, now)
        elif info.resets_at is not None and now < info.resets_at < self._resets_at:
            self._shorten(info.resets_at)
        if info.remaining is not None:
            self._used = max(self._used, info.limit - info.remaining)

    def block(self, now: float, wait_s: float, info: RateLimitInfo) -> None:
        """Send nothing for this long, as Sentry refused a call."""
        self.learn(now, info)
        self._blocked_until = max(self._blocked_until, now + wait_s)

    def rest_s(self, now: float) -> float:
        """Seconds until the window or a block ends; 0 when permits depend on calls under way."""
        self._roll(now)
        blocked_s = self._blocked_until - now
        window_s = self._resets_at - now if self._limit is not None and self._used >= self._limit else 0.0
        return max(blocked_s, window_s, 0.0)

    def estimate_s(self, now: float, priority: int) -> float:
        """Seconds that a call of this priority would wait."""
        ahead = sum(waiter.is_queued and waiter.priority <= priority for waiter in self._queue)
        # No estimate while learning, as a call must not be refused because of a guess.
        by_flight_s = 0.0 if self._is_learning else ahead / self._concurrent * self._took_s
        by_window_s = 0.0
        if self._limit is not None:
            self._roll(now)
            windows = math.ceil((ahead + 1 - max(0, self._limit - self._used)) / self._limit)
            by_window_s = max(0.0, self._resets_at - now + (windows - 1) * self._window_s) if windows > 0 else 0.0
        return max(self._blocked_until - now, by_flight_s, by_window_s)

    def _free(self, now: float) -> int:
        if now < self._blocked_until:
            return 0
        free = max(1, self._concurrent // self._replicas) - self.in_flight
        if self._limit is None:
            return free
        granted = self._limit if self._granted is None else self._granted - self._taken
        return min(free, granted, self._limit - self._used)

    def _roll(self, now: float) -> None:
        """Begin the next window when this one is over. Calls in flight may count in it."""
        if self._limit is not None and now >= self._resets_at:
            missed = math.floor((now - self._resets_at) / self._window_s) + 1
            self._resets_at += missed * self._window_s
            self._open_window()

    def _shorten(self, resets_at: float) -> None:
        """Sentry's window ends earlier than assumed, and so may the next ones."""
        began_at = self._resets_at - self._window_s
        self._window_s = max(MIN_WINDOW_S, min(self._window_s, resets_at - began_at))
        self._resets_at = resets_at

    def _begin(self, resets_at: float, now: float) -> None:
        """Sentry's window ends later than assumed: it is a new one, or a longer one."""
        self._window_s = max(MIN_WINDOW_S, min(self._window_s, resets_at - self._resets_at), resets_at - now)
        self._resets_at = resets_at
        self._open_window()

    def _open_window(self) -> None:
        self._used = self.in_flight
        self._taken = 0
        self._granted = None if self._granted is None else 0
