"""Redis stage: shares cached answers between replicas.

It stands below the single flight stage, so that equal reads look up once. Answers are encrypted and are valid while the
tag versions that they were requested with stand in Redis.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.cache_tags import LAG_S
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.redis.invalidation import (
    ALL_TAGS,
    MAX_VERSION_CHARACTERS,
    VERSION_TTL_MS,
    version_ttl_ms,
)
from dexter_graphql.sentry.redis.services import RedisServices
from dexter_graphql.sentry.stages import CallNext
from dexter_graphql.sentry.stages.cache import POLICIES, REVOKED_ON, STALE_IF_ERROR_ON, CachePolicy
from dexter_graphql.telemetry.metrics import Sample

MAX_BODY_BYTES = 2 * 1024 * 1024
MAX_STORES = 64
"""Answers that are being written at the same time; above, further ones are not shared."""

LOOKUP_SCRIPT = f"""
local values = {{redis.call('GET', KEYS[1])}}
for index = 2, #KEYS do
  local version = redis.call('GET', KEYS[index])
  local digits = version and string.match(version, '^(%d+):%d+$')
  if not digits or #version > {MAX_VERSION_CHARACTERS} then
    version = ARGV[1] .. ':0'
    redis.call('SET', KEYS[index], version, 'PX', ARGV[index])
  elseif tonumber(ARGV[index]) < {VERSION_TTL_MS} then
    redis.call('PEXPIRE', KEYS[index], ARGV[index])
  end
  values[index] = version
end
return values
"""
VersionSnapshot = tuple[int, ...]


class CachedResponse(msgspec.Struct, frozen=True, array_like=True):
    """An answer in Redis, with the tag versions that it was requested with."""

    snapshot: VersionSnapshot
    fetched_at: float
    status: int
    headers: dict[str, str]
    body: bytes


class RedisCache:
    """The stage between single flight and retry."""

    def __init__(
        self, clock: Clock, services: RedisServices, *, policies: Mapping[str, CachePolicy] = POLICIES
    ) -> None:
        self._clock = clock
        self._connection = services.connection
        self._cipher = services.cipher
        self._invalidations = services.invalidations
        self._keeps_events = services.keeps_events
        self._policies = policies
        self._stores: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<RedisCache {self._connection!r}, {self._invalidations!r}>"

    def collect(self) -> list[Sample]:
        """Whether Redis answers."""
        return [Sample("dexter_redis_up", "1 while Redis answers.", self._connection.is_up)]

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """Another replica's answer while it is fresh, else a new one, else the old one if Sentry fails."""
        policy = self._policies[call.lifetime]
        if call.method != "GET" or policy.max_age <= 0 or (call.has_event_bodies and not self._keeps_events):
            return await call_next(call)
        key_name = self._cipher.key_name("answer", call.upstream.key, call.host, call.path, *_flat(sorted(call.query)))
        snapshot, cached = await self._look_up(key_name, call)
        age_s = self._clock.time() - cached.fetched_at if cached is not None else 0.0
        if cached is not None and age_s < policy.max_age:
            return _reply_from(cached, is_stale=False)
        try:
            reply = await call_next(call)
        except REVOKED_ON:
            await self._delete(key_name)
            raise
        except STALE_IF_ERROR_ON:
            if cached is not None and age_s < policy.total_lifetime:
                return _reply_from(cached, is_stale=True)
            raise
        if snapshot is not None and len(reply.body) <= MAX_BODY_BYTES and len(self._stores) < MAX_STORES:
            task = asyncio.create_task(self._store(key_name, snapshot, reply, policy))
            self._stores.add(task)
            task.add_done_callback(self._stores.discard)
        return reply

    async def close(self) -> None:
        """Wait for the writes under way."""
        await asyncio.gather(*self._stores, return_exceptions=True)

    async def _look_up(self, key_name: str, call: Call) -> tuple[VersionSnapshot | None, CachedResponse | None]:
        """The tag versions, None when Redis cannot be trusted, and the valid answer, if any."""
        if not self._invalidations.is_synced(call.tags):
            return None, None
        tags = (ALL_TAGS, *call.tags)
        key_names = [key_name, *map(self._invalidations.key_name, tags)]
        arguments = [int(self._clock.time() * 1000), *map(version_ttl_ms, tags)]

        async def look_up(redis: Any) -> list[bytes | None]:
            return await redis.eval(LOOKUP_SCRIPT, len(key_names), *key_names, *arguments)  # type: ignore[no-any-return]  # untyped

        values = await self._connection.run(look_up)
        snapshot = None if values is None else self._snapshot(values[1:])
        if values is None or snapshot is None or values[0] is None:
            return snapshot, None
        cached = self._decode(key_name, values[0])
        return snapshot, cached if cached is not None and cached.snapshot == snapshot else None

    def _snapshot(self, tag_versions: list[bytes | None]) -> VersionSnapshot | None:
        """The versions as numbers; an invalidation counts a second time when Sentry's index has caught up with it."""
        numbers = []
        for text in tag_versions:
            count, _, at_ms = (text or b"").partition(b":")
            if not (_is_number(count) and _is_number(at_ms)):
                return None
            is_settled = self._clock.time() - int(at_ms) / 1000 >= LAG_S
            numbers.append(int(count) if is_settled else int(count) - 1)
        return tuple(numbers)

    def _decode(self, key_name: str, encrypted: bytes) -> CachedResponse | None:
        content = self._cipher.decrypt(key_name, encrypted)
        try:
            return None if content is None else msgspec.msgpack.decode(content, type=CachedResponse)
        except msgspec.DecodeError:
            return None

    async def _store(self, key_name: str, snapshot: VersionSnapshot, reply: Reply, policy: CachePolicy) -> None:
        cached = CachedResponse(snapshot, reply.fetched_at, reply.status, reply.headers, reply.body)
        encrypted = self._cipher.encrypt(key_name, msgspec.msgpack.encode(cached))
        lifetime_ms = int(policy.total_lifetime * 1000)
        await self._connection.run(lambda redis: redis.set(key_name, encrypted, px=lifetime_ms))

    async def _delete(self, key_name: str) -> None:
        await self._connection.run(lambda redis: redis.delete(key_name))


def _is_number(text: bytes) -> bool:
    return text.isdigit() and len(text) <= MAX_VERSION_CHARACTERS


def _reply_from(cached: CachedResponse, *, is_stale: bool) -> Reply:
    return Reply(
        status=cached.status,
        headers=cached.headers,
        body=cached.body,
        fetched_at=cached.fetched_at,
        origin="shared",
        is_stale=is_stale,
    )


def _flat(pairs: list[tuple[str, str]]) -> list[str]:
    return [part for pair in pairs for part in pair]
