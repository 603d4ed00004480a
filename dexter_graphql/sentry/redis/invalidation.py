"""Cache invalidation across replicas, through Redis.

The version of a tag is a number that never repeats, so that no old answer becomes valid again when Redis loses its
data. Invalidations that cannot be announced stay pending and are announced later; until then this replica reads no
answer with these tags from Redis.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.credentials import TAG_PREFIX, CredentialRegistry
from dexter_graphql.sentry.redis.connection import FAILURES, RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher

CHANNEL = "dexter:raised"
ALL_TAGS = "*"
"""The tag that every answer depends on."""
MAX_PENDING = 10_000
VERSION_TTL_MS = 3 * 24 * 3600 * 1000
"""Longer than any answer is stored."""
CREDENTIAL_VERSION_TTL_MS = 3600 * 1000
"""Since the last read with the credential; short, as every made-up credential adds a version, too."""
MAX_VERSION_CHARACTERS = 40
"""Longer versions were not written by us and count as missing."""
WAIT_S = 1.0
"""For how long a write waits until the other replicas know of it."""
RETRY_S = 0.5

INVALIDATE_SCRIPT = f"""
for index, key in ipairs(KEYS) do
  local stored = redis.call('GET', key) or ''
  local digits = #stored <= {MAX_VERSION_CHARACTERS} and string.match(stored, '^%d+') or ARGV[1]
  redis.call('SET', key, string.format('%.0f:%s', tonumber(digits) + 2, ARGV[1]), 'PX', ARGV[index + 2])
end
redis.call('PUBLISH', '{CHANNEL}', ARGV[2])
return 1
"""


def version_ttl_ms(tag: str) -> int:
    """Milliseconds for which the version of a tag is stored."""
    return CREDENTIAL_VERSION_TTL_MS if tag.startswith(TAG_PREFIX) else VERSION_TTL_MS


class InvalidationMessage(msgspec.Struct, frozen=True, array_like=True):
    """The tags that one replica invalidated."""

    sender: str
    tags: tuple[str, ...]


class InvalidationChannel:
    """Announces local invalidations and receives those of other replicas. `start` must be called in the event loop."""

    def __init__(
        self,
        connection: RedisConnection,
        cipher: Cipher,
        credentials: CredentialRegistry,
        tag_versions: TagVersions,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._cipher = cipher
        self._credentials = credentials
        self._tag_versions = tag_versions
        self._clock = clock
        self._replica = uuid4().hex
        self._pending: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._all_announced = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def __repr__(self) -> str:
        return f"<InvalidationChannel {len(self._pending)} tags pending>"

    def is_synced(self, tags: Iterable[str]) -> bool:
        """True when no invalidation of these tags is pending."""
        return not self._pending or (ALL_TAGS not in self._pending and self._pending.keys().isdisjoint(tags))

    def key_name(self, tag: str) -> str:
        """The key of a tag's version."""
        return self._cipher.key_name("generation", tag)

    def start(self) -> None:
        """Start both directions."""
        self._tag_versions.subscribe(self.announce)
        self._tasks = [asyncio.create_task(self._announce_forever()), asyncio.create_task(self._listen_forever())]

    async def close(self) -> None:
        """End both directions."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def announce(self, tags: Iterable[str]) -> None:
        """Announce soon that these tags were invalidated here."""
        self._pending |= dict.fromkeys(tags)
        if len(self._pending) > MAX_PENDING:
            self._pending = {ALL_TAGS: None}
        self._wake.set()
        self._all_announced.clear()

    async def flush(self) -> None:
        """Return when everything is announced, or when that takes too long."""
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
        now_ms = int(self._clock.time() * 1000)
        message = self._cipher.encrypt(CHANNEL, msgspec.json.encode(InvalidationMessage(self._replica, tags)))
        key_names = [self.key_name(tag) for tag in tags]

        arguments = [now_ms, message, *map(version_ttl_ms, tags)]

        async def announce(redis: Any) -> Any:
            return await redis.eval(INVALIDATE_SCRIPT, len(key_names), *key_names, *arguments)

        if await self._connection.run(announce) is None:
            return False
        for tag in tags:
            self._pending.pop(tag, None)
        return True

    async def _listen_forever(self) -> None:
        while True:
            listener = self._connection.listener()
            try:
                await listener.subscribe(CHANNEL)
                # Announcements from before the subscription were missed.
                self._tag_versions.invalidate_all()
                while True:
                    message = await listener.get_message(timeout=None)
                    if message is not None:
                        self._receive(message["data"])
            except FAILURES:
                await self._clock.sleep(RETRY_S)
            finally:
                await _close_quietly(listener)

    def _receive(self, encrypted: bytes) -> None:
        content = self._cipher.decrypt(CHANNEL, encrypted)
        if content is None:
            return
        try:
            message = msgspec.json.decode(content, type=InvalidationMessage)
        except msgspec.DecodeError:
            return
        if message.sender == self._replica:
            return
        if ALL_TAGS in message.tags:
            self._tag_versions.invalidate_all()
        else:
            self._credentials.receive(message.tags)


async def _close_quietly(listener: object) -> None:
    with suppress(*FAILURES):
        await listener.aclose()  # type: ignore[attr-defined]  # untyped
