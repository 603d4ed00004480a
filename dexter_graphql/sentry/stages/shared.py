"""Makes one replica's answer the others' hit, through Redis; without Redis it stands aside.

Behind single flight, so that equal reads look once. What it keeps is sealed, and holds while the generations that it
began with stand in Redis.
"""

import asyncio
from collections.abc import Mapping

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.generations import LAG_S
from dexter_graphql.sentry.shared.news import EVERYTHING, GENERATION_MS
from dexter_graphql.sentry.shared.replicas import Replicas
from dexter_graphql.sentry.stages import Proceed
from dexter_graphql.sentry.stages.cache import LIVES, PASSING, Life
from dexter_graphql.telemetry.metrics import Figure

MAX_BODY_BYTES = 2 * 1024 * 1024
MAX_STORES = 64
"""Answers that are being written at the same time; beyond, one more is not shared."""

LOOK = f"""
local found = {{redis.call('GET', KEYS[1])}}
for place = 2, #KEYS do
  local kept = redis.call('GET', KEYS[place])
  if not kept then
    kept = ARGV[1] .. ':0'
    redis.call('SET', KEYS[place], kept, 'PX', {GENERATION_MS})
  end
  found[place] = kept
end
return found
"""
Stamp = tuple[int, ...]


class Stored(msgspec.Struct, frozen=True, array_like=True):
    """An answer in Redis, and the generations that it began with."""

    stamp: Stamp
    fetched_at: float
    status: int
    headers: dict[str, str]
    body: bytes


class Shared:
    """The stage between single flight and retry."""

    def __init__(self, clock: Clock, replicas: Replicas, *, lives: Mapping[str, Life] = LIVES) -> None:
        self._clock = clock
        self._line = replicas.line
        self._vault = replicas.vault
        self._news = replicas.news
        self._keeps_events = replicas.keeps_events
        self._lives = lives
        self._stores: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Shared {self._line!r}, {self._news!r}>"

    def figures(self) -> list[Figure]:
        """Whether Redis is there."""
        return [Figure("dexter_redis_up", "1 while Redis answers.", self._line.is_up)]

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        """Another replica's answer while it is fresh, else a new one, else another's spare one."""
        life = self._lives[call.lifetime]
        if call.method != "GET" or life.fresh_s <= 0 or (call.has_event_bodies and not self._keeps_events):
            return await proceed(call)
        place = self._vault.name("answer", call.upstream.key, call.host, call.path, *_flat(sorted(call.query)))
        stamp, kept = await self._look(place, call)
        age_s = self._clock.time() - kept.fetched_at if kept is not None else 0.0
        if kept is not None and age_s < life.fresh_s:
            return _reply(kept, is_stale=False)
        try:
            reply = await proceed(call)
        except PASSING:
            if kept is not None and age_s < life.whole_s:
                return _reply(kept, is_stale=True)
            raise
        if stamp is not None and len(reply.body) <= MAX_BODY_BYTES and len(self._stores) < MAX_STORES:
            task = asyncio.create_task(self._store(place, stamp, reply, life))
            self._stores.add(task)
            task.add_done_callback(self._stores.discard)
        return reply

    async def close(self) -> None:
        """Let what is being written be written."""
        await asyncio.gather(*self._stores, return_exceptions=True)

    async def _look(self, place: str, call: Call) -> tuple[Stamp | None, Stored | None]:
        """The generations as they stand, None when Redis cannot be trusted, and the answer that holds, if any."""
        if not self._news.is_told:
            return None, None
        places = [place, *(self._news.place(tag) for tag in (EVERYTHING, *call.tags))]
        now_ms = str(int(self._clock.time() * 1000))

        async def work(redis: object) -> list[bytes | None]:
            return await redis.eval(LOOK, len(places), *places, now_ms)  # type: ignore[attr-defined,no-any-return]  # untyped

        found = await self._line.ask(work)
        stamp = None if found is None else self._stamp(found[1:])
        if found is None or stamp is None or found[0] is None:
            return stamp, None
        kept = self._opened(place, found[0])
        return stamp, kept if kept is not None and kept.stamp == stamp else None

    def _stamp(self, generations: list[bytes | None]) -> Stamp | None:
        """The numbers of the generations; a raise counts once more when Sentry's index has caught up with it."""
        numbers = []
        for text in generations:
            count, _, at_ms = (text or b"").partition(b":")
            if not (count.isdigit() and at_ms.isdigit()):
                return None
            is_settled = self._clock.time() - int(at_ms) / 1000 >= LAG_S
            numbers.append(int(count) if is_settled else int(count) - 1)
        return tuple(numbers)

    def _opened(self, place: str, sealed: bytes) -> Stored | None:
        content = self._vault.opened(place, sealed)
        try:
            return None if content is None else msgspec.msgpack.decode(content, type=Stored)
        except msgspec.DecodeError:
            return None

    async def _store(self, place: str, stamp: Stamp, reply: Reply, life: Life) -> None:
        kept = Stored(stamp, reply.fetched_at, reply.status, reply.headers, reply.body)
        sealed = self._vault.sealed(place, msgspec.msgpack.encode(kept))

        async def work(redis: object) -> object:
            return await redis.set(place, sealed, px=int(life.whole_s * 1000))  # type: ignore[attr-defined]  # untyped

        await self._line.ask(work)


def _reply(kept: Stored, *, is_stale: bool) -> Reply:
    return Reply(
        status=kept.status,
        headers=kept.headers,
        body=kept.body,
        fetched_at=kept.fetched_at,
        origin="shared",
        is_stale=is_stale,
    )


def _flat(pairs: list[tuple[str, str]]) -> list[str]:
    return [part for pair in pairs for part in pair]
