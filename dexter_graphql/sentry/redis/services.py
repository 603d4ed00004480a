"""The services that a client uses to share data with other replicas."""

from dataclasses import dataclass
from typing import Self

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.credentials import CredentialRegistry
from dexter_graphql.sentry.redis.connection import RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher
from dexter_graphql.sentry.redis.invalidation import InvalidationChannel
from dexter_graphql.sentry.redis.leases import SharedLeases
from dexter_graphql.sentry.redis.marks import SharedMarks
from dexter_graphql.sentry.redis.options import RedisOptions
from dexter_graphql.sentry.redis.quota_windows import QuotaWindows
from dexter_graphql.sentry.redis.rate_limit_shares import RateLimitShares
from dexter_graphql.sentry.redis.shared_texts import SharedTexts


@dataclass(frozen=True, slots=True)
class RedisServices:
    """The connection to Redis and what uses it."""

    connection: RedisConnection
    cipher: Cipher
    invalidations: InvalidationChannel
    rate_limit_shares: RateLimitShares
    quota_windows: QuotaWindows
    keeps_events: bool

    @classmethod
    def connect(
        cls, options: RedisOptions, credentials: CredentialRegistry, tag_versions: TagVersions, clock: Clock
    ) -> Self:
        """Services that are ready to be started; the connection is opened by the first command."""
        connection, cipher = RedisConnection(options.url, clock), Cipher(options.key)
        return cls(
            connection,
            cipher,
            InvalidationChannel(connection, cipher, credentials, tag_versions, clock),
            RateLimitShares(connection, cipher, clock),
            QuotaWindows(connection, cipher),
            options.keeps_events,
        )

    def texts(self, kind: str, max_count: int) -> SharedTexts:
        """Texts of one kind that replicas share."""
        return SharedTexts(kind, max_count, self.connection, self.cipher)

    def marks(self, kind: str) -> SharedMarks:
        """Marks of one kind that replicas share."""
        return SharedMarks(kind, self.connection, self.cipher)

    def leases(self, kind: str) -> SharedLeases:
        """Leases of one kind that replicas compete for."""
        return SharedLeases(kind, self.connection, self.cipher)

    def start(self) -> None:
        """Start the background tasks; to be called in the event loop."""
        self.invalidations.start()
        self.rate_limit_shares.start()

    async def close(self) -> None:
        """End the background tasks and close all connections."""
        await self.invalidations.close()
        await self.rate_limit_shares.close()
        await self.connection.close()
