"""Knows what belongs to one request: identity, deadline, batches, and what the walker found."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from graphql import GraphQLResolveInfo

from dexter_graphql.clock import Clock
from dexter_graphql.engine.selection import Walker
from dexter_graphql.graph.identity import Identity
from dexter_graphql.loaders.base import Batches, Lookup, Shaper
from dexter_graphql.realtime.changes import Changes
from dexter_graphql.sentry.call import Priority
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.kept import Kept
from dexter_graphql.sentry.regions import Organizations
from dexter_graphql.sentry.ticket import Budget, Line, Ticket


class Explain(StrEnum):
    """What an answer tells of the calls that it took, besides what is stale."""

    NOTHING = "nothing"
    SUMMARY = "summary"
    CALLS = "calls"


@dataclass(frozen=True, slots=True)
class Services:
    """What lives as long as the server and every request may use.

    `web_url` is the address of Sentry's pages; `deadline_s` and `call_budget` bound each operation.
    """

    client: SentryClient
    organizations: Organizations
    shaper: Shaper
    clock: Clock
    changes: Changes
    web_url: str = "https://sentry.io"
    deadline_s: float = 30.0
    call_budget: int = 100


class Lasting(NamedTuple):
    """What an answer was made of, all of it kept and fresh, and until when (seconds since the epoch) it is the same."""

    sources: tuple[Kept, ...]
    until: float


@dataclass(slots=True)
class Context:
    """One operation, from now until its deadline. What it needs to ask Sentry is made when it first asks.

    An operation that lasts (a subscription) renews it for each item that it sends.
    """

    services: Services
    identity: Identity
    request_id: str
    priority: Priority = Priority.INTERACTIVE
    explain: Explain = Explain.NOTHING
    deadline: float = field(init=False)
    is_personal: bool = field(default=False, init=False)
    """True when something looked at the operation itself: what it is told may be about the caller."""
    _ticket: Ticket | None = field(default=None, init=False)
    _batches: Batches | None = field(default=None, init=False)
    _walker: Walker | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.deadline = self._deadline()

    @property
    def caller(self) -> str:
        """Who asks, for whatever is shared out between callers."""
        return self.identity.caller.subject

    def follow(self, walker: Walker) -> None:
        """Take what the operation selects from this walker."""
        self._walker = walker
        if self._batches is not None:
            self._batches.follow(walker.everywhere)

    @property
    def ticket(self) -> Ticket:
        """What each of its calls shows to the client."""
        if self._ticket is None:
            self._ticket = Ticket(
                upstream=self.identity.upstream,
                deadline=self.deadline,
                budget=Budget(self.services.call_budget),
                priority=self.priority,
                caller=self.identity.caller.subject,
            )
        return self._ticket

    @property
    def batches(self) -> Batches:
        """Its loaders; their present instant is when it first asks."""
        if self._batches is None:
            services = self.services
            self._batches = Batches(
                services.client, services.organizations, self.ticket, services.shaper, now=services.clock.now()
            )
            if self._walker is not None:
                self._batches.follow(self._walker.everywhere)
        return self._batches

    def walker(self, info: GraphQLResolveInfo[Any]) -> Walker:
        """The walker of this operation."""
        if self._walker is None:
            self.follow(Walker.of(info))
        return self._walker

    def extensions(self) -> dict[str, Any]:
        """What the answer tells about itself under `extensions.dexter`; empty when there is nothing to tell."""
        if self._ticket is None and self.explain is Explain.NOTHING:
            return {}
        ledger = self.ticket.ledger
        told: dict[str, Any] = {"stale": list(ledger.stale)} if ledger.stale else {}
        if self.explain is not Explain.NOTHING:
            told |= {
                "upstreamCalls": ledger.upstream_calls,
                "cacheHits": ledger.cache_hits,
                "sharedFlights": ledger.shared_flights,
                "retries": ledger.retries,
                "waitedMs": _ms(ledger.waited_s),
            }
        if self.explain is Explain.CALLS:
            told["calls"] = [_explained(line) for line in ledger.lines]
        return told

    def lasting(self) -> Lasting | None:
        """What would make the same answer again; None when something else went into it, or it tells of its calls."""
        is_told = self.explain is not Explain.NOTHING or self.is_personal
        if is_told or self._batches is None or not self.ticket.ledger.is_kept:
            return None
        return Lasting(tuple(self.ticket.ledger.sources), self._batches.same_until.timestamp())

    async def renew(self) -> None:
        """Begin anew for the next item: fresh deadline, budget and batches."""
        await self.close()
        self.deadline = self._deadline()
        self._ticket = self._batches = None

    async def close(self) -> None:
        """End what still runs for this operation."""
        if self._batches is not None:
            await self._batches.close()

    def _deadline(self) -> float:
        return self.services.clock.time() + self.services.deadline_s


def _explained(line: Line) -> dict[str, Any]:
    told = {"endpoint": line.title, "origin": line.origin, "ms": _ms(line.took_s)}
    if line.is_stale:
        told["stale"] = True
    if line.retries or line.waited_s:
        told |= {"retries": line.retries, "waitedMs": _ms(line.waited_s)}
    return told


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def context_of(lookup: Lookup) -> Context:
    """The operation for which a call was made."""
    if not isinstance(lookup.operation, Context):
        raise TypeError("This lookup belongs to a loader, which knows nothing of the operation")
    lookup.operation.is_personal = True
    return lookup.operation
