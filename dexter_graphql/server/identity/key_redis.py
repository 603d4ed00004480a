"""Dexter keys in Redis, encrypted, for servers that share them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from dexter_graphql.sentry.redis.connection import RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher
from dexter_graphql.server.identity.key_records import KeySet, KeyStoreError, decode_keys, encode_keys
from dexter_graphql.server.identity.key_store import KeyChange

MAX_TRIES = 20
"""Attempts to write a change that others forestall."""
REPLACE_SCRIPT = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""
Change = Callable[[bytes | None], bytes]


class KeysInRedis:
    """All keys in one value, the last uses in another. Who can write to Redis can neither make nor widen a key."""

    def __init__(self, connection: RedisConnection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher
        self._keys_name = cipher.key_name("keys")
        self._uses_name = cipher.key_name("key uses")
        self._last: bytes | None = None
        self._revision = 0

    def __repr__(self) -> str:
        return "<KeysInRedis>"

    async def read(self) -> KeySet | None:
        """Return the keys when they changed since the last read; older ones than those are an error."""
        encrypted = await self._get(self._keys_name)
        if encrypted is not None and encrypted == self._last:
            return None
        keys = KeySet() if encrypted is None else decode_keys(self._decrypt(self._keys_name, encrypted))
        if keys.revision < self._revision:
            raise KeyStoreError("The keys in Redis are missing, or older than those in use")
        self._last, self._revision = encrypted, keys.revision
        return keys

    async def update(self, change: KeyChange) -> None:
        """Replace the keys, unless another process has just done so; then start again from its result."""
        await self._change(self._keys_name, lambda content: encode_keys(change(_keys_of(content))))

    async def read_last_uses(self) -> Mapping[str, datetime]:
        """Return the recorded uses."""
        encrypted = await self._get(self._uses_name)
        return {} if encrypted is None else _uses_of(self._decrypt(self._uses_name, encrypted))

    async def record_last_uses(self, uses: Mapping[str, datetime]) -> None:
        """Merge last uses into those of other servers."""
        await self._change(self._uses_name, lambda content: msgspec.json.encode(_uses_of(content) | dict(uses)))

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    async def _get(self, name: str) -> bytes | None:
        async def work(redis: Any) -> tuple[bytes | None]:
            return (await redis.get(name),)

        value: bytes | None = (await self._run(work))[0]
        return value

    async def _change(self, name: str, change: Change) -> None:
        for _ in range(MAX_TRIES):
            old = await self._get(name)
            new = self._cipher.encrypt(name, change(None if old is None else self._decrypt(name, old)))

            async def work(redis: Any, old: bytes = old or b"", new: bytes = new) -> tuple[int]:
                return (await redis.eval(REPLACE_SCRIPT, 1, name, old, new),)

            if (await self._run(work))[0]:
                return
        raise KeyStoreError("The keys in Redis change all the time; try again")

    async def _run(self, work: Callable[[Any], Any]) -> tuple[Any]:
        result: tuple[Any] | None = await self._connection.run(work)
        if result is None:
            raise KeyStoreError("Redis, which has the keys, does not answer")
        return result

    def _decrypt(self, name: str, encrypted: bytes) -> bytes:
        content = self._cipher.decrypt(name, encrypted)
        if content is None:
            raise KeyStoreError("The keys in Redis were not written with this DEXTER_SECRET")
        return content


def _keys_of(content: bytes | None) -> KeySet:
    return KeySet() if content is None else decode_keys(content)


def _uses_of(content: bytes | None) -> dict[str, datetime]:
    return {} if content is None else msgspec.json.decode(content, type=dict[str, datetime])
