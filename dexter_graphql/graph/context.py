"""Context of one operation: identity, deadline, loaders and selections."""

from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from graphql import GraphQLResolveInfo
from graphql.execution.values import VariableValues

from dexter_graphql.clock import Clock
from dexter_graphql.engine.selection import SelectionIndex
from dexter_graphql.engine.variable_values import NO_VARIABLES
from dexter_graphql.graph.charge import Budgets, Charge, Price, rate_limit_members
from dexter_graphql.graph.errors import code_of_class
from dexter_graphql.graph.file_addresses import FileAddresses
from dexter_graphql.graph.identity import Identity
from dexter_graphql.loaders.base import LoadContext, Loader
from dexter_graphql.loaders.issues.visibility import IssueVisibility
from dexter_graphql.loaders.request_loaders import ProjectionFactory, RequestLoaders
from dexter_graphql.realtime.feed import ChangeFeed
from dexter_graphql.sentry.cache_entry import CacheEntry
from dexter_graphql.sentry.call import Priority
from dexter_graphql.sentry.call_context import CallBudget, CallContext, CallRecord
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.organization_directory import OrganizationDirectory
from dexter_graphql.sentry.parents import OrganizationRef


class Explain(StrEnum):
    """How much `extensions.dexter` contains about upstream calls; stale endpoints are always listed."""

    NOTHING = "nothing"
    SUMMARY = "summary"
    CALLS = "calls"
    ESTIMATE = "estimate"
    """The number of calls that the operation makes at most; it is not executed."""


class NodeLookup(NamedTuple):
    """How an object is found by its global id: `load` takes what `key` makes of the organization and the id's parts."""

    load: Loader
    key: Callable[[OrganizationRef, tuple[str, ...]], Hashable]


