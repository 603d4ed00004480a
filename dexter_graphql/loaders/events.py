"""Knows how events are looked up: one by id, the newest of many issues, and the lists of an issue or a project."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, bulk, chunks, fan_out
from dexter_graphql.loaders.issues import RETENTION, IssueKey, Query, stretch_query
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.loaders.stretches import Stretch
from dexter_graphql.sentry.catalogue import events as catalogue
from dexter_graphql.sentry.catalogue import issues as issue_catalogue
from dexter_graphql.sentry.errors import NotFound, Refused
from dexter_graphql.sentry.paging import Position, Slice, collect
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Member, Shape, records

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "id": "id",
        "eventID": "id",
        "groupID": "issue.id",
        "projectID": "project.id",
        "title": "title",
        "message": "message",
        "dateCreated": "timestamp",
    }
)
"""Member of an event → field of Discover that has it."""
NEWEST = "latest_event()"
NEWEST_ID = Shape("Event", "newest", (Member("issue", "issue.id", int | str), Member("newest", NEWEST, str)))
"""The newest event of an issue, as Discover tells it."""


class EventKey(NamedTuple):
    """An event by the numeric id of its project and its own 32 hexadecimal digits."""

    organization: OrganizationRef
    project: str
    id: str


class IssueEventKey(NamedTuple):
    """One event of an issue: an event's id, or `latest`, `oldest`, `recommended`."""

    issue: IssueKey
    which: str


class EventList(NamedTuple):
    """The part of a list of events that is wanted, the parameters that narrow it, and a stretch; None for all."""

    query: Query
    stretch: Stretch | None
    first: int
    after: Position | None
    cap: int


@fan_out(target="Event", uses=(catalogue.DETAIL,), is_shared=True)
async def event_details(key: EventKey, lookup: Lookup) -> Any:
    """The whole event; None when there is no such event."""
    scope = Scope(key.organization, project=key.project)
    path = {"project": key.project, "event": key.id}
    try:
        return await lookup.client.one(catalogue.DETAIL, lookup.ticket, lookup.shape("detail"), scope=scope, path=path)
    except NotFound:
        return None


@fan_out(target="Event", uses=(issue_catalogue.EVENT,), is_shared=True)
async def issue_events(key: IssueEventKey, lookup: Lookup) -> Any:
    """One whole event of an issue; None when it has none."""
    scope = Scope(key.issue.organization, issue=key.issue.id)
    path = {"issue": key.issue.id, "event": key.which}
    try:
        return await lookup.client.one(
            issue_catalogue.EVENT, lookup.ticket, lookup.shape("detail"), scope=scope, path=path
        )
    except NotFound:
        return None


@fan_out(target="Event", uses=(issue_catalogue.EVENT,))
async def issue_event_of(key: IssueKey, lookup: Lookup) -> Any:
    """The event of an issue that the options name: an id, or a word such as `recommended`."""
    return await lookup.load(issue_events, IssueEventKey(key, lookup.options))


@bulk(target="Event", uses=(catalogue.DISCOVER, issue_catalogue.EVENT))
async def latest_events(keys: Sequence[IssueKey], lookup: Lookup) -> Mapping[IssueKey, Any]:
    """The newest event of each issue: two calls for a hundred while light members are read, else one call each."""
    found: dict[IssueKey, Any] = {}
    if len(keys) > 1 and lookup.reads("detail") <= LIGHT.keys():
        for organization in dict.fromkeys(key.organization for key in keys):
            mine = [key for key in keys if key.organization == organization]
            for chunk in chunks(mine, 100):
                found |= await _light(organization, chunk, lookup)
    missing = [key for key in keys if key not in found]
    if not missing:
        return found
    single = await lookup.load_each(issue_events, [IssueEventKey(key, "latest") for key in missing])
    return found | {key.issue: event for key, event in single.items()}


