"""Knows whole answers that can be given again: as long as every answer of Sentry that they were made of is fresh.

An answer is found by the very bytes of its request, by the credential used at Sentry and by the caller's reach. Kept is
only what an operation that reads told without an error, and nothing that is about the caller. Bounded in bytes.
"""

from dataclasses import dataclass

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap, SizeBudget
from dexter_graphql.engine.pipeline import ExecutionAnswer
from dexter_graphql.graph.context import CacheDependencies
from dexter_graphql.graph.identity import Identity
from dexter_graphql.telemetry.metrics import Sample

MAX_REQUEST_BYTES = 16 * 1024
"""Longer requests are not worth being kept."""
MAX_SOURCES = 64
OVERHEAD_BYTES = 1024

AnswerKey = tuple[bytes, str, str]


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """An answer, the name of the operation, and what it was made of."""

    answer: ExecutionAnswer
    operation: str | None
    dependencies: CacheDependencies


def cache_key_of(request: bytes, identity: Identity) -> AnswerKey | None:
    """Under what an answer to these bytes is kept for this caller; None when it is not."""
    if len(request) > MAX_REQUEST_BYTES:
        return None
    return (request, identity.upstream.key, identity.reach.key)


class ResponseCache:
    """The answers that are kept; the one that was not asked for longest goes first."""

    def __init__(self, clock: Clock, limit_bytes: int) -> None:
        self._clock = clock
        self._hits = 0
        self._budget = SizeBudget(limit_bytes)
        self._answers: BoundedMap[AnswerKey, CachedAnswer] = BoundedMap(budget=self._budget)

    def find(self, key: AnswerKey | None) -> CachedAnswer | None:
        """The answer that may be given again, None when there is none."""
        cached = self._answers.get(key) if key is not None else None
        if cached is None or key is None:
            return None
        if not self._is_valid(cached.dependencies):
            self._answers.pop(key)
            return None
        self._hits += 1
        return cached

    def keep(
        self, key: AnswerKey, answer: ExecutionAnswer, operation: str | None, dependencies: CacheDependencies
    ) -> None:
        """Give this answer again, until its time is over or one of its sources is no longer fresh."""
        if not dependencies.sources or len(dependencies.sources) > MAX_SOURCES:
            return
        size_bytes = OVERHEAD_BYTES + len(key[0]) + len(answer.body)
        self._answers.put(key, CachedAnswer(answer, operation, dependencies), size_bytes)

    def collect(self) -> list[Sample]:
        """How much is kept, and how often it was of use."""
        return [
            Sample("dexter_response_cache_bytes", "Memory of whole answers that are kept.", self._budget.used),
            Sample("dexter_response_cache_hits_total", "Whole answers given again.", self._hits),
        ]

    def _is_valid(self, dependencies: CacheDependencies) -> bool:
        return self._clock.time() < dependencies.until and all(source.is_fresh for source in dependencies.sources)
