"""What this process derived from one cached answer: records by projection, and serialised fragments.

Bounded in memory together with the cached answers; removed with the answer. A fragment is stored when it is made for
the second time: most answers are used once.
"""

from collections.abc import Hashable, Sequence
from sys import getsizeof
from typing import Any

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import SizeBudget
from dexter_graphql.sentry.cache_tags import TagSnapshot, TagVersions
from dexter_graphql.sentry.parents import Parents

MAX_PROJECTIONS = 8
MAX_FRAGMENTS = 32
MEMO_OVERHEAD_BYTES = 256
"""Memory of a memo besides its content, roughly."""
RAW_OVERHEAD_BYTES = 48
SAMPLED_ITEMS = 2
"""Items of a collection whose size is measured; the others are assumed to be as large."""

PLAIN_TYPES = frozenset({float, int, str})
SHARED_TYPES = frozenset({bool, type(None), Parents})
"""Values that cost nothing: they exist once for all records of an answer, or once for the process."""


class MemoryBudget(SizeBudget):
    """Memory of all cache entries, which charge it themselves, and what decides whether they are fresh."""

    __slots__ = ("clock", "tag_versions")

    def __init__(self, limit_bytes: int, clock: Clock, tag_versions: TagVersions) -> None:
        super().__init__(limit_bytes)
        self.clock = clock
        self.tag_versions = tag_versions


class Memo(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A derived value with its size. Not tracked by the garbage collector, as there are thousands of them."""

    content: Any
    size_bytes: int


Memos = dict[Hashable, Memo]
"""The least recently used one stands first. No BoundedMap: thousands of entries have two of these, and a dictionary
takes a fifth of its memory and gives the garbage collector less to visit."""


class CacheEntry:
    """Handed out with each answer from the cache, in this process only; `size_bytes` includes the cached answer.

    The answer is fresh until `fresh_until` on the monotonic clock, and while its tag versions stand.
    """

    __slots__ = ("_budget", "_fragments", "_fresh_until", "_records", "_snapshot", "_tags", "size_bytes")

    def __init__(
        self, budget: MemoryBudget, size_bytes: int, *, fresh_until: float, tags: tuple[str, ...], snapshot: TagSnapshot
    ) -> None:
        self.size_bytes = size_bytes
        self._budget: MemoryBudget | None = budget
        self._fresh_until = fresh_until
        self._tags = tags
        self._snapshot = snapshot
        self._records: Memos = {}
        self._fragments: Memos = {}
        budget.used += size_bytes

    def __repr__(self) -> str:
        return (
            f"<CacheEntry {len(self._records)} projections, {len(self._fragments)} fragments, {self.size_bytes} bytes>"
        )

    @property
    def is_fresh(self) -> bool:
        """True while the answer is in the cache, within its lifetime, and none of its tags was invalidated."""
        budget = self._budget
        if budget is None or budget.clock.monotonic() >= self._fresh_until:
            return False
        return budget.tag_versions.snapshot(self._tags) == self._snapshot

    def get_records(self, projection: Hashable) -> Any:
        """The records decoded with this projection, always the same objects; None when there are none."""
        return _get_and_touch(self._records, projection)

    def put_records(self, projection: Hashable, records: Any) -> None:
        """Return these immutable records to later callers of `get_records`."""
        self._put(self._records, MAX_PROJECTIONS, projection, records, estimated_size(records))

    def get_fragment(self, key: Hashable) -> bytes | None:
        """The fragment under this key; None when there is none."""
        fragment: bytes | None = _get_and_touch(self._fragments, key)
        return fragment

    def is_repeated(self, key: Hashable) -> bool:
        """True when the fragment under this key is made for the second time; the first time is remembered."""
        is_repeated = key in self._fragments
        if not is_repeated:
            self._put(self._fragments, MAX_FRAGMENTS, key, None, 0)
        return is_repeated

    def put_fragment(self, key: Hashable, content: bytes) -> None:
        """Store a serialised fragment, which may depend on this answer and the key only."""
        self._put(self._fragments, MAX_FRAGMENTS, key, content, len(content))

    def evict(self) -> None:
        """Release everything: the answer is no longer in the cache."""
        if self._budget is not None:
            self._budget.used -= self.size_bytes
            self._budget = None
            self._records.clear()
            self._fragments.clear()

    def _put(self, memos: Memos, limit: int, key: Hashable, content: Any, size_bytes: int) -> None:
        memo = Memo(content, size_bytes + MEMO_OVERHEAD_BYTES)
        if self._budget is None or self.size_bytes + memo.size_bytes > self._budget.limit:
            return
        replaced = memos.pop(key, None)
        change = memo.size_bytes - (0 if replaced is None else replaced.size_bytes)
        if len(memos) >= limit:
            change -= memos.pop(next(iter(memos))).size_bytes
        memos[key] = memo
        self.size_bytes += change
        self._budget.used += change


def _get_and_touch(memos: Memos, key: Hashable) -> Any:
    """The content under a key, which becomes the most recently used one."""
    memo = memos.pop(key, None)
    if memo is None:
        return None
    memos[key] = memo
    return memo.content


def estimated_size(value: Any) -> int:
    """Bytes of memory that a decoded value takes, roughly: of a longer collection two items are measured."""
    kind = type(value)
    if kind in SHARED_TYPES:
        return 0
    if kind is msgspec.Raw:  # of which `getsizeof` returns nonsense
        return RAW_OVERHEAD_BYTES + memoryview(value).nbytes
    own = getsizeof(value)
    if kind in PLAIN_TYPES:
        return own
    if kind is list:
        return own + _estimated_size_of_all(value)
    if kind is dict:
        return own + _estimated_size_of_all(list(value)) + _estimated_size_of_all(list(value.values()))
    if isinstance(value, msgspec.Struct):
        for item in msgspec.structs.astuple(value):
            own += getsizeof(item) if type(item) is str else estimated_size(item)
    return own


def _estimated_size_of_all(items: Sequence[Any]) -> int:
    count = len(items)
    if count <= SAMPLED_ITEMS:
        return sum(map(estimated_size, items))
    return (estimated_size(items[0]) + estimated_size(items[count // 2])) * count // SAMPLED_ITEMS
