"""Knows how issues are looked up: lists, by id, and the detail of one."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from typing_extensions import override

from dexter_graphql.loaders.base import Lookup, bulk, each, fan_out
from dexter_graphql.loaders.listing import by_organization
from dexter_graphql.loaders.stretches import Span, Stretch
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.catalogue import organizations
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.paging import Position, Slice, collect
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Member, Shape, misfit_in, records

Query = tuple[tuple[str, str], ...]
T = TypeVar("T")

RETENTION: Query = (("statsPeriod", "90d"),)
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


IDENTITY = Shape("Issue", "detail", (Member("id", "id", int | str),))
REFERENCE = Shape("ShortId", "detail", (Member("groupId", "groupId", int | str, is_required=True),))
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

    query: Query
    stretch: Stretch | None
    first: int
    after: Position | None
    cap: int


@dataclass(frozen=True, slots=True)
class IssuePage(Slice):
    """A part of an issue list, and the stretch of time it is about; None for all that Sentry keeps."""

    span: Span | None = None

    @property
    @override
    def part(self) -> Hashable:
        return (self.span, super(IssuePage, self).part)


@fan_out(target="Issue", uses=(catalogue.LIST,))
async def issue_pages(scope: Scope, lookup: Lookup) -> IssuePage:
    """A page of the organization's issues; options are an IssueList."""
    wanted: IssueList = lookup.options
    shape, pushed = lookup.remembered("issue_pages", lambda: _list_shape(lookup))
    span = None if wanted.stretch is None else lookup.span(wanted.stretch)
    query = (*wanted.query, *(RETENTION if span is None else span.query), *pushed)

    found = await collect(
        lambda size, cursor: lookup.client.page(
            catalogue.LIST, lookup.ticket, shape, scope=scope, query=query, size=size, cursor=cursor
        ),
        first=wanted.first,
        after=wanted.after,
        cap=wanted.cap,
    )
    members = (found.rows, found.positions, found.has_next, found.has_previous, found.hits, found.stopped)
    return IssuePage(*members, kept=found.kept, scope=found.scope, span=span)


def _list_shape(lookup: Lookup) -> tuple[Shape, Query]:
    """What is read of each row, as an issue and as what happened in the range, and the parameters that ask for it."""
    edges = lookup.below("edges.inRange", "IssueInRange")
    shape = lookup.merged(lookup.shape("list"), edges.shape("list"))
    return shape, pushdown(shape)


def stretch_query(stretch: Stretch | None, lookup: Lookup) -> Query:
    """The parameters of a stretch as of this request; of all that Sentry keeps for None."""
    return RETENTION if stretch is None else lookup.span(stretch).query


@bulk(target="Issue", uses=(catalogue.LIST, catalogue.DETAIL))
async def issues_by_id(keys: Sequence[IssueKey], lookup: Lookup) -> Mapping[IssueKey, Any]:
    """Issues by id: one detail call for one issue, one list call for up to a hundred of an organization."""
    if len(keys) == 1:
        return await each(keys, lambda key: _detail(key, lookup))
    shape = lookup.shape("list")

    async def answered(organization: OrganizationRef, mine: Sequence[IssueKey]) -> Mapping[IssueKey, Any]:
        return await _listed(Scope(organization), mine, shape, lookup, RETENTION)

    return await by_organization(keys, answered)


@fan_out(target="Issue", uses=(catalogue.DETAIL,), is_shared=True)
async def issue_details(key: IssueKey, lookup: Lookup) -> Any:
    """The detail of one issue; None when there is no such issue."""
    return await _detail(key, lookup)


@fan_out(target="Issue", uses=(organizations.SHORT_ID, catalogue.DETAIL), is_shared=True)
async def issue_by_short_id(key: ShortIdKey, lookup: Lookup) -> Any:
    """An issue by its short id: one call; where Sentry does not take it there, one more for its number."""
    found = await _detail(IssueKey(key.organization, key.short_id), lookup)
    if found is None:
        number = await numeric_id(key, lookup)
        return None if number is None else await lookup.load(issues_by_id, number)
    if not misfit_in(found, "id"):
        lookup.batches.know(issues_by_id, IssueKey(key.organization, str(found.id)), found)
    return found


async def numeric_id(key: ShortIdKey, lookup: Lookup) -> IssueKey | None:
    """The issue with a short id; None when there is none."""
    scope, path = Scope(key.organization), {"issue": key.short_id}
    try:
        found = await lookup.client.one(organizations.SHORT_ID, lookup.ticket, REFERENCE, scope=scope, path=path)
    except NotFound:
        return None
    if misfit := misfit_in(found, "groupId"):
        raise misfit
    return IssueKey(key.organization, str(found.groupId))


