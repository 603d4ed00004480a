"""Holds what this process made of one kept answer: records by projection, and bytes that others finished from them.

Knows no answers and no shapes. It is bounded, counts into the cache's size, and ends with the cache's entry.
"""

from collections.abc import Callable, Hashable, Sequence
from sys import getsizeof
from typing import Any

import msgspec

from dexter_graphql.sentry.scope import Scope

MAX_PROJECTIONS = 8
MAX_FINISHED = 32
PIECE_BYTES = 256
"""Memory that a kept piece takes besides its content, roughly."""
SAMPLE = 2
"""Items of a collection that are weighed; the others are taken to weigh as much."""

PLAIN = frozenset({float, int, str})
WEIGHTLESS = frozenset({bool, type(None), Scope})
"""What is there anyway, or once for all records of an answer."""

Pieces = dict[Hashable, tuple[Any, int]]
"""Things with their sizes; the one that was not asked for longest stands first."""
NOTHING = (None, 0)


class Kept:
    """Given along with each answer out of the cache, in this process only; `size_bytes` begins with the entry's own.

    `grown` hears of every change of the size, and `is_fresh` tells whether the answer would be given without a doubt.
    """

    __slots__ = ("_finished", "_grown", "_is_fresh", "_limit_bytes", "_records", "size_bytes")

    def __init__(
        self, size_bytes: int, limit_bytes: int, grown: Callable[[int], None], is_fresh: Callable[[], bool]
    ) -> None:
        self._is_fresh = is_fresh
        self.size_bytes = size_bytes
        self._limit_bytes = limit_bytes
        self._grown: Callable[[int], None] | None = grown
        self._records: Pieces = {}
        self._finished: Pieces = {}

    def __repr__(self) -> str:
        return f"<Kept {len(self._records)} projections, {len(self._finished)} finished, {self.size_bytes} bytes>"

    @property
    def is_fresh(self) -> bool:
        """True while the answer is in the cache, within its lifetime, and nothing was raised that it depends on."""
        return self._grown is not None and self._is_fresh()

    def records(self, projection: Hashable) -> Any:
        """What was decoded in this projection, always the same objects; None when nothing is kept."""
        return _found(self._records, projection)

    def keep_records(self, projection: Hashable, found: Any) -> None:
        """Give these records to whoever asks for the projection next; nobody may change them from now on."""
        self._keep(self._records, MAX_PROJECTIONS, projection, found, weight(found))

    def finished(self, key: Hashable) -> bytes | None:
        """The bytes that were finished under this key, None when nothing is kept."""
        found: bytes | None = _found(self._finished, key)
        return found

    def finish(self, key: Hashable, content: bytes) -> None:
        """Keep bytes that depend on this answer, on the key, and on nothing else."""
        self._keep(self._finished, MAX_FINISHED, key, content, len(content))

    def end(self) -> None:
        """Keep nothing from now on: the answer is no longer in the cache."""
        self._grown = None
        self._records.clear()
        self._finished.clear()

    def _keep(self, pieces: Pieces, limit: int, key: Hashable, content: Any, size_bytes: int) -> None:
        size_bytes += PIECE_BYTES
        if self._grown is None or self.size_bytes + size_bytes > self._limit_bytes:
            return
        _, replaced_bytes = pieces.pop(key, NOTHING)
        _, gone_bytes = NOTHING if len(pieces) < limit else pieces.pop(next(iter(pieces)))
        pieces[key] = (content, size_bytes)
        change = size_bytes - replaced_bytes - gone_bytes
        self.size_bytes += change
        self._grown(change)


def _found(pieces: Pieces, key: Hashable) -> Any:
    """The piece under a key, which becomes the last one to go."""
    piece = pieces.pop(key, NOTHING)
    if piece is not NOTHING:
        pieces[key] = piece
    return piece[0]


def weight(value: Any) -> int:
    """Bytes of memory that a decoded value takes, roughly: of a longer collection two items are weighed."""
    kind = type(value)
    if kind in WEIGHTLESS:
        return 0
    own = getsizeof(value)
    if kind in PLAIN:
        return own
    if kind is list:
        return own + _weight_of_all(value)
    if kind is dict:
        return own + _weight_of_all(list(value)) + _weight_of_all(list(value.values()))
    if isinstance(value, msgspec.Struct):
        for item in msgspec.structs.astuple(value):
            own += getsizeof(item) if type(item) is str else weight(item)
    return own


def _weight_of_all(items: Sequence[Any]) -> int:
    count = len(items)
    if count <= SAMPLE:
        return sum(map(weight, items))
    return (weight(items[0]) + weight(items[count // 2])) * count // SAMPLE
