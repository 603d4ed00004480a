"""Cache of whole responses, valid while every answer of Sentry that they were made of is fresh.

A response is found by the exact bytes of its request, the upstream credential and the caller's reach. Only responses of
queries without errors and without personal members are cached: those that were made of answers of Sentry, and constant
ones. A response is cached when its request is seen for the second time: most are not repeated. The map of all cached
answers bounds its memory.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from math import inf
from typing import Any

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.engine.pipeline import ExecutionAnswer
from dexter_graphql.graph.context import CacheDependencies
from dexter_graphql.graph.identity import Identity
from dexter_graphql.telemetry.metrics import Sample

MAX_REQUEST_BYTES = 16 * 1024
"""Responses to longer requests are not cached."""
MAX_SOURCES = 64
OVERHEAD_BYTES = 1024
MAX_SEEN = 4096
"""Requests that are remembered as seen, by their hashes."""

CONSTANT = CacheDependencies((), inf)
"""Dependencies of a response that is always the same."""
AnswerKey = tuple[bytes, str, str]


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """A response, the name of its operation, and what it depends on."""

    answer: ExecutionAnswer
    operation: str | None
    dependencies: CacheDependencies


def cache_key_of(request: bytes, identity: Identity) -> AnswerKey | None:
    """Return the cache key of a request; None when its response is not cached."""
    if len(request) > MAX_REQUEST_BYTES:
        return None
    return (request, identity.upstream.key, identity.reach.key)


class ResponseCache:
    """The cached responses, in a map that they share with the answers of Sentry."""

    def __init__(self, clock: Clock, answers: BoundedMap[Hashable, Any]) -> None:
        self._clock = clock
        self._hits = 0
        self._answers = answers
        self._seen: BoundedMap[int, bool] = BoundedMap(MAX_SEEN)

    def find(self, key: AnswerKey | None) -> CachedAnswer | None:
        """Return the cached response of a key while it is valid, else None."""
        cached: CachedAnswer | None = self._answers.get(key) if key is not None else None
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
        """Cache a response of the second or a later time, until its time is over or a source is not fresh any more."""
        if len(dependencies.sources) > MAX_SOURCES or not self._is_repeated(key):
            return
        size_bytes = OVERHEAD_BYTES + len(key[0]) + len(answer.body)
        self._answers.put(key, CachedAnswer(answer, operation, dependencies), size_bytes)

    def collect(self) -> list[Sample]:
        """The number of hits."""
        return [Sample("dexter_response_cache_hits_total", "Responses served from the cache.", self._hits)]

    def _is_repeated(self, key: AnswerKey) -> bool:
        mark = hash(key)
        is_repeated = self._seen.get(mark) is not None
        if not is_repeated:
            self._seen.put(mark, value=True)
        return is_repeated

    def _is_valid(self, dependencies: CacheDependencies) -> bool:
        for source in dependencies.sources:  # a loop, because it runs for each response served
            if not source.is_fresh:
                return False
        return self._clock.time() < dependencies.until