@fan_out(target="Issue", uses=(organizations.SHORT_ID, catalogue.DETAIL))
async def organization_issue(organization: OrganizationRef, lookup: Lookup) -> Any:
    """The issue of an organization whose short id the options are."""
    return await lookup.load(issue_by_short_id, ShortIdKey(organization, lookup.options))


async def _detail(key: IssueKey, lookup: Lookup) -> Any:
    shape = lookup.merged(lookup.shape("detail"), IDENTITY)
    members = {member.attr for member in shape.members}
    query = [("expand", value) for member, value in EXPANDABLE.items() if member in members]
    query += [("collapse", value) for value in ("stats", "tags") if value not in members]
    query += [("collapse", "release")] if not members & {"firstRelease", "lastRelease"} else []
    # Below it, the issue is known by its number alone.
    scope = Scope(key.organization, issue=key.id if key.id.isdecimal() else None)
    try:
        return await lookup.client.one(
            catalogue.DETAIL, lookup.ticket, shape, scope=scope, path={"issue": key.id}, query=query
        )
    except NotFound:
        return None


@bulk(target="IssueInRange", uses=(catalogue.STATS, catalogue.LIST), is_shared=False)
async def issues_in_range(keys: Sequence[IssueKey], lookup: Lookup) -> Mapping[IssueKey, Any]:
    """Counts and series of issues within the range in the options: one call for up to a hundred of an organization."""
    shape = lookup.shape("list")

    async def answered(organization: OrganizationRef, mine: Sequence[IssueKey]) -> Mapping[IssueKey, Any]:
        return await _in_range(Scope(organization), mine, shape, lookup)

    return await by_organization(keys, answered)


async def _in_range(scope: Scope, keys: Sequence[IssueKey], shape: Shape, lookup: Lookup) -> dict[IssueKey, Any]:
    """Through the operation for it, which is not published, else through the list."""
    stretch = lookup.span(lookup.options).query
    common = (*pushdown(shape), *stretch, ("query", ""))
    groups = tuple(("groups", key.id) for key in keys)

    async def counted() -> dict[IssueKey, Any]:
        page = await lookup.client.page(catalogue.STATS, lookup.ticket, shape, scope=scope, query=(*common, *groups))
        return _by_id(keys, page.rows)

    return await lookup.organizations.forms.ask(
        catalogue.STATS.name,
        scope.organization,
        first=counted,
        otherwise=lambda: _listed(scope, keys, shape, lookup, stretch),
    )


async def _listed(
    scope: Scope, keys: Sequence[IssueKey], shape: Shape, lookup: Lookup, stretch: Query
) -> dict[IssueKey, Any]:
    """Issues through the list."""
    common = (*pushdown(shape), *stretch)
    page = await by_group_or_search(
        keys,
        lambda those: lookup.client.page(
            catalogue.LIST, lookup.ticket, shape, scope=scope, query=(*common, *those), size=len(keys)
        ),
        lookup,
    )
    return _by_id(keys, page.rows)


async def by_group_or_search(keys: Sequence[IssueKey], ask: Callable[[Query], Awaitable[T]], lookup: Lookup) -> T:
    """What `ask` gives for a list of just these issues: by `group=`, which is not published, else by a search.

    All keys belong to one organization.
    """
    return await lookup.organizations.forms.ask(
        GROUP,
        keys[0].organization,
        first=lambda: ask((("query", ""), *(("group", key.id) for key in keys))),
        otherwise=lambda: ask((("query", f"issue.id:[{','.join(key.id for key in keys)}]"),)),
    )


def _by_id(keys: Sequence[IssueKey], rows: Sequence[Any]) -> dict[IssueKey, Any]:
    by_id = {str(row.id): row for row in records(rows)}
    return {key: by_id[key.id] for key in keys if key.id in by_id}


def pushdown(shape: Shape, *, keep: frozenset[str] = frozenset()) -> Query:
    """Ask the issue list for what will be read and for no more; `keep` names values of COLLAPSIBLE to have anyway."""
    members = {member.attr for member in shape.members}
    collapse = [
        ("collapse", value) for value, needed in COLLAPSIBLE.items() if not members & needed and value not in keep
    ]
    expand = [("expand", value) for member, value in EXPANDABLE.items() if member in members]
    stats = [("groupStatsPeriod", "auto" if "stats" in members else "")]
    return (*stats, *collapse, *expand)
