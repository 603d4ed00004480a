"""Knows which answers can be given again, and for how long; bounded in bytes, in this process only.

An answer is fresh, then stale: given at once while a new one is fetched behind the reader's back, then spare: given
only when Sentry fails. Keys hold host, path, query and the upstream identity, so that two credentials never see each
other's answers.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from types import MappingProxyType

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
    Gone,
    NotFound,
    RateLimited,
    SentryError,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.stages import CallNext
from dexter_graphql.sentry.stages.kinship import RollingRangeKey, rolling_range_key
from dexter_graphql.telemetry.metrics import Sample

MEBIBYTE = 1024 * 1024
ENTRY_OVERHEAD = 1024
"""Bytes that an entry takes besides its body, roughly."""
MAX_REFRESHES = 32
"""Refreshes behind readers' backs at the same time; beyond, a stale answer stays stale for a while."""
REFRESH_S = 20.0
"""Time for one of them."""
STALE_IF_ERROR_ON = (Unavailable, UpstreamTimeout, DeadlineExceeded, RateLimited, BadResponse, Gone)
"""Failures that a spare answer bridges: none of them says that the answer is another one now."""


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """How long an answer is fresh, then stale, then spare; seconds each."""

    max_age: float
    stale_while_revalidate: float = 0.0
    stale_if_error: float = 0.0

    @property
    def total_lifetime(self) -> float:
        """Until it is forgotten."""
        return self.max_age + self.stale_while_revalidate + self.stale_if_error


POLICIES: Mapping[str, CachePolicy] = MappingProxyType(
    {
        Lifetime.IMMUTABLE: CachePolicy(3600.0, 86400.0, 86400.0),
        Lifetime.STABLE: CachePolicy(60.0, 240.0, 3600.0),
        Lifetime.VOLATILE: CachePolicy(5.0, 5.0, 3600.0),
        Lifetime.NEVER: CachePolicy(0.0),
    }
)
"""Lifetime class → seconds."""
NEGATIVE_TTL = CachePolicy(5.0)
"""How long "not found" is believed."""

CacheKey = tuple[str, str, str, tuple[tuple[str, str], ...]]


def cache_key(call: Call) -> CacheKey:
    """What makes two reads the same read."""
    return (call.upstream.key, call.host, call.path, tuple(sorted(call.query)))


