"""Tells the other replicas which answers no longer hold, and hears it from them.

TagVersions stand in Redis as a number per tag that never comes back, so that even after Redis lost it no old answer
holds again. What cannot be told is kept and told later; until then this replica takes nothing from Redis.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from uuid import uuid4

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.redis.connection import FAILURES, RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher

CHANNEL = "dexter:raised"
ALL_TAGS = "*"
"""The tag that every answer depends on."""
MAX_PENDING = 10_000
VERSION_TTL_MS = 3 * 24 * 3600 * 1000
"""Longer than any answer is kept."""
WAIT_S = 1.0
"""A write waits so long for the others to know."""
RETRY_S = 0.5

INVALIDATE_SCRIPT = f"""
for _, key in ipairs(KEYS) do
  local kept = redis.call('GET', key)
  local count = kept and tonumber(string.match(kept, '^%d+')) or tonumber(ARGV[1])
  redis.call('SET', key, string.format('%.0f:%s', count + 2, ARGV[1]), 'PX', {VERSION_TTL_MS})
end
redis.call('PUBLISH', '{CHANNEL}', ARGV[2])
return 1
"""


class InvalidationMessage(msgspec.Struct, frozen=True, array_like=True):
    """A message: who raised which tags."""

    sender: str
    tags: tuple[str, ...]


class InvalidationChannel:
    """Both directions. `start` must be called in the event loop, `close` ends it."""

    def __init__(self, connection: RedisConnection, cipher: Cipher, tag_versions: TagVersions, clock: Clock) -> None:
        self._connection = connection
        self._cipher = cipher
        self._tag_versions = tag_versions
        self._clock = clock
        self._me = uuid4().hex
        self._pending: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._all_announced = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def __repr__(self) -> str:
        return f"<News {len(self._pending)} tags to tell>"

    @property
    def is_synced(self) -> bool:
        """True when the others know all that this replica raised."""
        return not self._pending

    def key_name(self, tag: str) -> str:
        """Where the generation of a tag stands."""
        return self._cipher.key_name("generation", tag)

    def start(self) -> None:
        """Begin to tell and to listen."""
        self._tag_versions.subscribe(self.announce)
        self._tasks = [asyncio.create_task(self._announce_forever()), asyncio.create_task(self._listen_forever())]

    async def close(self) -> None:
        """End both."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def announce(self, tags: Iterable[str]) -> None:
        """Tell the others soon that these tags were raised here."""
        self._pending |= dict.fromkeys(tags)
        if len(self._pending) > MAX_PENDING:
            self._pending = {ALL_TAGS: None}
        self._wake.set()
        self._all_announced.clear()

    async def flush(self) -> None:
        """Return when the others know, or when waiting longer would not help."""
        if self._pending and self._connection.is_up:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_announced.wait(), WAIT_S)

    async def _announce_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._pending:
                if not await self._announce_all(tuple(self._pending)):
                    await self._clock.sleep(RETRY_S)
            self._all_announced.set()

    async def _announce_all(self, tags: tuple[str, ...]) -> bool:
        now_ms = str(int(self._clock.time() * 1000))
        message = self._cipher.encrypt(CHANNEL, msgspec.json.encode(InvalidationMessage(self._me, tags)))
        key_names = [self.key_name(tag) for tag in tags]

        async def work(redis: object) -> object:
            return await redis.eval(INVALIDATE_SCRIPT, len(key_names), *key_names, now_ms, message)  # type: ignore[attr-defined]  # untyped

        if await self._connection.run(work) is None:
            return False
        for tag in tags:
            self._pending.pop(tag, None)
        return True

    async def _listen_forever(self) -> None:
        while True:
            listener = self._connection.listener()
            try:
                await listener.subscribe(CHANNEL)
                # Whatever was told while nobody listened here was missed.
                self._tag_versions.invalidate_all()
                while True:
                    message = await listener.get_message(timeout=None)
                    if message is not None:
                        self._receive(message["data"])
            except FAILURES:
                await self._clock.sleep(RETRY_S)
            finally:
                await _close_quietly(listener)

    def _receive(self, encrypt: bytes) -> None:
        content = self._cipher.decrypt(CHANNEL, encrypt)
        if content is None:
            return
        try:
            raised = msgspec.json.decode(content, type=InvalidationMessage)
        except msgspec.DecodeError:
            return
        if raised.sender == self._me:
            return
        if ALL_TAGS in raised.tags:
            self._tag_versions.invalidate_all()
        else:
            self._tag_versions.invalidate(raised.tags, is_local=False)


async def _close_quietly(listener: object) -> None:
    with suppress(*FAILURES):
        await listener.aclose()  # type: ignore[attr-defined]  # untyped
