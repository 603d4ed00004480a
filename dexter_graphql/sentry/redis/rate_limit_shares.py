"""Divides what Sentry allows between replicas: permits of a window in small batches, calls in flight by heads.

Without Redis each replica takes what it wants, and Sentry's own headers are what holds them together.
"""

import asyncio
from typing import Any
from uuid import uuid4

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.redis.connection import RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher

HEARTBEAT_S = 1.0
EXPIRY_S = 4.0
"""A replica that was not heard of for so long is gone."""
WINDOW_MS = 3_700_000
"""Longer than any window."""

TAKE_SCRIPT = """
local used = redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return used
"""
HEARTBEAT_SCRIPT = """
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
redis.call('PEXPIRE', KEYS[1], 60000)
return redis.call('ZCARD', KEYS[1])
"""


class RateLimitShares:
    """This replica's part of what all of them may do. `start` must be called in the event loop."""

    def __init__(self, connection: RedisConnection, cipher: Cipher, clock: Clock) -> None:
        self._connection = connection
        self._cipher = cipher
        self._clock = clock
        self._me = uuid4().hex
        self._beating: asyncio.Task[None] | None = None
        self.services = 1
        """How many replicas there are, this one included."""

    def start(self) -> None:
        """Begin to be counted."""
        self._beating = asyncio.create_task(self._beat())

    async def close(self) -> None:
        """Be counted no longer."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)

    async def take(self, bucket: tuple[str, ...], window: int, wanted: int, limit: int) -> int:
        """How many of the wanted permits of a window this replica gets."""
        key_name = self._cipher.key_name("window", *bucket, str(window))

        async def work(redis: Any) -> int:
            return int(await redis.eval(TAKE_SCRIPT, 1, key_name, wanted, WINDOW_MS))

        used = await self._connection.run(work)
        return wanted if used is None else max(0, min(wanted, limit - (used - wanted)))

    async def _beat(self) -> None:
        key_name = self._cipher.key_name("replicas")
        while True:
            now = self._clock.time()

            async def work(redis: Any, now: float = now) -> int:
                return int(await redis.eval(HEARTBEAT_SCRIPT, 1, key_name, now, self._me, now - EXPIRY_S))

            self.services = max(1, await self._connection.run(work) or 1)
            await self._clock.sleep(HEARTBEAT_S)
