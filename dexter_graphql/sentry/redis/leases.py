"""Leases that replicas compete for through Redis: of each name one replica holds the lease, until it expires."""

from typing import Any
from uuid import uuid4

from dexter_graphql.sentry.redis.connection import RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher

HOLD_SCRIPT = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
RELEASE_SCRIPT = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


class SharedLeases:
    """The leases of one kind that this replica holds. While Redis is away it gets none."""

    def __init__(self, kind: str, connection: RedisConnection, cipher: Cipher) -> None:
        self._kind = kind
        self._connection = connection
        self._cipher = cipher
        self._replica = uuid4().hex

    @property
    def is_reachable(self) -> bool:
        """False since Redis did not answer."""
        return self._connection.is_up

    async def hold(self, name: str, lifetime_s: float) -> bool:
        """Take the lease of a name, or extend it; False when another replica holds it, or Redis is away."""
        key_name, lifetime_ms = self._cipher.key_name(self._kind, name), max(1, int(lifetime_s * 1000))

        async def work(redis: Any) -> int:
            return int(await redis.eval(HOLD_SCRIPT, 1, key_name, self._replica, lifetime_ms))

        return bool(await self._connection.run(work))

    async def release(self, name: str) -> None:
        """Give the lease of a name back, if this replica holds it."""
        key_name = self._cipher.key_name(self._kind, name)
        await self._connection.run(lambda redis: redis.eval(RELEASE_SCRIPT, 1, key_name, self._replica))