@fan_out(target="Event", uses=(issue_catalogue.EVENTS,))
async def issue_event_pages(key: IssueKey, lookup: Lookup) -> Slice:
    """A page of an issue's events, newest first; options are an EventList."""
    scope = Scope(key.organization, issue=key.id)
    shape, wanted = lookup.shape("list"), lookup.options
    query = (*wanted.query, *stretch_query(wanted.stretch, lookup))
    return await collect(
        lambda size, cursor: lookup.client.page(
            issue_catalogue.EVENTS,
            lookup.ticket,
            shape,
            scope=scope,
            path={"issue": key.id},
            query=query,
            size=size,
            cursor=cursor,
        ),
        first=wanted.first,
        after=wanted.after,
        cap=wanted.cap,
    )


@fan_out(target="Event", uses=(catalogue.LIST,))
async def project_event_pages(key: ProjectKey, lookup: Lookup) -> Slice:
    """A page of a project's error events, newest first; options are an EventList."""
    shape, wanted, path = lookup.shape("list"), lookup.options, {"project": key.id}
    query = (*wanted.query, *stretch_query(wanted.stretch, lookup))
    return await collect(
        lambda size, cursor: lookup.client.page(
            catalogue.LIST,
            lookup.ticket,
            shape,
            scope=Scope(key.organization),
            path=path,
            query=query,
            size=size,
            cursor=cursor,
        ),
        first=wanted.first,
        after=wanted.after,
        cap=wanted.cap,
    )


@fan_out(target="Attachment", uses=(catalogue.ATTACHMENTS,))
async def event_attachments(key: EventKey, lookup: Lookup) -> list[Any]:
    """Attachments of an event, at most a hundred."""
    scope = Scope(key.organization, project=key.project)
    path = {"project": key.project, "event": key.id}
    page = await lookup.client.page(catalogue.ATTACHMENTS, lookup.ticket, lookup.shape("list"), scope=scope, path=path)
    return page.rows


async def _light(organization: OrganizationRef, keys: Sequence[IssueKey], lookup: Lookup) -> dict[IssueKey, Any]:
    """Newest events with what Discover knows of them; error issues first, then issues of other categories."""
    found: dict[IssueKey, Any] = {}
    for dataset in ("errors", "issuePlatform"):
        missing = [key for key in keys if key not in found]
        table = Table(organization, dataset, lookup)
        try:
            newest = await _newest_ids(table, missing) if missing else {}
            rows = await _rows(table, list(newest.values())) if newest else {}
        except Refused:
            return found
        found |= {key: rows[newest[key]] for key in missing if newest.get(key) in rows}
    return found


class Table(NamedTuple):
    """One dataset of Discover, asked on behalf of a lookup."""

    organization: OrganizationRef
    dataset: str
    lookup: Lookup

    async def rows(self, shape: Shape, search: str) -> list[Any]:
        """Rows that match, with the members of the shape as fields."""
        fields = sorted({member.wire for member in shape.members})
        query = [*(("field", name) for name in fields), ("query", search), ("dataset", self.dataset), *RETENTION]
        page = await self.lookup.client.page(
            catalogue.DISCOVER, self.lookup.ticket, shape, scope=Scope(self.organization), query=query
        )
        return records(page.rows)


async def _newest_ids(table: Table, keys: Sequence[IssueKey]) -> dict[IssueKey, str]:
    rows = await table.rows(NEWEST_ID, f"issue.id:[{','.join(key.id for key in keys)}]")
    by_issue = {str(row.issue): row.newest for row in rows if isinstance(row.newest, str)}
    return {key: by_issue[key.id] for key in keys if key.id in by_issue}


async def _rows(table: Table, ids: list[str]) -> dict[str, Any]:
    shape = table.lookup.remembered("light", lambda: _light_shape(table.lookup))
    return {row.eventID: row for row in await table.rows(shape, f"id:[{','.join(ids)}]")}


def _light_shape(lookup: Lookup) -> Shape:
    wanted = lookup.shape("light")
    return replace(wanted, members=tuple(replace(one, wire=LIGHT[one.attr]) for one in wanted.members))
