"""Tag-based cache invalidation: each tag has a version that writes and webhooks increment.

A cached response keeps the versions that its tags had when it was requested and is valid while they stand. Sentry's
search index lags behind its writes, so every invalidation increments the version a second time some seconds later.
"""

from collections import deque
from collections.abc import Callable, Iterable

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap

MAX_TAGS = 50_000
LAG_S = 5.0
"""Seconds until an invalidation counts again; a response from before may show the state before the write."""

TagSnapshot = tuple[int, ...]
Subscriber = Callable[[Iterable[str]], None]
Listener = Callable[[frozenset[str] | None], None]


class TagVersions:
    """The versions of all invalidated tags. When it is full, dropping the oldest tag invalidates all responses."""

    def __init__(self, clock: Clock, *, lag_s: float = LAG_S, limit: int = MAX_TAGS) -> None:
        self._clock = clock
        self._lag_s = lag_s
        self._invalidated: BoundedMap[str, tuple[int, float]] = BoundedMap(limit, on_evict=self._forget)
        self._forgotten = 0
        self._invalidations = 0
        self._lagging: deque[float] = deque()
        self._subscribers: list[Subscriber] = []
        self._listeners: list[Listener] = []

    @property
    def version(self) -> int:
        """A number that changes with every invalidation, and again when its lag is over."""
        while self._lagging and self._clock.monotonic() - self._lagging[0] >= self._lag_s:
            self._lagging.popleft()
            self._invalidations += 1
        return self._invalidations

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with the tags of every local invalidation from now on."""
        self._subscribers.append(subscriber)

    @property
    def lag_s(self) -> float:
        """Seconds until an invalidation counts again."""
        return self._lag_s

    def listen(self, listener: Listener) -> None:
        """Call `listener` after every invalidation, of every replica, with its tags; None stands for all tags."""
        self._listeners.append(listener)

    def invalidate(self, tags: Iterable[str], *, is_local: bool = True) -> None:
        """Invalidate all responses with one of these tags. Subscribers are called unless another replica did it."""
        tags = tuple(tags)
        if is_local:
            self.announce(tags)
        now = self._clock.monotonic()
        self._invalidations = self.version + 1
        self._lagging.append(now)
        for tag in tags:
            count, _ = self._invalidated.peek(tag) or (0, now)
            self._invalidated.put(tag, (count + 2, now))
        self._notify(frozenset(tags))

    def announce(self, tags: Iterable[str]) -> None:
        """Call the subscribers only: for tags on which no response of this process depends."""
        for subscriber in self._subscribers:
            subscriber(tags)

    def invalidate_all(self) -> None:
        """Invalidate all responses."""
        self._forgotten += 1
        self._invalidations += 1
        self._notify(None)

    def snapshot(self, tags: Iterable[str]) -> TagSnapshot:
        """The present versions of these tags; two snapshots are equal when nothing was invalidated in between."""
        peek = self._invalidated.peek
        return (self._forgotten, *[self._version(entry) if entry else 0 for entry in map(peek, tags)])

    def _notify(self, tags: frozenset[str] | None) -> None:
        for listener in self._listeners:
            listener(tags)

    def _version(self, entry: tuple[int, float]) -> int:
        count, at = entry
        return count if self._clock.monotonic() - at >= self._lag_s else count - 1

    def _forget(self, _tag: str, _entry: tuple[int, float]) -> None:
        self._forgotten += 1
