"""Deadline, budget, priority, credential and statistics of one operation's calls to Sentry."""

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from dexter_graphql.sentry.cache_entry import CacheEntry
from dexter_graphql.sentry.call import Priority, Reply, Upstream
from dexter_graphql.sentry.errors import BudgetExhausted, SentryError, Unauthorized
from dexter_graphql.sentry.restriction import AccessLevel

MAX_RECORDS = 500
MAX_REACHES = 256
"""Sets of projects of which the organizations are remembered."""


class Spender(NamedTuple):
    """What makes calls, as errors name it, and what needs fewer calls; empty when nothing does."""

    name: str
    cheaper: str = ""


@dataclass(slots=True)
class CallBudget:
    """Number of upstream calls that one operation may make, and how many of them each spender has made."""

    limit: int
    spent: int = 0
    by_spender: Counter[Spender] = field(default_factory=Counter)

    def spend(self, spender: Spender | None = None) -> None:
        """Count one call; raises BudgetExhausted, which names the spender of most calls, when none is left."""
        if self.spent >= self.limit:
            (name, cheaper), calls = max(self.by_spender.items(), key=_count_and_name, default=(Spender(""), 0))
            raise BudgetExhausted(self.limit, spender=name, calls=calls, cheaper=cheaper)
        self.spent += 1
        if spender is not None:
            self.by_spender[spender] += 1


class CallRecord(NamedTuple):
    """One call of the operation. `origin` is `wire`, `cache`, `shared` (Redis) or `flight`; empty for a failed call."""

    title: str
    origin: str
    took_s: float
    waited_s: float
    retries: int
    is_stale: bool
    error_class: type[SentryError] | None = None
    """Class of the error of a failed call; the error itself holds frames, and they hold this record."""


@dataclass(slots=True)
class CallStats:
    """Counts of the operation's calls by origin, and a record of each of the first ones."""

    upstream_calls: int = 0
    first_attempts: int = 0
    """Upstream calls without those that were sent again."""
    cache_hits: int = 0
    shared_flights: int = 0
    retries: int = 0
    waited_s: float = 0.0
    stale: list[str] = field(default_factory=list)
    """Titles of the endpoints whose stale responses were used, in order, each once."""
    records: list[CallRecord] = field(default_factory=list)
    requested: int = 0
    """Calls that were begun, failed ones included."""
    sources: list[CacheEntry] = field(default_factory=list)
    """Cache entries of the responses that were used."""
    tags: set[str] = field(default_factory=set)
    """Cache tags of all calls that were begun: what the operation's answer depends on."""
    rejection: Unauthorized | None = None
    """Why Sentry rejected the operation's credential; no further call is made then."""

    @property
    def is_cacheable(self) -> bool:
        """True when all calls were answered from fresh cache entries, or filled them."""
        return 0 < self.requested == len(self.sources) and not self.stale

    def record(self, title: str, reply: Reply, took_s: float) -> None:
        """Count a call that was answered."""
        if reply.cache_entry is not None:
            self.sources.append(reply.cache_entry)
        self.cache_hits += reply.origin in {"cache", "shared"}
        self.shared_flights += reply.origin == "flight"
        self.retries += reply.retries
        self.waited_s += reply.waited_s
        if reply.is_stale and title not in self.stale:
            self.stale.append(title)
        self._add(CallRecord(title, reply.origin, took_s, reply.waited_s, reply.retries, reply.is_stale))

    def record_failure(self, title: str, error: SentryError, took_s: float) -> None:
        """Count a call that failed."""
        self.retries += error.retries
        self._add(CallRecord(title, "", took_s, 0.0, error.retries, is_stale=False, error_class=type(error)))

    def _add(self, record: CallRecord) -> None:
        if len(self.records) < MAX_RECORDS:
            self.records.append(record)


@dataclass(frozen=True, slots=True)
class CallContext:
    """What an operation passes with each of its calls. `deadline` is in seconds since the epoch."""

    upstream: Upstream
    deadline: float
    budget: CallBudget
    priority: Priority = Priority.INTERACTIVE
    caller: str = ""
    """Key of the subject for fairness between callers."""
    access: AccessLevel = AccessLevel.ADMIN
    projects: frozenset[str] | None = None
    """The projects that the caller may reach, as `organization/project`; None for all that the credential can see."""
    is_shared_token: bool = False
    """True when several callers share the credential, so that `me` does not mean one of them."""
    stats: CallStats = field(default_factory=CallStats)
    spender: Spender | None = None
    """What makes the calls, where that is known."""

    def charged_to(self, spender: Spender | None) -> "CallContext":
        """The context of calls that this spender makes; without one, of the same spender."""
        return self if spender is None else replace(self, spender=spender)

    def may_reach(self, organization: str) -> bool:
        """True when the caller may reach projects of the organization, which is named by its slug."""
        return self.projects is None or organization in self.organizations

    @property
    def organizations(self) -> frozenset[str]:
        """The slugs of the organizations of its projects."""
        return frozenset() if self.projects is None else _organizations_of(self.projects)

    def unrestricted(self) -> "CallContext":
        """The context of calls whose answers the caller does not get."""
        return replace(self, projects=None)


@lru_cache(MAX_REACHES)
def _organizations_of(projects: frozenset[str]) -> frozenset[str]:
    return frozenset(project.partition("/")[0] for project in projects)


def _count_and_name(item: tuple[Spender, int]) -> tuple[int, Spender]:
    return item[1], item[0]
