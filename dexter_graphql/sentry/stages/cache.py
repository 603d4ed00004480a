"""Cache stage: keeps answers in memory, bounded in bytes, with the freshness model of RFC 5861.

An answer is fresh for `max_age`, then served stale while it is revalidated in the background, then served only if
Sentry fails. Keys hold the credential, host, path and query, so that two credentials never share an answer.
"""

import asyncio
from collections.abc import Hashable, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.sentry.cache_entry import CacheEntry, MemoryBudget
from dexter_graphql.sentry.cache_tags import TagSnapshot, TagVersions
from dexter_graphql.sentry.call import Call, Priority, Reply
from dexter_graphql.sentry.endpoint import Lifetime
from dexter_graphql.sentry.errors import (
    BadResponse,
    ClientError,
    DeadlineExceeded,
    FeatureUnavailable,
    Forbidden,
    Gone,
    Moved,
    NotFound,
    RateLimited,
    SentryError,
    Unauthorized,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.stages import CallNext
from dexter_graphql.telemetry.metrics import Sample

MEBIBYTE = 1024 * 1024
DEFAULT_LIMIT_BYTES = 24 * MEBIBYTE
ENTRY_OVERHEAD = 1024
"""Bytes of an entry besides its body, roughly."""
MAX_REFRESHES = 32
"""Background refreshes at the same time; above, a stale answer stays stale for a while."""
REFRESH_S = 20.0
"""Deadline of a background refresh."""
STALE_IF_ERROR_ON = (Unavailable, UpstreamTimeout, DeadlineExceeded, RateLimited, BadResponse, Gone)
"""Failures on which an old answer is served: none of them says that the answer has changed."""
REVOKED_ON = (Unauthorized, Forbidden, NotFound, Moved, FeatureUnavailable)
"""Refusals that drop an old answer: the credential may no longer read it, or it no longer exists."""
ROLLING_S = 120.0
"""A time range that ends this close to now, or later, is a rolling one."""


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """Seconds of each phase of an answer."""

    max_age: float
    stale_while_revalidate: float = 0.0
    stale_if_error: float = 0.0

    @property
    def total_lifetime(self) -> float:
        """Seconds until the answer is removed."""
        return self.max_age + self.stale_while_revalidate + self.stale_if_error


POLICIES: Mapping[str, CachePolicy] = MappingProxyType(
    {
        Lifetime.IMMUTABLE: CachePolicy(3600.0, 86400.0, 86400.0),
        Lifetime.STABLE: CachePolicy(60.0, 240.0, 3600.0),
        Lifetime.VOLATILE: CachePolicy(5.0, 5.0, 3600.0),
        Lifetime.NEVER: CachePolicy(0.0),
    }
)
"""The policy of each lifetime class."""
NEGATIVE_TTL = CachePolicy(5.0)
"""The policy of "not found"."""

CacheKey = tuple[str, str, str, tuple[tuple[str, str], ...]]
RollingRangeKey = tuple[str, str, str, float, tuple[tuple[str, str], ...]]


def cache_key(call: Call) -> CacheKey:
    """The key under which equal reads share an answer."""
    return (call.upstream.key, call.host, call.path, tuple(sorted(call.query)))


def rolling_range_key(call: Call, now: float) -> RollingRangeKey | None:
    """The key of reads that ask for the same length of time up to now; None for all other reads.

    "The last hour" is another range, and so another cache key, every minute. When Sentry fails, the answer of a minute
    ago is served.
    """
    query = dict(call.query)
    if "start" not in query or "end" not in query:
        return None
    start, end = _timestamp(query["start"]), _timestamp(query["end"])
    if start is None or end is None or end < now - ROLLING_S:
        return None
    rest = tuple(sorted(pair for pair in call.query if pair[0] not in {"start", "end"}))
    return (call.upstream.key, call.host, call.path, end - start, rest)


class CachedReply(msgspec.Struct, frozen=True, eq=False, gc=False):
    """An answer, or the NotFound that was raised instead, with the tag versions from when it was requested."""

    answer: Reply | NotFound
    stored_at: float
    policy: CachePolicy
    snapshot: TagSnapshot
    cache_entry: CacheEntry
    range_key: RollingRangeKey | None


class Cache:
    """The outermost stage. Writes pass through it and invalidate their tags."""

    def __init__(
        self,
        clock: Clock,
        tag_versions: TagVersions,
        *,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
        policies: Mapping[str, CachePolicy] = POLICIES,
    ) -> None:
        self._clock = clock
        self._tag_versions = tag_versions
        self._budget = MemoryBudget(limit_bytes, clock, tag_versions)
        self._policies = policies
        self.answers: BoundedMap[Hashable, Any] = BoundedMap(budget=self._budget, on_evict=self._release)
        """Cached answers by CacheKey. Whole responses are in the same map: one limit and one order of use hold."""
        self._newest: dict[RollingRangeKey, CacheKey] = {}
        self._refreshes: dict[CacheKey, asyncio.Task[None]] = {}

    def __repr__(self) -> str:
        size = f"{len(self.answers)} entries, {self._budget.used} of {self._budget.limit} bytes"
        return f"<Cache {size}, {len(self._refreshes)} refreshes under way>"

    @property
    def size_bytes(self) -> int:
        """Memory of the cached answers, roughly, with what was made of them."""
        return self._budget.used

    def collect(self) -> list[Sample]:
        """Size of the cache and number of refreshes."""
        return [
            Sample("dexter_cache_bytes", "Memory of cached answers.", self._budget.used),
            Sample("dexter_cache_entries", "Answers in the cache.", len(self.answers)),
            Sample("dexter_cache_refreshes", "Background refreshes under way.", len(self._refreshes)),
        ]

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """The cached answer while it is fresh or stale, else a new one, else the old one if Sentry fails."""
        if call.method != "GET":
            return await self._write(call, call_next)
        if self._budget.used > self._budget.limit:  # entries have grown, as something was derived from them
            self.answers.trim()
        key = cache_key(call)
        entry = self._find(key, call)
        age_s = 0.0 if entry is None else self._clock.monotonic() - entry.stored_at
        if entry is not None and age_s < entry.policy.max_age:
            return _reply_from(entry, is_stale=False)
        if entry is not None and age_s < entry.policy.max_age + entry.policy.stale_while_revalidate:
            self._refresh(key, call, call_next)
            return _reply_from(entry, is_stale=True)
        try:
            return await self._fetch(key, call, call_next)
        except STALE_IF_ERROR_ON:
            old_entry = entry or self._find_in_range(call)
            if old_entry is None:
                raise
            return _reply_from(old_entry, is_stale=True)

    async def close(self) -> None:
        """Cancel the background refreshes."""
        refreshes = list(self._refreshes.values())
        for refresh in refreshes:
            refresh.cancel()
        await asyncio.gather(*refreshes, return_exceptions=True)

    async def _fetch(self, key: CacheKey, call: Call, call_next: CallNext) -> Reply:
        snapshot = self._tag_versions.snapshot(call.tags)
        try:
            reply = await call_next(call)
        except REVOKED_ON as error:
            self._revoke(key, call)
            if isinstance(error, NotFound):
                # A copy, as a raised exception holds the frames it went through, and with them the token.
                self._store(key, call, copy(error), snapshot, NEGATIVE_TTL)
            raise
        cache_entry = self._store(key, call, reply, snapshot, self._policies[call.lifetime])
        return reply if cache_entry is None else msgspec.structs.replace(reply, cache_entry=cache_entry)

    def _refresh(self, key: CacheKey, call: Call, call_next: CallNext) -> None:
        if key in self._refreshes or len(self._refreshes) >= MAX_REFRESHES:
            return
        later = msgspec.structs.replace(call, deadline=self._clock.time() + REFRESH_S, priority=Priority.JOB)

        async def refresh() -> None:
            with suppress(SentryError):
                await self._fetch(key, later, call_next)

        task = self._refreshes[key] = asyncio.create_task(refresh())
        task.add_done_callback(lambda _: self._refreshes.pop(key))

    async def _write(self, call: Call, call_next: CallNext) -> Reply:
        """Pass a write on. One that Sentry refused changed nothing; any other failure may have changed something."""
        try:
            reply = await call_next(call)
        except ClientError:
            raise
        except BaseException:
            self._tag_versions.invalidate(call.tags)
            raise
        self._tag_versions.invalidate(call.tags)
        return reply

    def _find(self, key: CacheKey, call: Call) -> CachedReply | None:
        entry: CachedReply | None = self.answers.get(key)
        if entry is None:
            return None
        is_over = self._clock.monotonic() - entry.stored_at >= entry.policy.total_lifetime
        if is_over or self._tag_versions.snapshot(call.tags) != entry.snapshot:
            self._drop(key)
            return None
        return entry

    def _find_in_range(self, call: Call) -> CachedReply | None:
        """The newest answer for the same rolling time range."""
        range_key = rolling_range_key(call, self._clock.time())
        key = self._newest.get(range_key) if range_key is not None else None
        return None if key is None else self._find(key, call)

    def _store(
        self, key: CacheKey, call: Call, answer: Reply | NotFound, snapshot: TagSnapshot, policy: CachePolicy
    ) -> CacheEntry | None:
        """Store an answer, unless its tags were invalidated meanwhile: then it may be older than the write."""
        if policy.max_age <= 0 or self._tag_versions.snapshot(call.tags) != snapshot:
            return None
        present: CachedReply | None = self.answers.peek(key)
        if present is not None and _is_same(present.answer, answer) and present.snapshot == snapshot:
            return present.cache_entry
        size_bytes = ENTRY_OVERHEAD + (len(answer.body) if isinstance(answer, Reply) else 0)
        if size_bytes > self._budget.limit:
            return None
        self._drop(key)
        age_s = max(0.0, self._clock.time() - answer.fetched_at) if isinstance(answer, Reply) else 0.0
        stored_at = self._clock.monotonic() - age_s
        cache_entry = CacheEntry(
            self._budget, size_bytes, fresh_until=stored_at + policy.max_age, tags=call.tags, snapshot=snapshot
        )
        if isinstance(answer, Reply):
            answer = msgspec.structs.replace(
                answer, origin="cache", is_stale=False, retries=0, waited_s=0.0, cache_entry=cache_entry
            )
        range_key = rolling_range_key(call, self._clock.time())
        if range_key is not None:
            self._newest[range_key] = key
        self.answers.put(key, CachedReply(answer, stored_at, policy, snapshot, cache_entry, range_key))
        return cache_entry

    def _revoke(self, key: CacheKey, call: Call) -> None:
        """Drop what was cached for this read and for earlier ends of the same rolling time range."""
        self._drop(key)
        range_key = rolling_range_key(call, self._clock.time())
        if range_key is not None and (earlier := self._newest.get(range_key)) is not None:
            self._drop(earlier)

    def _drop(self, key: CacheKey) -> None:
        entry = self.answers.pop(key)
        if entry is not None:
            self._release(key, entry)

    def _release(self, key: Hashable, entry: object) -> None:
        """Free what an answer holds that has left the cache; a whole response holds nothing."""
        if not isinstance(entry, CachedReply):
            return
        entry.cache_entry.evict()
        if entry.range_key is not None and self._newest.get(entry.range_key) == key:
            del self._newest[entry.range_key]


def _is_same(answer: Reply | NotFound, other: Reply | NotFound) -> bool:
    """True for the answers that two callers got from one shared call."""
    if not (isinstance(answer, Reply) and isinstance(other, Reply)):
        return False
    return answer.body is other.body and answer.fetched_at == other.fetched_at


def _reply_from(entry: CachedReply, *, is_stale: bool) -> Reply:
    if isinstance(entry.answer, NotFound):
        raise copy(entry.answer)
    return msgspec.structs.replace(entry.answer, is_stale=True) if is_stale else entry.answer


def _timestamp(text: str) -> float | None:
    try:
        instant = datetime.fromisoformat(text)
        return (instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant).timestamp()
    except (ValueError, OverflowError):
        return None
