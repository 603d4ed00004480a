"""Divides what Sentry allows between replicas: permits of a window in small batches, calls in flight by heads.

Without Redis each replica takes what it wants, and Sentry's own headers are what holds them together.
"""

import asyncio
from typing import Any
from uuid import uuid4

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.shared.line import Line
from dexter_graphql.sentry.shared.vault import Vault

BEAT_S = 1.0
GONE_S = 4.0
"""A replica that was not heard of for so long is gone."""
WINDOW_MS = 3_700_000
"""Longer than any window."""

TAKE = """
local used = redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return used
"""
BEAT = """
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
redis.call('PEXPIRE', KEYS[1], 60000)
return redis.call('ZCARD', KEYS[1])
"""


class Leases:
    """This replica's part of what all of them may do. `start` must be called in the event loop."""

    def __init__(self, line: Line, vault: Vault, clock: Clock) -> None:
        self._line = line
        self._vault = vault
        self._clock = clock
        self._me = uuid4().hex
        self._beating: asyncio.Task[None] | None = None
        self.replicas = 1
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
        place = self._vault.name("window", *bucket, str(window))

        async def work(redis: Any) -> int:
            return int(await redis.eval(TAKE, 1, place, wanted, WINDOW_MS))

        used = await self._line.ask(work)
        return wanted if used is None else max(0, min(wanted, limit - (used - wanted)))

    async def _beat(self) -> None:
        place = self._vault.name("replicas")
        while True:
            now = self._clock.time()

            async def work(redis: Any, now: float = now) -> int:
                return int(await redis.eval(BEAT, 1, place, now, self._me, now - GONE_S))

            self.replicas = max(1, await self._line.ask(work) or 1)
            await self._clock.sleep(BEAT_S)
