"""Division of Sentry's rate limits between replicas: permits of a window in small batches, concurrency evenly.

Without Redis each replica uses the whole limit, and only Sentry's headers hold them back.
"""

import asyncio
from typing import Any
from uuid import uuid4

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.redis.connection import RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher

HEARTBEAT_S = 1.0
EXPIRY_S = 4.0
"""A replica without a heartbeat for this long has ended."""
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
    """The share of this replica. `start` must be called in the event loop."""

    def __init__(self, connection: RedisConnection, cipher: Cipher, clock: Clock) -> None:
        self._connection = connection
        self._cipher = cipher
        self._clock = clock
        self._replica = uuid4().hex
        self._heartbeat: asyncio.Task[None] | None = None
        self.replicas = 1
        """Number of replicas, including this one."""

    def start(self) -> None:
        """Start sending heartbeats."""
        self._heartbeat = asyncio.create_task(self._send_heartbeats())

    async def close(self) -> None:
        """Stop sending heartbeats."""
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            await asyncio.gather(self._heartbeat, return_exceptions=True)

    async def take(self, bucket: tuple[str, ...], window: int, permits: int, limit: int) -> int:
        """How many of the requested permits of a window this replica gets."""
        key_name = self._cipher.key_name("window", *bucket, str(window))

        async def work(redis: Any) -> int:
            return int(await redis.eval(TAKE_SCRIPT, 1, key_name, permits, WINDOW_MS))

        used = await self._connection.run(work)
        return permits if used is None else max(0, min(permits, limit - (used - permits)))

    async def _send_heartbeats(self) -> None:
        key_name = self._cipher.key_name("replicas")
        while True:
            now = self._clock.time()

            async def work(redis: Any, now: float = now) -> int:
                return int(await redis.eval(HEARTBEAT_SCRIPT, 1, key_name, now, self._replica, now - EXPIRY_S))

            self.replicas = max(1, await self._connection.run(work) or 1)
            await self._clock.sleep(HEARTBEAT_S)
