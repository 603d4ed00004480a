"""Knows which answers still hold: a number per tag, which writes and webhooks raise.

An answer remembers the stamp of its tags from when it was asked for and holds while the stamp stands. Sentry's search
index lags behind its writes, so every raise counts once more some seconds later.
"""

from collections import deque
from collections.abc import Callable, Iterable

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap

MAX_TAGS = 50_000
LAG_S = 5.0
"""Seconds after which a raise counts again; until then an answer may show the state before a write."""

TagSnapshot = tuple[int, ...]


class TagVersions:
    """The table of all tags that were ever raised; bounded, the oldest tag goes first and takes its answers with it."""

    def __init__(self, clock: Clock, *, lag_s: float = LAG_S, limit: int = MAX_TAGS) -> None:
        self._clock = clock
        self._lag_s = lag_s
        self._raised: BoundedMap[str, tuple[int, float]] = BoundedMap(limit, on_evict=self._forget)
        self._forgotten = 0
        self._raises = 0
        self._lagging: deque[float] = deque()
        self._subscribers: list[Callable[[Iterable[str]], None]] = []

    @property
    def version(self) -> int:
        """Grows with every raise, and again when its lag is over: while it stands, all stamps do."""
        while self._lagging and self._clock.monotonic() - self._lagging[0] >= self._lag_s:
            self._lagging.popleft()
            self._raises += 1
        return self._raises

    def subscribe(self, subscriber: Callable[[Iterable[str]], None]) -> None:
        """Tell `follower` of everything that is raised here from now on."""
        self._subscribers.append(subscriber)

    def invalidate(self, tags: Iterable[str], *, is_local: bool = True) -> None:
        """Make every answer stale that depends on one of these tags; followers hear of it when it is news to them."""
        tags = tuple(tags)
        for subscriber in self._subscribers if is_local else ():
            subscriber(tags)
        now = self._clock.monotonic()
        self._raises = self.version + 1
        self._lagging.append(now)
        for tag in tags:
            count, _ = self._raised.peek(tag) or (0, now)
            self._raised.put(tag, (count + 2, now))

    def invalidate_all(self) -> None:
        """Make every answer stale."""
        self._forgotten += 1
        self._raises += 1

    def snapshot(self, tags: Iterable[str]) -> TagSnapshot:
        """The present generations of these tags; equal stamps mean that nothing was raised in between."""
        peek = self._raised.peek
        return (self._forgotten, *[self._version(raised) if raised else 0 for raised in map(peek, tags)])

    def _version(self, raised: tuple[int, float]) -> int:
        count, at = raised
        return count if self._clock.monotonic() - at >= self._lag_s else count - 1

    def _forget(self, _tag: str, _raised: tuple[int, float]) -> None:
        self._forgotten += 1
