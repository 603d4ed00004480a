"""Knows how issues are looked up: lists, by id, and the detail of one."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from typing_extensions import override

from dexter_graphql.loaders.base import LoadContext, bulk, each, fan_out
from dexter_graphql.loaders.lists import by_organization
from dexter_graphql.loaders.time_ranges import Interval, TimeRange
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.catalogue import organizations
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.pagination import Position, Slice, collect
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid, only_records

QueryParameters = tuple[tuple[str, str], ...]
T = TypeVar("T")

RETENTION: QueryParameters = (("statsPeriod", "90d"),)
"""As far back as Sentry keeps events. No stretch in whole minutes, so that the question, and with it the kept answer,
stays the same from one minute to the next."""

EXPANDABLE = {"owners": "owners", "inbox": "inbox", "integrationIssues": "integrationIssues"}
"""Member → value of `expand=` that brings it."""

COLLAPSIBLE = {
    "stats": frozenset({"stats"}),
    "filtered": frozenset({"filtered"}),
    "lifetime": frozenset({"lifetime", "count", "userCount", "firstSeen", "lastSeen"}),
    "unhandled": frozenset({"isUnhandled"}),
}
"""Value of `collapse=` → members that go with it."""
GROUP = f"{catalogue.LIST.name}?group="
"""Name of the form in which the list takes ids."""


IDENTITY = Projection("Issue", "detail", (Field("id", "id", int | str),))
REFERENCE = Projection("ShortId", "detail", (Field("groupId", "groupId", int | str, is_required=True),))
"""What a short id stands for."""


class IssueKey(NamedTuple):
    """An issue by Sentry's numeric id, as text."""

    organization: OrganizationRef
    id: str


class ShortIdKey(NamedTuple):
    """An issue by the id that people say, in upper case."""

    organization: OrganizationRef
    short_id: str


class IssueList(NamedTuple):
    """A search: parameters of the issue list, a stretch of time (None for all), and the part that is wanted."""

    query: QueryParameters
    time_range: TimeRange | None
    first: int
    after: Position | None
    cap: int


@dataclass(frozen=True, slots=True)
class IssuePage(Slice):
    """A part of an issue list, and the stretch of time it is about; None for all that Sentry keeps."""

    interval: Interval | None = None

    @property
    @override
    def fragment_key(self) -> Hashable:
        return (self.interval, super(IssuePage, self).fragment_key)


@fan_out(target="Issue", uses=(catalogue.LIST,))
async def issue_pages(parents: Parents, load_context: LoadContext) -> IssuePage:
    """A page of the organization's issues; options are an IssueList."""
    wanted: IssueList = load_context.options
    projection, pushed = load_context.memoized("issue_pages", lambda: _list_shape(load_context))
    interval = None if wanted.time_range is None else load_context.interval(wanted.time_range)
    query = (*wanted.query, *(RETENTION if interval is None else interval.query), *pushed)

    found = await collect(
        lambda size, cursor: load_context.client.page(
            catalogue.LIST,
            load_context.call_context,
            projection,
            parents=parents,
            query=query,
            size=size,
            cursor=cursor,
        ),
        first=wanted.first,
        after=wanted.after,
        cap=wanted.cap,
    )
    members = (found.rows, found.positions, found.has_next, found.has_previous, found.hits, found.stopped)
    return IssuePage(*members, cache_entry=found.cache_entry, parents=found.parents, interval=interval)


def _list_shape(load_context: LoadContext) -> tuple[Projection, QueryParameters]:
    """What is read of each row, as an issue and as what happened in the range, and the parameters that ask for it."""
    edges = load_context.child("edges.inRange", "IssueInRange")
    projection = load_context.merge_projections(load_context.projection("list"), edges.projection("list"))
    return projection, pushdown(projection)


def range_parameters(time_range: TimeRange | None, load_context: LoadContext) -> QueryParameters:
    """The parameters of a stretch as of this request; of all that Sentry keeps for None."""
    return RETENTION if time_range is None else load_context.interval(time_range).query


@bulk(target="Issue", uses=(catalogue.LIST, catalogue.DETAIL))
async def issues_by_id(keys: Sequence[IssueKey], load_context: LoadContext) -> Mapping[IssueKey, Any]:
    """Issues by id: one detail call for one issue, one list call for up to a hundred of an organization."""
    if len(keys) == 1:
        return await each(keys, lambda key: _detail(key, load_context))
    projection = load_context.projection("list")

    async def answered(organization: OrganizationRef, mine: Sequence[IssueKey]) -> Mapping[IssueKey, Any]:
        return await _listed(Parents(organization), mine, projection, load_context, RETENTION)

    return await by_organization(keys, answered)


@fan_out(target="Issue", uses=(catalogue.DETAIL,), is_shared=True)
async def issue_details(key: IssueKey, load_context: LoadContext) -> Any:
    """The detail of one issue; None when there is no such issue."""
    return await _detail(key, load_context)


@fan_out(target="Issue", uses=(organizations.SHORT_ID, catalogue.DETAIL), is_shared=True)
async def issue_by_short_id(key: ShortIdKey, load_context: LoadContext) -> Any:
    """An issue by its short id: one call; where Sentry does not take it there, one more for its number."""
    found = await _detail(IssueKey(key.organization, key.short_id), load_context)
    if found is None:
        number = await numeric_id(key, load_context)
        return None if number is None else await load_context.load(issues_by_id, number)
    if not first_invalid(found, "id"):
        load_context.loaders.prime(issues_by_id, IssueKey(key.organization, str(found.id)), found)
    return found


