"""Makes one replica's answer the others' hit, through Redis; without Redis it stands aside.

Behind single flight, so that equal reads look once. What it keeps is sealed, and holds while the generations that it
began with stand in Redis.
"""

import asyncio
from collections.abc import Mapping

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.cache_tags import LAG_S
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.redis.invalidation import ALL_TAGS, VERSION_TTL_MS
from dexter_graphql.sentry.redis.services import RedisServices
from dexter_graphql.sentry.stages import CallNext
from dexter_graphql.sentry.stages.cache import POLICIES, STALE_IF_ERROR_ON, CachePolicy
from dexter_graphql.telemetry.metrics import Sample

MAX_BODY_BYTES = 2 * 1024 * 1024
MAX_STORES = 64
"""Answers that are being written at the same time; beyond, one more is not shared."""

LOOKUP_SCRIPT = f"""
local found = {{redis.call('GET', KEYS[1])}}
for place = 2, #KEYS do
  local kept = redis.call('GET', KEYS[place])
  if not kept then
    kept = ARGV[1] .. ':0'
    redis.call('SET', KEYS[place], kept, 'PX', {VERSION_TTL_MS})
  end
  found[place] = kept
end
return found
"""
VersionSnapshot = tuple[int, ...]


class CachedResponse(msgspec.Struct, frozen=True, array_like=True):
    """An answer in Redis, and the generations that it began with."""

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
        self._lives = policies
        self._stores: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Shared {self._connection!r}, {self._invalidations!r}>"

    def collect(self) -> list[Sample]:
        """Whether Redis is there."""
        return [Sample("dexter_redis_up", "1 while Redis answers.", self._connection.is_up)]

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """Another replica's answer while it is fresh, else a new one, else another's spare one."""
        policy = self._lives[call.lifetime]
        if call.method != "GET" or policy.max_age <= 0 or (call.has_event_bodies and not self._keeps_events):
            return await call_next(call)
        key_name = self._cipher.key_name("answer", call.upstream.key, call.host, call.path, *_flat(sorted(call.query)))
        snapshot, cached = await self._look(key_name, call)
        age_s = self._clock.time() - cached.fetched_at if cached is not None else 0.0
        if cached is not None and age_s < policy.max_age:
            return _reply(cached, is_stale=False)
        try:
            reply = await call_next(call)
        except STALE_IF_ERROR_ON:
            if cached is not None and age_s < policy.total_lifetime:
                return _reply(cached, is_stale=True)
            raise
        if snapshot is not None and len(reply.body) <= MAX_BODY_BYTES and len(self._stores) < MAX_STORES:
            task = asyncio.create_task(self._store(key_name, snapshot, reply, policy))
            self._stores.add(task)
            task.add_done_callback(self._stores.discard)
        return reply

    async def close(self) -> None:
        """Let what is being written be written."""
        await asyncio.gather(*self._stores, return_exceptions=True)

    async def _look(self, key_name: str, call: Call) -> tuple[VersionSnapshot | None, CachedResponse | None]:
        """The generations as they stand, None when Redis cannot be trusted, and the answer that holds, if any."""
        if not self._invalidations.is_synced:
            return None, None
        key_names = [key_name, *(self._invalidations.key_name(tag) for tag in (ALL_TAGS, *call.tags))]
        now_ms = str(int(self._clock.time() * 1000))

        async def work(redis: object) -> list[bytes | None]:
            return await redis.eval(LOOKUP_SCRIPT, len(key_names), *key_names, now_ms)  # type: ignore[attr-defined,no-any-return]  # untyped

        found = await self._connection.run(work)
        snapshot = None if found is None else self._snapshot(found[1:])
        if found is None or snapshot is None or found[0] is None:
            return snapshot, None
        cached = self._decrypt(key_name, found[0])
        return snapshot, cached if cached is not None and cached.snapshot == snapshot else None

    def _snapshot(self, tag_versions: list[bytes | None]) -> VersionSnapshot | None:
        """The numbers of the generations; a raise counts once more when Sentry's index has caught up with it."""
        numbers = []
        for text in tag_versions:
            count, _, at_ms = (text or b"").partition(b":")
            if not (count.isdigit() and at_ms.isdigit()):
                return None
            is_settled = self._clock.time() - int(at_ms) / 1000 >= LAG_S
            numbers.append(int(count) if is_settled else int(count) - 1)
        return tuple(numbers)

    def _decrypt(self, key_name: str, encrypt: bytes) -> CachedResponse | None:
        content = self._cipher.decrypt(key_name, encrypt)
        try:
            return None if content is None else msgspec.msgpack.decode(content, type=CachedResponse)
        except msgspec.DecodeError:
            return None

    async def _store(self, key_name: str, snapshot: VersionSnapshot, reply: Reply, policy: CachePolicy) -> None:
        cached = CachedResponse(snapshot, reply.fetched_at, reply.status, reply.headers, reply.body)
        encrypt = self._cipher.encrypt(key_name, msgspec.msgpack.encode(cached))

        async def work(redis: object) -> object:
            return await redis.set(key_name, encrypt, px=int(policy.total_lifetime * 1000))  # type: ignore[attr-defined]  # untyped

        await self._connection.run(work)


def _reply(cached: CachedResponse, *, is_stale: bool) -> Reply:
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
