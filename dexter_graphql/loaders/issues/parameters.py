"""Query parameters of the issue list: time range, selection pushdown and selection by ID."""

from collections.abc import Awaitable, Callable, Sequence
from types import MappingProxyType
from typing import TypeVar

from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.time_ranges import TimeRange
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.projection import Projection

T = TypeVar("T")

RETENTION: QueryParameters = (("statsPeriod", "90d"),)
"""As long as Sentry keeps events. A relative period keeps the call, and with it the cached response, the same from one
minute to the next."""
EXPANDABLE = MappingProxyType(
    {name: name for name in ("owners", "inbox", "integrationIssues", "latestEventHasAttachments")}
)
"""Member → value of `expand=` that adds it."""
COLLAPSIBLE = MappingProxyType(
    {
        "stats": frozenset({"stats"}),
        "filtered": frozenset({"filtered"}),
        "lifetime": frozenset({"lifetime", "count", "userCount", "firstSeen", "lastSeen"}),
        "unhandled": frozenset({"isUnhandled"}),
    }
)
"""Value of `collapse=` → members that it removes."""
COLLAPSE_ALL: QueryParameters = repeated("collapse", COLLAPSIBLE)
GROUP_PARAMETER = f"{catalogue.LIST.name}?group="
"""Name of the capability to select issues by `group=`."""


def with_row_filter(projection: Projection, load_context: LoadContext) -> Projection:
    """The projection with the members that the row filter of the options reads."""
    row_filter = load_context.options.row_filter
    if row_filter is None:
        return projection
    return load_context.merge_projections(projection, Projection("Issue", "list", row_filter.members))


def range_parameters(time_range: TimeRange | None, load_context: LoadContext) -> QueryParameters:
    """The parameters of a time range; those of the retention period for None."""
    return RETENTION if time_range is None else load_context.interval(time_range).query


def pushdown(projection: Projection, *, keep: frozenset[str] = frozenset()) -> QueryParameters:
    """Parameters that reduce the issue list to the needed members; `keep` are values of COLLAPSIBLE to leave out."""
    members = {member.attr for member in projection.members}
    collapse = [value for value, removed in COLLAPSIBLE.items() if not members & removed and value not in keep]
    expand = [value for member, value in EXPANDABLE.items() if member in members]
    period = ("groupStatsPeriod", "auto" if "stats" in members else "")
    return (period, *repeated("collapse", collapse), *repeated("expand", expand))


async def with_id_parameters(
    keys: Sequence[IssueKey], fetch: Callable[[QueryParameters], Awaitable[T]], load_context: LoadContext
) -> T:
    """The result of `fetch` with the parameters that select these issues of one organization.

    They are the undocumented `group=` and, where the host refuses it, a search.
    """
    return await load_context.organizations.capabilities.prefer(
        GROUP_PARAMETER,
        keys[0].organization,
        preferred=lambda: fetch((("query", ""), *repeated("group", (key.id for key in keys)))),
        fallback=lambda: fetch((("query", f"issue.id:[{','.join(key.id for key in keys)}]"),)),
    )
