"""Budgets of callers that replicas share: a counter of what they have taken for each caller and window of time."""

from typing import Any

from dexter_graphql.sentry.quota_window import Grant, QuotaWindow
from dexter_graphql.sentry.redis.connection import RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher

TAKE_SCRIPT = """
local taken = tonumber(redis.call('GET', KEYS[1]) or '0') or 0
local granted = math.max(0, math.min(tonumber(ARGV[1]), tonumber(ARGV[2]) - taken))
redis.call('SET', KEYS[1], string.format('%.0f', taken + granted), 'PX', ARGV[3])
return {granted, taken + granted}
"""
GIVE_BACK_SCRIPT = """
local taken = tonumber(redis.call('GET', KEYS[1]) or '0') or 0
taken = math.max(0, taken - tonumber(ARGV[1]))
redis.call('SET', KEYS[1], string.format('%.0f', taken), 'PX', ARGV[2])
return taken
"""


class QuotaWindows:
    """The counters in Redis. While Redis is away every method returns None."""

    def __init__(self, connection: RedisConnection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    async def take(self, window: QuotaWindow, amount: int) -> Grant | None:
        """Take as much of an amount as is left of the budget."""
        key_name, ttl_ms = self._key_name(window), window.ttl_s * 1000

        async def work(redis: Any) -> Grant:
            granted, taken = await redis.eval(TAKE_SCRIPT, 1, key_name, amount, window.limit, ttl_ms)
            return Grant(int(granted), int(taken))

        return await self._connection.run(work)

    async def give_back(self, window: QuotaWindow, amount: int) -> int | None:
        """Return an amount that was taken; the result is what all replicas have taken since."""
        key_name, ttl_ms = self._key_name(window), window.ttl_s * 1000

        async def work(redis: Any) -> int:
            return int(await redis.eval(GIVE_BACK_SCRIPT, 1, key_name, amount, ttl_ms))

        return await self._connection.run(work)

    def _key_name(self, window: QuotaWindow) -> str:
        return self._cipher.key_name("quota", window.caller, str(window.number), str(window.ttl_s))