class CachedReply(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A kept answer, or the refusal that said there is none, with the stamp it began with.

    The answer stands as it is given while it is fresh; `kept` is what was made of it, and knows the size of both.
    """

    answer: Reply | NotFound
    kept_at: float
    policy: CachePolicy
    snapshot: TagSnapshot
    cache_entry: CacheEntry
    kin: RollingRangeKey | None


class Cache:
    """The outermost stage. Writes pass, and raise the generations of what they changed."""

    def __init__(
        self,
        clock: Clock,
        tag_versions: TagVersions,
        *,
        limit_bytes: int = 64 * MEBIBYTE,
        policies: Mapping[str, CachePolicy] = POLICIES,
    ) -> None:
        self._clock = clock
        self._tag_versions = tag_versions
        self._room = MemoryBudget(limit_bytes, clock, tag_versions)
        self._lives = policies
        self._entries: BoundedMap[CacheKey, CachedReply] = BoundedMap(budget=self._room, on_evict=self._release)
        self._newest: dict[RollingRangeKey, CacheKey] = {}
        self._refreshes: dict[CacheKey, asyncio.Task[None]] = {}

    def __repr__(self) -> str:
        held = f"{len(self._entries)} entries, {self._room.used} of {self._room.limit} bytes"
        return f"<Cache {held}, {len(self._refreshes)} refreshes under way>"

    @property
    def size_bytes(self) -> int:
        """Memory that the kept answers take, roughly, with what was made of them."""
        return self._room.used

    def collect(self) -> list[Sample]:
        """How much is kept."""
        return [
            Sample("dexter_cache_bytes", "Memory of kept answers.", self._room.used),
            Sample("dexter_cache_entries", "Answers kept in memory.", len(self._entries)),
            Sample("dexter_cache_refreshes", "Refreshes under way.", len(self._refreshes)),
        ]

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """The kept answer while it is fresh or stale, else a new one, else the spare one."""
        if call.method != "GET":
            return await self._write(call, call_next)
        if self._room.used > self._room.limit:  # entries have grown, as something was derived from them
            self._entries.trim()
        key = cache_key(call)
        now = self._clock.monotonic()
        entry = self._held(key, call, now)
        age_s = 0.0 if entry is None else now - entry.kept_at
        if entry is not None and age_s < entry.policy.max_age:
            return _reply_from(entry, is_stale=False)
        if entry is not None and age_s < entry.policy.max_age + entry.policy.stale_while_revalidate:
            self._refresh(key, call, call_next)
            return _reply_from(entry, is_stale=True)
        try:
            return await self._fetched(key, call, call_next)
        except STALE_IF_ERROR_ON:
            spare = entry or self._of_another_minute(call)
            if spare is None:
                raise
            return _reply_from(spare, is_stale=True)

    async def close(self) -> None:
        """End what is fetched behind readers' backs."""
        refreshes = list(self._refreshes.values())
        for refresh in refreshes:
            refresh.cancel()
        await asyncio.gather(*refreshes, return_exceptions=True)

    async def _fetched(self, key: CacheKey, call: Call, call_next: CallNext) -> Reply:
        snapshot = self._tag_versions.snapshot(call.tags)
        try:
            reply = await call_next(call)
        except NotFound as absent:
            # A copy, because a raised exception holds the frames it went through, and with them the token.
            self._keep(key, call, copy(absent), snapshot, NEGATIVE_TTL)
            raise
        cache_entry = self._keep(key, call, reply, snapshot, self._lives[call.lifetime])
        return reply if cache_entry is None else msgspec.structs.replace(reply, cache_entry=cache_entry)

    def _refresh(self, key: CacheKey, call: Call, call_next: CallNext) -> None:
        if key in self._refreshes or len(self._refreshes) >= MAX_REFRESHES:
            return
        later = msgspec.structs.replace(call, deadline=self._clock.time() + REFRESH_S, priority=Priority.JOB)

        async def refresh() -> None:
            with suppress(SentryError):
                await self._fetched(key, later, call_next)

        task = self._refreshes[key] = asyncio.create_task(refresh())
        task.add_done_callback(lambda _: self._refreshes.pop(key))

    async def _write(self, call: Call, call_next: CallNext) -> Reply:
        """A refused write changed nothing; of any other that failed nobody knows, so it counts as done."""
        try:
            reply = await call_next(call)
        except ClientError:
            raise
        except BaseException:
            self._tag_versions.invalidate(call.tags)
            raise
        self._tag_versions.invalidate(call.tags)
        return reply

    def _held(self, key: CacheKey, call: Call, now: float) -> CachedReply | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        is_over = now - entry.kept_at >= entry.policy.total_lifetime
        if is_over or self._tag_versions.snapshot(call.tags) != entry.snapshot:
            self._drop(key)
            return None
        return entry

    def _of_another_minute(self, call: Call) -> CachedReply | None:
        """The newest answer to the same question about a range that ended a little earlier."""
        kin = rolling_range_key(call, self._clock.time())
        key = self._newest.get(kin) if kin is not None else None
        return None if key is None else self._held(key, call, self._clock.monotonic())

    def _keep(
        self, key: CacheKey, call: Call, answer: Reply | NotFound, snapshot: TagSnapshot, policy: CachePolicy
    ) -> CacheEntry | None:
        """Keep an answer, unless its tags were raised while it was under way: then it may be older than the write."""
        if policy.max_age <= 0 or self._tag_versions.snapshot(call.tags) != snapshot:
            return None
        there = self._entries.peek(key)
        if there is not None and _is_same(there.answer, answer) and there.snapshot == snapshot:
            return there.cache_entry
        size_bytes = ENTRY_OVERHEAD + (len(answer.body) if isinstance(answer, Reply) else 0)
        if size_bytes > self._room.limit:
            return None
        if there is not None:
            self._drop(key)
        age_s = max(0.0, self._clock.time() - answer.fetched_at) if isinstance(answer, Reply) else 0.0
        kept_at = self._clock.monotonic() - age_s
        cache_entry = CacheEntry(
            self._room, size_bytes, fresh_until=kept_at + policy.max_age, tags=call.tags, snapshot=snapshot
        )
        if isinstance(answer, Reply):
            answer = msgspec.structs.replace(
                answer, origin="cache", is_stale=False, retries=0, waited_s=0.0, cache_entry=cache_entry
            )
        kin = rolling_range_key(call, self._clock.time())
        if kin is not None:
            self._newest[kin] = key
        self._entries.put(key, CachedReply(answer, kept_at, policy, snapshot, cache_entry, kin))
        return cache_entry

    def _drop(self, key: CacheKey) -> None:
        entry = self._entries.pop(key)
        if entry is not None:
            self._release(key, entry)

    def _release(self, key: CacheKey, entry: CachedReply) -> None:
        entry.cache_entry.evict()
        if entry.kin is not None and self._newest.get(entry.kin) == key:
            del self._newest[entry.kin]


def _is_same(one: Reply | NotFound, other: Reply | NotFound) -> bool:
    """True for two callers' answers out of one flight."""
    if not (isinstance(one, Reply) and isinstance(other, Reply)):
        return False
    return one.body is other.body and one.fetched_at == other.fetched_at


def _reply_from(entry: CachedReply, *, is_stale: bool) -> Reply:
    if isinstance(entry.answer, NotFound):
        raise copy(entry.answer)
    return msgspec.structs.replace(entry.answer, is_stale=True) if is_stale else entry.answer
