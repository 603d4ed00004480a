"""All that a client needs to share with other replicas, made once from where Redis is and how things are sealed."""

from dataclasses import dataclass
from typing import Self

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.redis.connection import RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher
from dexter_graphql.sentry.redis.invalidation import InvalidationChannel
from dexter_graphql.sentry.redis.rate_limit_shares import RateLimitShares


@dataclass(frozen=True, slots=True)
class RedisOptions:
    """Where Redis is, and the key that seals what is kept there. Never prints either."""

    url: str
    key: bytes
    keeps_events: bool = False
    """True to keep event bodies there too."""

    def __repr__(self) -> str:
        return "<RedisOptions>"


@dataclass(frozen=True, slots=True)
class RedisServices:
    """The line to Redis and what goes over it."""

    connection: RedisConnection
    cipher: Cipher
    invalidations: InvalidationChannel
    rate_limit_shares: RateLimitShares
    keeps_events: bool

    @classmethod
    def over(cls, options: RedisOptions, tag_versions: TagVersions, clock: Clock) -> Self:
        """Ready to be started; connects when something is first asked."""
        connection, cipher = RedisConnection(options.url, clock), Cipher(options.key)
        invalidations, rate_limit_shares = (
            InvalidationChannel(connection, cipher, tag_versions, clock),
            RateLimitShares(connection, cipher, clock),
        )
        return cls(connection, cipher, invalidations, rate_limit_shares, options.keeps_events)

    def start(self) -> None:
        """Begin what runs by itself; to be called in the event loop."""
        self.invalidations.start()
        self.rate_limit_shares.start()

    async def close(self) -> None:
        """End what runs, and close all connections."""
        await self.invalidations.close()
        await self.rate_limit_shares.close()
        await self.connection.close()