async def numeric_id(key: ShortIdKey, load_context: LoadContext) -> IssueKey | None:
    """The issue with a short id; None when there is none."""
    parents, path = Parents(key.organization), {"issue": key.short_id}
    try:
        found = await load_context.client.one(
            organizations.SHORT_ID, load_context.call_context, REFERENCE, parents=parents, path=path
        )
    except NotFound:
        return None
    if invalid := first_invalid(found, "groupId"):
        raise invalid
    return IssueKey(key.organization, str(found.groupId))


@fan_out(target="Issue", uses=(organizations.SHORT_ID, catalogue.DETAIL))
async def organization_issue(organization: OrganizationRef, load_context: LoadContext) -> Any:
    """The issue of an organization whose short id the options are."""
    return await load_context.load(issue_by_short_id, ShortIdKey(organization, load_context.options))


async def _detail(key: IssueKey, load_context: LoadContext) -> Any:
    projection = load_context.merge_projections(load_context.projection("detail"), IDENTITY)
    members = {member.attr for member in projection.members}
    query = [("expand", value) for member, value in EXPANDABLE.items() if member in members]
    query += [("collapse", value) for value in ("stats", "tags") if value not in members]
    query += [("collapse", "release")] if not members & {"firstRelease", "lastRelease"} else []
    # Below it, the issue is known by its number alone.
    parents = Parents(key.organization, issue=key.id if key.id.isdecimal() else None)
    try:
        return await load_context.client.one(
            catalogue.DETAIL,
            load_context.call_context,
            projection,
            parents=parents,
            path={"issue": key.id},
            query=query,
        )
    except NotFound:
        return None


@bulk(target="IssueInRange", uses=(catalogue.STATS, catalogue.LIST), is_shared=False)
async def issues_in_range(keys: Sequence[IssueKey], load_context: LoadContext) -> Mapping[IssueKey, Any]:
    """Counts and series of issues within the range in the options: one call for up to a hundred of an organization."""
    projection = load_context.projection("list")

    async def answered(organization: OrganizationRef, mine: Sequence[IssueKey]) -> Mapping[IssueKey, Any]:
        return await _in_range(Parents(organization), mine, projection, load_context)

    return await by_organization(keys, answered)


async def _in_range(
    parents: Parents, keys: Sequence[IssueKey], projection: Projection, load_context: LoadContext
) -> dict[IssueKey, Any]:
    """Through the operation for it, which is not published, else through the list."""
    time_range = load_context.interval(load_context.options).query
    common = (*pushdown(projection), *time_range, ("query", ""))
    groups = tuple(("groups", key.id) for key in keys)

    async def counted() -> dict[IssueKey, Any]:
        page = await load_context.client.page(
            catalogue.STATS, load_context.call_context, projection, parents=parents, query=(*common, *groups)
        )
        return _by_id(keys, page.rows)

    return await load_context.organizations.forms.ask(
        catalogue.STATS.name,
        parents.organization,
        first=counted,
        otherwise=lambda: _listed(parents, keys, projection, load_context, time_range),
    )


async def _listed(
    parents: Parents,
    keys: Sequence[IssueKey],
    projection: Projection,
    load_context: LoadContext,
    time_range: QueryParameters,
) -> dict[IssueKey, Any]:
    """Issues through the list."""
    common = (*pushdown(projection), *time_range)
    page = await by_group_or_search(
        keys,
        lambda those: load_context.client.page(
            catalogue.LIST,
            load_context.call_context,
            projection,
            parents=parents,
            query=(*common, *those),
            size=len(keys),
        ),
        load_context,
    )
    return _by_id(keys, page.rows)


async def by_group_or_search(
    keys: Sequence[IssueKey], ask: Callable[[QueryParameters], Awaitable[T]], load_context: LoadContext
) -> T:
    """What `ask` gives for a list of just these issues: by `group=`, which is not published, else by a search.

    All keys belong to one organization.
    """
    return await load_context.organizations.forms.ask(
        GROUP,
        keys[0].organization,
        first=lambda: ask((("query", ""), *(("group", key.id) for key in keys))),
        otherwise=lambda: ask((("query", f"issue.id:[{','.join(key.id for key in keys)}]"),)),
    )


def _by_id(keys: Sequence[IssueKey], rows: Sequence[Any]) -> dict[IssueKey, Any]:
    by_id = {str(row.id): row for row in only_records(rows)}
    return {key: by_id[key.id] for key in keys if key.id in by_id}


def pushdown(projection: Projection, *, keep: frozenset[str] = frozenset()) -> QueryParameters:
    """Ask the issue list for what will be read and for no more; `keep` names values of COLLAPSIBLE to have anyway."""
    members = {member.attr for member in projection.members}
    collapse = [
        ("collapse", value) for value, needed in COLLAPSIBLE.items() if not members & needed and value not in keep
    ]
    expand = [("expand", value) for member, value in EXPANDABLE.items() if member in members]
    stats = [("groupStatsPeriod", "auto" if "stats" in members else "")]
    return (*stats, *collapse, *expand)