class EntityRegistry(ProjectionFactory, Protocol):
    """The entities of the schema."""

    def node_lookup(self, typename: str) -> NodeLookup | None:
        """The lookup of objects whose global ids have that type name; None when there are none."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """What all operations share, for the lifetime of the server.

    `web_url` is the URL of Sentry's web interface; `deadline_s`, `call_budget` and `max_values` bound each operation.
    """

    client: SentryClient
    organizations: OrganizationDirectory
    entities: EntityRegistry
    clock: Clock
    changes: ChangeFeed
    visibility: IssueVisibility
    files: FileAddresses
    web_url: str = "https://sentry.io"
    deadline_s: float = 30.0
    call_budget: int = 100
    max_values: int = 5_000_000
    budgets: Budgets | None = None
    """Budgets of calls for each caller and window of time; None without limit."""


Callers = Callable[[], Iterable[str]]
"""Subjects of the callers who may be charged for the next answer, the first one first."""


class SharedStream(NamedTuple):
    """A stream that is computed for several subscribers.

    It begins after a position, or with new changes when that is None; its `after` argument does not count. `take_turn`
    is awaited before each item.
    """

    after: str | None
    callers: Callers
    take_turn: Callable[[], Awaitable[None]]


class CacheDependencies(NamedTuple):
    """The fresh cache entries that a response was made from, and when it expires, in seconds since the epoch."""

    sources: tuple[CacheEntry, ...]
    until: float


NO_PRICE = Price(calls=0, values=0)


@dataclass(slots=True)
class Context:
    """Context of one operation until its deadline. Call context and loaders are created on first use.

    A subscription renews it for each item that it checks, and answers items in contexts of their own.
    """

    services: Services
    identity: Identity
    request_id: str
    priority: Priority = Priority.INTERACTIVE
    explain: Explain = Explain.NOTHING
    is_shared: Callable[[], bool] = lambda: False
    """Whether other requests wait for the same response."""
    stream: "Context | None" = None
    """Context of the stream whose items are answered; None for other operations."""
    events: int = 1
    """Items that are answered together; each has the budget of calls of an operation."""
    shared: SharedStream | None = None
    """The stream that is computed for several subscribers; None for other operations."""
    deadline: float = field(init=False)
    charges: list[Charge] = field(default_factory=list, init=False)
    """What the caller was charged; empty before it is known."""
    position: str | None = field(default=None, init=False)
    """Signed position after the item of a stream that is answered; None for other operations."""
    start: str | None = field(default=None, init=False)
    """Signed position at which a stream began; None for other operations."""
    groups_events: bool = field(default=True, init=False)
    """True until items of a stream were answered without calls, and again after one that made a call."""
    _call_context: CallContext | None = field(default=None, init=False)
    _loaders: RequestLoaders | None = field(default=None, init=False)
    _selection_index: SelectionIndex | None = field(default=None, init=False)
    _variables: VariableValues = field(default=NO_VARIABLES, init=False)
    _own_selection_index: SelectionIndex | None = field(default=None, init=False)
    """The one that was made for this operation, and is no part of a plan."""

    def __post_init__(self) -> None:
        self.deadline = self._deadline()

    @property
    def caller(self) -> str:
        """Subject of the caller, for quotas and fairness."""
        return self.identity.caller.subject

    def use_selection(self, selection_index: SelectionIndex, variables: VariableValues) -> None:
        """Use the selections of the operation; those of a plan are shared by executions with other variables."""
        self._selection_index = selection_index
        self._variables = variables
        if self._loaders is not None:
            self._loaders.use_selection(selection_index.all_on_type, variables)

    @property
    def call_context(self) -> CallContext:
        """Deadline, budget, priority, credential and statistics of its upstream calls."""
        if self._call_context is None:
            budget = CallBudget(self.events * self.services.call_budget)
            self._call_context = self.identity.call_context(
                deadline=self.deadline, budget=budget, priority=self.priority
            )
        return self._call_context

    @property
    def loaders(self) -> RequestLoaders:
        """Its loaders; their current time is that of the first use."""
        if self._loaders is None:
            services = self.services
            self._loaders = RequestLoaders(
                services.client,
                services.organizations,
                self.call_context,
                services.entities,
                now=services.clock.now(),
            )
            if self._selection_index is not None:
                self._loaders.use_selection(self._selection_index.all_on_type, self._variables)
        return self._loaders

    def is_in_time(self) -> bool:
        """True until the deadline."""
        return self.services.clock.time() < self.deadline

    def selection_index(self, info: GraphQLResolveInfo[Any]) -> SelectionIndex:
        """The selections of this operation."""
        index = self._selection_index
        if index is None:
            index = self._own_selection_index = SelectionIndex.of(info)
            self.use_selection(index, index.variables)
        return index

    def extensions(self) -> dict[str, Any]:
        """The content of `extensions.dexter`."""
        if self._call_context is None and self.explain is Explain.NOTHING:
            return {}
        stats = self.call_context.stats
        members: dict[str, Any] = {"stale": list(stats.stale)} if stats.stale else {}
        if self.explain is not Explain.NOTHING:
            members |= {
                "upstreamCalls": stats.upstream_calls,
                "cacheHits": stats.cache_hits,
                "sharedFlights": stats.shared_flights,
                "retries": stats.retries,
                "waitedMs": _ms(stats.waited_s),
            }
            if self.is_shared():
                members["shared"] = True
            members |= self._rate_limit_members()
        if self.explain is Explain.CALLS:
            members["calls"] = [_explain_call(record) for record in stats.records]
        return members

    @property
    def charge(self) -> Charge | None:
        """What the caller was charged last; None before it is known."""
        return self.charges[-1] if self.charges else None

    def start_of(self, after: str | None) -> str | None:
        """The position after which a stream begins whose argument says `after`."""
        return after if self.shared is None else self.shared.after

    async def charge_for(self, price: Price, calls: int) -> Charge | None:
        """Charge the caller for that many calls; None when less is left.

        What is for several callers is charged to the first one that has the budget.
        """
        budgets, charge = self.services.budgets, None
        if budgets is None:
            charge = Charge(price)
        else:
            for caller in (self.caller,) if self.shared is None else self.shared.callers():
                charge = await budgets.charge(caller, price, calls)
                if charge is not None:
                    break
        if charge is not None:
            self.charges.append(charge)
        return charge

    async def _refund(self) -> None:
        """Return what was charged and not spent."""
        spent = 0 if self._call_context is None else self._call_context.stats.first_attempts
        while self.charges:
            await self.charges.pop().refund(spent)
            spent = 0

    def _rate_limit_members(self) -> dict[str, Any]:
        charge = self.charge
        if charge is None:
            return {}
        status = charge.status_with_unspent(self.call_context.stats.first_attempts)
        return {"rateLimit": rate_limit_members(charge.price, status)}

    def cache_dependencies(self) -> CacheDependencies | None:
        """What the response depends on; None when it cannot be cached."""
        if self.explain is not Explain.NOTHING or self._loaders is None or not self.call_context.stats.is_cacheable:
            return None
        return CacheDependencies(tuple(self.call_context.stats.sources), self._loaders.stable_until.timestamp())

    def for_events(self, count: int) -> "Context":
        """The context in which that many items of a stream are answered together."""
        return replace(self, stream=self, events=count)

    def begin_answer(self, item: Any) -> None:
        """Remember the position of the item whose answer is next."""
        self.position = item.position

    async def renew(self) -> None:
        """Reset deadline, budget and loaders for the next item of a stream that is checked.

        The calls of checks are charged when they were made, because most checks make none.
        """
        if self.shared is not None:
            await self.shared.take_turn()
        price = self.charge.price if self.charge is not None else NO_PRICE
        await self.close()
        await self.charge_for(price, 0)
        self.deadline = self._deadline()
        self._call_context = self._loaders = None

    async def close(self) -> None:
        """Cancel what still runs for this operation, and return what it was charged and has not spent."""
        if self.stream is not None:
            self.stream.groups_events = self._call_context is not None and self._call_context.stats.upstream_calls > 0
        if self._loaders is not None:
            await self._loaders.close()
        await self._refund()
        if self._own_selection_index is not None:
            self._own_selection_index.clear()

    def _deadline(self) -> float:
        return self.services.clock.time() + self.services.deadline_s


def _explain_call(record: CallRecord) -> dict[str, Any]:
    members: dict[str, Any] = {"endpoint": record.title, "ms": _ms(record.took_s)}
    if record.error_class is None:
        members["origin"] = record.origin
    else:
        members["error"] = code_of_class(record.error_class)
    if record.is_stale:
        members["stale"] = True
    if record.retries or record.waited_s:
        members |= {"retries": record.retries, "waitedMs": _ms(record.waited_s)}
    return members


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def context_of(load_context: LoadContext) -> Context:
    """The context of the operation in which a field is resolved; raises TypeError for loaders."""
    if not isinstance(load_context.operation, Context):
        raise TypeError("The load context of a loader has no operation")
    return load_context.operation
