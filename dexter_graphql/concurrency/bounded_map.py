"""Maps with a bound: by number of entries, by total size, and by age.

All of them evict the least recently used entry first, not the oldest one. A client that sends ever new keys then evicts
keys that were used once, and not the entries that other clients use all the time; first in, first out would evict both
alike. Where a lookup must not count as a use (entries that expire, or whose order is that of their last change),
`peek` leaves the order as `put` made it.
"""

from collections import OrderedDict
from collections.abc import Callable, ItemsView, Iterator, ValuesView
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class SizeBudget:
    """A limit on a total size, usually in bytes, and what is used of it; several owners may charge one budget."""

    __slots__ = ("limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def __repr__(self) -> str:
        return f"{self.used} of {self.limit}"


class BoundedMap(Generic[K, V]):
    """A map that evicts its least recently used entries while it is over one of its bounds. Values are not None.

    `max_items` bounds the number of entries, `budget` the sum of their sizes. `may_evict` protects entries that are in
    use; when all are, the bound is exceeded. The entry that `put` has just stored is protected, too. `on_evict` is
    called with every entry that a bound removed; it is not called for entries that `put` replaces or `pop` returns.
    """

    __slots__ = ("_budget", "_entries", "_max_items", "_may_evict", "_on_evict", "_sizes", "peek")

    peek: Callable[[K], V | None]
    """Return the value, None when there is none; not counted as a use. It is the dictionary's own method, for speed."""

    def __init__(
        self,
        max_items: int | None = None,
        *,
        budget: SizeBudget | None = None,
        may_evict: Callable[[K, V], bool] | None = None,
        on_evict: Callable[[K, V], None] | None = None,
    ) -> None:
        self._max_items = max_items
        self._budget = budget
        self._may_evict = may_evict
        self._on_evict = on_evict
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._sizes: dict[K, int] = {}
        self.peek = self._entries.get

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        for name, value in state[1].items():
            setattr(self, name, value)
        self.peek = self._entries.get  # of the copy, not of the original

    def __repr__(self) -> str:
        size = f", size {self._budget!r}" if self._budget is not None else ""
        return f"<{type(self).__name__} {len(self)} entries{size}>"

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[K]:
        return iter(self._entries)

    def values(self) -> ValuesView[V]:
        """Return all values in the order of the keys: the least recently used one first."""
        return self._entries.values()

    def items(self) -> ItemsView[K, V]:
        """Return all keys with their values."""
        return self._entries.items()

    def get(self, key: K) -> V | None:
        """Return the value and count that as a use; None when there is none."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def touch(self, key: K) -> None:
        """Count a use of a key that is there."""
        self._entries.move_to_end(key)

    def put(self, key: K, value: V, size: int = 0) -> None:
        """Store a value as the most recently used one. What is larger than the whole budget is not stored."""
        self.pop(key)
        if self._budget is not None:
            if size > self._budget.limit:
                return
            self._budget.used += size
            self._sizes[key] = size
        self._entries[key] = value
        self.trim()

    def pop(self, key: K) -> V | None:
        """Remove an entry and return its value; None when there is none."""
        value = self._entries.pop(key, None)
        if value is not None and self._budget is not None:
            self._budget.used -= self._sizes.pop(key)
        return value

    def clear(self) -> None:
        """Remove all entries."""
        while self._entries:
            self.pop(next(iter(self._entries)))

    def trim(self) -> None:
        """Evict entries until the bounds hold; for budgets that are charged by others as well."""
        while self.is_over and (key := self._evictable()) is not None:
            self._evict(key)

    def evict_oldest(self) -> None:
        """Evict the least recently used entry, even one that `may_evict` protects."""
        if self._entries:
            self._evict(next(iter(self._entries)))

    @property
    def is_over(self) -> bool:
        """True when there are too many entries or when they are too large."""
        if self._max_items is not None and len(self._entries) > self._max_items:
            return True
        return self._budget is not None and self._budget.used > self._budget.limit

    def oldest(self) -> tuple[K, V] | None:
        """Return the least recently used entry; None when the map is empty."""
        return next(iter(self._entries.items()), None)

    def _evictable(self) -> K | None:
        may_evict = self._may_evict
        if may_evict is None:
            return next(iter(self._entries), None)
        newest = next(reversed(self._entries), None)
        return next((key for key, value in self.items() if key is not newest and may_evict(key, value)), None)

    def _evict(self, key: K) -> None:
        value = self.pop(key)
        if self._on_evict is not None and value is not None:
            self._on_evict(key, value)


class ExpiringMap(Generic[K, V]):
    """A map whose entries end a fixed time after they were put; above `max_items` the one that was put first goes.

    `now` is a monotonic clock in seconds.
    """

    __slots__ = ("_entries", "_lifetime_s", "_now")

    def __init__(self, lifetime_s: float, max_items: int, now: Callable[[], float]) -> None:
        self._lifetime_s = lifetime_s
        self._now = now
        self._entries: BoundedMap[K, tuple[float, V]] = BoundedMap(max_items)

    def __repr__(self) -> str:
        return f"<ExpiringMap {len(self)} entries>"

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """Return the value; None when there is none or its time is over."""
        entry = self._entries.peek(key)
        return None if entry is None or entry[0] <= self._now() else entry[1]

    def put(self, key: K, value: V) -> None:
        """Store a value for the lifetime of entries, and remove those whose time is over."""
        now = self._now()
        while (oldest := self._entries.oldest()) is not None and oldest[1][0] <= now:
            self._entries.pop(oldest[0])
        self._entries.put(key, (now + self._lifetime_s, value))

    def pop(self, key: K) -> None:
        """Remove an entry, if there is one."""
        self._entries.pop(key)
