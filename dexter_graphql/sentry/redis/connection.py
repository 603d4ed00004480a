"""Connection to Redis with a short timeout; the only module of the client that imports redis-py."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from dexter_graphql.clock import Clock
from dexter_graphql.telemetry.logs import get_log

TIMEOUT_S = 1.0
"""For one command, which takes a millisecond unless Redis or this process is overloaded."""
PAUSE_S = 1.0
"""Pause after a failure, during which no command is sent."""
LONG_PAUSE_S = 5.0
"""Pause after a timeout: the next command may take as long, and requests wait for it."""
CONNECTIONS = 32
FAILURES = (RedisError, OSError, TimeoutError)

T = TypeVar("T")


class RedisConnection:
    """A pool of connections to one Redis. Logs once that Redis is lost, and once that it is back."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._clock = clock
        self._url = url
        self._redis = Redis(
            connection_pool=BlockingConnectionPool.from_url(
                url,
                max_connections=CONNECTIONS,
                timeout=TIMEOUT_S,
                socket_timeout=None,
                socket_connect_timeout=TIMEOUT_S,
                retry=Retry(NoBackoff(), 0),
            )
        )
        self._log = get_log("dexter.redis")
        self._is_up = True
        self._silent_until = 0.0

    def __repr__(self) -> str:
        return f"<RedisConnection {'up' if self._is_up else 'down'}>"

    @property
    def is_up(self) -> bool:
        """False since the last exchange failed."""
        return self._is_up

    async def run(self, work: Callable[[Redis], Awaitable[T]]) -> T | None:
        """The result of `work`; None when Redis does not answer."""
        if self._clock.monotonic() < self._silent_until:
            return None
        try:
            result = await self._run(work)
        except FAILURES as error:
            self._mark_down(error)
            return None
        self._mark_up()
        return result

    async def _run(self, work: Callable[[Redis], Awaitable[T]]) -> T:
        """Run `work`, a second time when a connection was lost: pooled ones are dead after a restart of Redis."""
        async with asyncio.timeout(TIMEOUT_S):
            try:
                return await work(self._redis)
            except (RedisConnectionError, OSError):
                await self._redis.connection_pool.disconnect(inuse_connections=False)
                return await work(self._redis)

    def dedicated(self) -> Redis:
        """A client with one connection, for commands that block; the caller catches FAILURES and closes it."""
        return Redis.from_url(
            self._url,
            single_connection_client=True,
            socket_timeout=None,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )

    def listener(self) -> PubSub:
        """A subscription; the caller reads it, catches FAILURES and closes it."""
        return self._redis.pubsub(ignore_subscribe_messages=True)

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()

    def _mark_down(self, error: BaseException) -> None:
        pause_s = LONG_PAUSE_S if isinstance(error, TimeoutError) else PAUSE_S
        self._silent_until = self._clock.monotonic() + pause_s
        if self._is_up:
            self._is_up = False
            # Not the message, which may contain the address and with it a password.
            self._log.warning("Redis is away; answers are cached in memory only", reason=type(error).__name__)

    def _mark_up(self) -> None:
        if not self._is_up:
            self._is_up = True
            self._log.info("Redis is back")
