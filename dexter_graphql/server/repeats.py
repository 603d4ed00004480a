"""Knows whole answers that can be given again: as long as every answer of Sentry that they were made of is fresh.

An answer is found by the very bytes of its request, by the credential used at Sentry and by the caller's reach. Kept is
only what an operation that reads told without an error, and nothing that is about the caller. Bounded in bytes.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from dexter_graphql.clock import Clock
from dexter_graphql.engine.pipeline import Answer
from dexter_graphql.graph.identity import Identity
from dexter_graphql.sentry.kept import Kept
from dexter_graphql.telemetry.metrics import Figure

MAX_REQUEST_BYTES = 16 * 1024
"""Longer requests are not worth being kept."""
MAX_SOURCES = 64
OVERHEAD_BYTES = 1024

Key = tuple[bytes, str, str]


@dataclass(frozen=True, slots=True)
class Repeat:
    """An answer, the operation's name, what it was made of, and until when (seconds since the epoch) it holds."""

    answer: Answer
    operation: str | None
    sources: Sequence[Kept]
    until: float
    size_bytes: int


def key_of(request: bytes, identity: Identity) -> Key | None:
    """Under what an answer to these bytes is kept for this caller; None when it is not."""
    if len(request) > MAX_REQUEST_BYTES:
        return None
    return (request, identity.upstream.key, identity.reach.key)


class Repeats:
    """The answers that are kept; the one that was not asked for longest goes first."""

    def __init__(self, clock: Clock, limit_bytes: int) -> None:
        self._clock = clock
        self._limit_bytes = limit_bytes
        self._size_bytes = 0
        self._given = 0
        self._kept: OrderedDict[Key, Repeat] = OrderedDict()

    def find(self, key: Key | None) -> Repeat | None:
        """The answer that may be given again, None when there is none."""
        found = self._kept.get(key) if key is not None else None
        if found is None or key is None:
            return None
        if self._clock.time() >= found.until or not all(source.is_fresh for source in found.sources):
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        self._given += 1
        return found

    def keep(
        self, key: Key | None, answer: Answer, *, operation: str | None, sources: Sequence[Kept], until: float
    ) -> None:
        """Give this answer again, until `until` or until one of its sources is no longer fresh."""
        if key is None or not sources or len(sources) > MAX_SOURCES:
            return
        size_bytes = OVERHEAD_BYTES + len(key[0]) + len(answer.body)
        if size_bytes > self._limit_bytes:
            return
        self._drop(key)
        self._kept[key] = Repeat(answer, operation, sources, until, size_bytes)
        self._size_bytes += size_bytes
        while self._size_bytes > self._limit_bytes:
            self._drop(next(iter(self._kept)))

    def figures(self) -> list[Figure]:
        """How much is kept, and how often it was of use."""
        return [
            Figure("dexter_repeat_bytes", "Memory of whole answers that are kept.", self._size_bytes),
            Figure("dexter_repeats", "Whole answers given again.", self._given),
        ]

    def _drop(self, key: Key) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._size_bytes -= gone.size_bytes
