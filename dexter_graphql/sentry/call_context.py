"""Knows what one operation brings to each of its calls: whose credential, until when, how urgent, how many."""

from dataclasses import dataclass, field
from typing import NamedTuple

from dexter_graphql.sentry.cache_entry import CacheEntry
from dexter_graphql.sentry.call import Priority, Reply, Upstream
from dexter_graphql.sentry.errors import BudgetExhausted

MAX_RECORDS = 500


@dataclass(slots=True)
class CallBudget:
    """Counts upstream calls of one operation and refuses the one after the last."""

    limit: int
    spent: int = 0

    def spend(self) -> None:
        """Take one call from the budget; raises BudgetExhausted when there is none left."""
        if self.spent >= self.limit:
            raise BudgetExhausted(self.limit)
        self.spent += 1


class CallRecord(NamedTuple):
    """What became of one call that the operation made: `origin` is `wire`, `cache`, `shared` or `flight`."""

    title: str
    origin: str
    took_s: float
    waited_s: float
    retries: int
    is_stale: bool


@dataclass(slots=True)
class CallStats:
    """What the operation's calls did: counts by origin, what was stale, and a line for each of the first ones."""

    upstream_calls: int = 0
    cache_hits: int = 0
    shared_flights: int = 0
    retries: int = 0
    waited_s: float = 0.0
    stale: list[str] = field(default_factory=list)
    """Titles of the endpoints whose stale answers were used, in order, without repeats."""
    records: list[CallRecord] = field(default_factory=list)
    requested: int = 0
    """Answers asked for, whatever became of them."""
    sources: list[CacheEntry] = field(default_factory=list)
    """What this process keeps of the answers that are in its cache."""

    @property
    def is_cacheable(self) -> bool:
        """True when everything that was learned stands in fresh answers of the cache, and in nothing else."""
        return 0 < self.requested == len(self.sources) and not self.stale

    def record(self, title: str, reply: Reply, took_s: float) -> None:
        """Count one answer."""
        if reply.cache_entry is not None:
            self.sources.append(reply.cache_entry)
        self.cache_hits += reply.origin in {"cache", "shared"}
        self.shared_flights += reply.origin == "flight"
        self.retries += reply.retries
        self.waited_s += reply.waited_s
        if reply.is_stale and title not in self.stale:
            self.stale.append(title)
        if len(self.records) < MAX_RECORDS:
            self.records.append(CallRecord(title, reply.origin, took_s, reply.waited_s, reply.retries, reply.is_stale))


@dataclass(frozen=True, slots=True)
class CallContext:
    """Handed to the client with each call. `deadline` is in seconds since the epoch."""

    upstream: Upstream
    deadline: float
    budget: CallBudget
    priority: Priority = Priority.INTERACTIVE
    caller: str = ""
    stats: CallStats = field(default_factory=CallStats)
