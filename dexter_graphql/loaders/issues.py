"""Knows how issues are looked up: lists, by id, and the detail of one."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, bulk, chunks, each, fan_out
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.errors import BadRequest, NotFound
from dexter_graphql.sentry.paging import Position, Slice, collect
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Shape

Query = tuple[tuple[str, str], ...]

EXPANDABLE = {"owners": "owners", "inbox": "inbox", "integrationIssues": "integrationIssues"}
"""Member → value of `expand=` that brings it."""

COLLAPSIBLE = {
    "stats": frozenset({"stats"}),
    "filtered": frozenset({"filtered"}),
    "lifetime": frozenset({"lifetime", "count", "userCount", "firstSeen", "lastSeen"}),
    "unhandled": frozenset({"isUnhandled"}),
}
"""Value of `collapse=` → members that go with it."""


class IssueKey(NamedTuple):
    """An issue by Sentry's numeric id, as text."""

    organization: OrganizationRef
    id: str


class IssueList(NamedTuple):
    """A search: parameters of the issue list without paging, and the part that is wanted."""

    query: Query
    first: int
    after: Position | None
    cap: int


@fan_out(target="Issue", uses=(catalogue.LIST,))
async def issue_pages(scope: Scope, lookup: Lookup) -> Slice:
    """A page of the organization's issues; options are an IssueList."""
    wanted: IssueList = lookup.options
    edges = lookup.below("edges.inRange", "IssueInRange")
    shape = lookup.merged(lookup.shape("list"), edges.shape("list"))
    query = (*wanted.query, *pushdown(shape))

    return await collect(
        lambda size, cursor: lookup.client.page(
            catalogue.LIST, lookup.ticket, shape, scope=scope, query=query, size=size, cursor=cursor
        ),
        first=wanted.first,
        after=wanted.after,
        cap=wanted.cap,
    )


@bulk(target="Issue", uses=(catalogue.LIST, catalogue.DETAIL))
async def issues_by_id(keys: Sequence[IssueKey], lookup: Lookup) -> Mapping[IssueKey, Any]:
    """Issues by id: one detail call for one issue, one list call for up to a hundred of an organization."""
    if len(keys) == 1:
        return await each(keys, lambda key: _detail(key, lookup))
    found: dict[IssueKey, Any] = {}
    for organization in dict.fromkeys(key.organization for key in keys):
        mine = [key for key in keys if key.organization == organization]
        for chunk in chunks(mine, catalogue.LIST.batch.limit if catalogue.LIST.batch else 100):
            found |= await _listed(Scope(organization), chunk, lookup)
    return found


@fan_out(target="Issue", uses=(catalogue.DETAIL,), is_shared=True)
async def issue_details(key: IssueKey, lookup: Lookup) -> Any:
    """The detail of one issue; None when there is no such issue."""
    return await _detail(key, lookup)


async def _detail(key: IssueKey, lookup: Lookup) -> Any:
    shape = lookup.shape("detail")
    members = {member.attr for member in shape.members}
    query = [("expand", value) for member, value in EXPANDABLE.items() if member in members]
    query += [("collapse", value) for value in ("stats", "tags") if value not in members]
    query += [("collapse", "release")] if not members & {"firstRelease", "lastRelease"} else []
    scope = Scope(key.organization, issue=key.id)
    try:
        return await lookup.client.one(
            catalogue.DETAIL, lookup.ticket, shape, scope=scope, path={"issue": key.id}, query=query
        )
    except NotFound:
        return None


async def _listed(scope: Scope, keys: Sequence[IssueKey], lookup: Lookup) -> dict[IssueKey, Any]:
    """Issues through the list: by `group=`, which is not published, else by a search for their ids."""
    shape = lookup.shape("list")
    common = pushdown(shape)
    by_group = (*common, ("query", ""), *(("group", key.id) for key in keys))
    by_search = (*common, ("query", f"issue.id:[{','.join(key.id for key in keys)}]"), ("statsPeriod", "90d"))
    for query in (by_group, by_search):
        try:
            page = await lookup.client.page(catalogue.LIST, lookup.ticket, shape, scope=scope, query=query)
        except (BadRequest, NotFound):
            if query is by_search:
                raise
            continue
        rows = {str(row.id): row for row in page.rows if hasattr(row, "id")}
        return {key: rows.get(key.id) for key in keys}
    return {}


def pushdown(shape: Shape) -> Query:
    """Ask the issue list for what will be read and for no more."""
    members = {member.attr for member in shape.members}
    collapse = [("collapse", value) for value, needed in COLLAPSIBLE.items() if not members & needed]
    expand = [("expand", value) for member, value in EXPANDABLE.items() if member in members]
    stats = [("groupStatsPeriod", "auto" if "stats" in members else "")]
    return (*stats, *collapse, *expand)
