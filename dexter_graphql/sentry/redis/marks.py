"""Marks that replicas share through Redis: each name has one owner at a time, until it is removed or expires."""

from typing import Any

from dexter_graphql.sentry.redis.connection import RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher

SET_SCRIPT = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return '' end
return redis.call('GET', KEYS[1])
"""


class SharedMarks:
    """Short words by name. While Redis is away no name has a mark, and none is set."""

    def __init__(self, kind: str, connection: RedisConnection, cipher: Cipher) -> None:
        self._kind = kind
        self._connection = connection
        self._cipher = cipher

    async def set_new(self, name: str, word: str, lifetime_s: float) -> str | None:
        """Mark a name that has no mark; returns the word that it is marked with already, None when it is new."""
        key_name = self._cipher.key_name(self._kind, name)

        async def work(redis: Any) -> bytes:
            return await redis.eval(SET_SCRIPT, 1, key_name, word, _ms(lifetime_s))  # type: ignore[no-any-return]  # untyped

        present = await self._connection.run(work)
        return present.decode("latin-1") if present else None

    async def replace(self, name: str, word: str, lifetime_s: float) -> None:
        """Mark a name with another word."""
        key_name = self._cipher.key_name(self._kind, name)
        await self._connection.run(lambda redis: redis.set(key_name, word, px=_ms(lifetime_s)))

    async def remove(self, name: str) -> None:
        """Remove the mark of a name."""
        key_name = self._cipher.key_name(self._kind, name)
        await self._connection.run(lambda redis: redis.delete(key_name))


def _ms(seconds: float) -> int:
    return max(1, int(seconds * 1000))
