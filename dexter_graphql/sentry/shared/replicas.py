"""All that a client needs to share with other replicas, made once from where Redis is and how things are sealed."""

from dataclasses import dataclass
from typing import Self

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.generations import Generations
from dexter_graphql.sentry.shared.leases import Leases
from dexter_graphql.sentry.shared.line import Line
from dexter_graphql.sentry.shared.news import News
from dexter_graphql.sentry.shared.vault import Vault


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
class Replicas:
    """The line to Redis and what goes over it."""

    line: Line
    vault: Vault
    news: News
    leases: Leases
    keeps_events: bool

    @classmethod
    def over(cls, options: RedisOptions, generations: Generations, clock: Clock) -> Self:
        """Ready to be started; connects when something is first asked."""
        line, vault = Line(options.url, clock), Vault(options.key)
        news, leases = News(line, vault, generations, clock), Leases(line, vault, clock)
        return cls(line, vault, news, leases, options.keeps_events)

    def start(self) -> None:
        """Begin what runs by itself; to be called in the event loop."""
        self.news.start()
        self.leases.start()

    async def close(self) -> None:
        """End what runs, and close all connections."""
        await self.news.close()
        await self.leases.close()
        await self.line.close()
