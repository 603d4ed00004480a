"""Texts that replicas share through Redis, bounded in number and time."""

from typing import Any

from dexter_graphql.sentry.redis.connection import RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher

LIFETIME_MS = 24 * 60 * 60 * 1000
"""Time until a text is removed."""

STORE_SCRIPT = f"""
redis.call('SET', KEYS[1], ARGV[1], 'PX', {LIFETIME_MS})
redis.call('ZADD', KEYS[2], redis.call('TIME')[1], KEYS[1])
redis.call('PEXPIRE', KEYS[2], {LIFETIME_MS})
local excess = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[2])
if excess > 0 then
  for _, name in ipairs(redis.call('ZRANGE', KEYS[2], 0, excess - 1)) do
    redis.call('DEL', name)
  end
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, excess - 1)
end
"""


class SharedTexts:
    """Encrypted texts by name. While Redis is away nothing is found and nothing is stored."""

    def __init__(self, kind: str, max_count: int, connection: RedisConnection, cipher: Cipher) -> None:
        self._kind = kind
        self._max_count = max_count
        self._connection = connection
        self._cipher = cipher

    async def get(self, name: str) -> str | None:
        """Return the text with a name; None when there is none or Redis is away."""
        key_name = self._cipher.key_name(self._kind, name)

        async def read(redis: Any) -> bytes | None:
            return await redis.get(key_name)  # type: ignore[no-any-return]  # untyped

        encrypted = await self._connection.run(read)
        content = None if encrypted is None else self._cipher.decrypt(key_name, encrypted)
        return None if content is None else content.decode("utf-8", "surrogatepass")

    async def put(self, name: str, text: str) -> None:
        """Store a text; the one that was stored first makes room for it when there are too many."""
        key_name = self._cipher.key_name(self._kind, name)
        encrypted = self._cipher.encrypt(key_name, text.encode("utf-8", "surrogatepass"))
        key_names = (key_name, self._cipher.key_name(f"{self._kind} index"))
        arguments = (encrypted, self._max_count)
        await self._connection.run(lambda redis: redis.eval(STORE_SCRIPT, len(key_names), *key_names, *arguments))
