"""Holds what this process made of one kept answer: records by projection, and bytes that others finished from them.

Knows neither answers nor records. It is bounded, counts into the cache's size, and ends with the cache's entry.
"""

from collections.abc import Callable, Hashable, Sequence
from sys import getsizeof
from typing import Any, Generic, TypeVar

MAX_PROJECTIONS = 8
MAX_FINISHED = 32
PIECE_BYTES = 256
"""Memory that a kept piece takes besides its content, roughly."""
SAMPLE = 2
"""Items of a collection that are weighed; the others are taken to weigh as much."""

T = TypeVar("T")


class Kept:
    """Given along with each answer out of the cache, in this process only; `size_bytes` begins with the entry's own.

    `grown` hears of every change of the size.
    """

    __slots__ = ("_finished", "_grown", "_limit_bytes", "_records", "size_bytes")

    def __init__(self, size_bytes: int, limit_bytes: int, grown: Callable[[int], None]) -> None:
        self.size_bytes = size_bytes
        self._limit_bytes = limit_bytes
        self._grown: Callable[[int], None] | None = grown
        self._records: _Pieces[Any] = _Pieces(MAX_PROJECTIONS)
        self._finished: _Pieces[bytes] = _Pieces(MAX_FINISHED)

    def __repr__(self) -> str:
        return f"<Kept {len(self._records)} projections, {len(self._finished)} finished, {self.size_bytes} bytes>"

    def records(self, projection: Hashable) -> Any:
        """What was decoded in this projection, always the same objects; None when nothing is kept."""
        return self._records.get(projection)

    def keep_records(self, projection: Hashable, found: Any) -> None:
        """Give these records to whoever asks for the projection next; nobody may change them from now on."""
        self._keep(self._records, projection, found, PIECE_BYTES + weight(found))

    def finished(self, key: Hashable) -> bytes | None:
        """The bytes that were finished under this key, None when nothing is kept."""
        return self._finished.get(key)

    def finish(self, key: Hashable, content: bytes) -> None:
        """Keep bytes that depend on this answer, on the key, and on nothing else."""
        self._keep(self._finished, key, content, PIECE_BYTES + len(content))

    def end(self) -> None:
        """Keep nothing from now on: the answer is no longer in the cache."""
        self._grown = None
        self._records.clear()
        self._finished.clear()

    def _keep(self, pieces: "_Pieces[T]", key: Hashable, content: T, size_bytes: int) -> None:
        if self._grown is None or self.size_bytes + size_bytes > self._limit_bytes:
            return
        change = pieces.put(key, content, size_bytes)
        self.size_bytes += change
        self._grown(change)


class _Pieces(Generic[T]):
    """A few things under their keys; the one that was not asked for longest goes first."""

    __slots__ = ("_limit", "_pieces")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: dict[Hashable, tuple[T, int]] = {}

    def __len__(self) -> int:
        return len(self._pieces)

    def get(self, key: Hashable) -> T | None:
        piece = self._pieces.pop(key, None)
        if piece is None:
            return None
        self._pieces[key] = piece
        return piece[0]

    def put(self, key: Hashable, content: T, size_bytes: int) -> int:
        """Bytes by which all of them grew."""
        replaced = self._pieces.pop(key, None)
        gone_bytes = 0 if replaced is None else replaced[1]
        if len(self._pieces) >= self._limit:
            gone_bytes += self._pieces.pop(next(iter(self._pieces)))[1]
        self._pieces[key] = (content, size_bytes)
        return size_bytes - gone_bytes

    def clear(self) -> None:
        self._pieces.clear()


def weight(value: Any) -> int:
    """Bytes of memory that a decoded value takes, roughly: of a longer collection two items are weighed."""
    kind = type(value)
    if kind is str or kind is int or kind is float:
        return getsizeof(value)
    if value is None or kind is bool:
        return 0
    own = getsizeof(value)
    if kind is list:
        return own + _weight_of_all(value)
    if kind is dict:
        return own + _weight_of_all(list(value)) + _weight_of_all(list(value.values()))
    for name in getattr(kind, "__struct_fields__", ()):
        if name != "scope":
            own += weight(getattr(value, name))
    return own


def _weight_of_all(items: Sequence[Any]) -> int:
    count = len(items)
    if count <= SAMPLE:
        return sum(map(weight, items))
    return (weight(items[0]) + weight(items[count // 2])) * count // SAMPLE
