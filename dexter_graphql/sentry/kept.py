"""Holds what this process made of one kept answer: records by projection, and bytes that others finished from them.

Knows no answers and no shapes. It is bounded, takes room of the cache, and ends with the cache's entry.
"""

from collections.abc import Hashable, Sequence
from sys import getsizeof
from typing import Any

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.generations import Generations, Stamp
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


class Room:
    """What all kept answers share: how much memory they may take and do, the time, and what was raised."""

    __slots__ = ("clock", "generations", "limit_bytes", "used_bytes")

    def __init__(self, limit_bytes: int, clock: Clock, generations: Generations) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        self.clock = clock
        self.generations = generations


class Piece(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A thing with its size. Thousands are kept, so nothing here is looked through for cycles again and again."""

    content: Any
    size_bytes: int


Pieces = dict[Hashable, Piece]
"""The one that was not asked for longest stands first."""


class Kept:
    """Given along with each answer out of the cache, in this process only; `size_bytes` begins with the entry's own.

    The answer is fresh until a time of the clock that never jumps, and while the stamp of its tags stands.
    """

    __slots__ = ("_finished", "_fresh_until", "_records", "_room", "_stamp", "_tags", "size_bytes")

    def __init__(self, room: Room, size_bytes: int, *, fresh_until: float, tags: tuple[str, ...], stamp: Stamp) -> None:
        self.size_bytes = size_bytes
        self._room: Room | None = room
        self._fresh_until = fresh_until
        self._tags = tags
        self._stamp = stamp
        self._records: Pieces = {}
        self._finished: Pieces = {}
        room.used_bytes += size_bytes

    def __repr__(self) -> str:
        return f"<Kept {len(self._records)} projections, {len(self._finished)} finished, {self.size_bytes} bytes>"

    @property
    def is_fresh(self) -> bool:
        """True while the answer is in the cache, within its lifetime, and nothing was raised that it depends on."""
        room = self._room
        if room is None or room.clock.monotonic() >= self._fresh_until:
            return False
        return room.generations.stamp(self._tags) == self._stamp

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
        if self._room is not None:
            self._room.used_bytes -= self.size_bytes
            self._room = None
            self._records.clear()
            self._finished.clear()

    def _keep(self, pieces: Pieces, limit: int, key: Hashable, content: Any, size_bytes: int) -> None:
        piece = Piece(content, size_bytes + PIECE_BYTES)
        if self._room is None or self.size_bytes + piece.size_bytes > self._room.limit_bytes:
            return
        gone = pieces.pop(key, None)
        change = piece.size_bytes - (0 if gone is None else gone.size_bytes)
        if len(pieces) >= limit:
            change -= pieces.pop(next(iter(pieces))).size_bytes
        pieces[key] = piece
        self.size_bytes += change
        self._room.used_bytes += change


def _found(pieces: Pieces, key: Hashable) -> Any:
    """The piece under a key, which becomes the last one to go."""
    piece = pieces.pop(key, None)
    if piece is None:
        return None
    pieces[key] = piece
    return piece.content


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
