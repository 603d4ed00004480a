"""Knows how events are looked up: one by id, the newest of many issues, and the lists of an issue or a project."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk, chunks, fan_out
from dexter_graphql.loaders.issues.details import RETENTION, IssueKey, QueryParameters, range_parameters
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.loaders.time_ranges import TimeRange
from dexter_graphql.sentry.catalogue import events as catalogue
from dexter_graphql.sentry.catalogue import issues as issue_catalogue
from dexter_graphql.sentry.errors import ClientError, NotFound
from dexter_graphql.sentry.pagination import Position, Slice, collect
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, only_records

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
NEWEST_ID = Projection("Event", "newest", (Field("issue", "issue.id", int | str), Field("newest", NEWEST, str)))
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

    query: QueryParameters
    time_range: TimeRange | None
    first: int
    after: Position | None
    cap: int


@fan_out(target="Event", uses=(catalogue.DETAIL,), is_shared=True)
async def event_details(key: EventKey, load_context: LoadContext) -> Any:
    """The whole event; None when there is no such event."""
    parents = Parents(key.organization, project=key.project)
    path = {"project": key.project, "event": key.id}
    try:
        return await load_context.client.one(
            catalogue.DETAIL, load_context.call_context, load_context.projection("detail"), parents=parents, path=path
        )
    except NotFound:
        return None


@fan_out(target="Event", uses=(issue_catalogue.EVENT,), is_shared=True)
async def issue_events(key: IssueEventKey, load_context: LoadContext) -> Any:
    """One whole event of an issue; None when it has none."""
    parents = Parents(key.issue.organization, issue=key.issue.id)
    path = {"issue": key.issue.id, "event": key.which}
    try:
        return await load_context.client.one(
            issue_catalogue.EVENT,
            load_context.call_context,
            load_context.projection("detail"),
            parents=parents,
            path=path,
        )
    except NotFound:
        return None


@fan_out(target="Event", uses=(issue_catalogue.EVENT,))
async def issue_event_of(key: IssueKey, load_context: LoadContext) -> Any:
    """The event of an issue that the options name: an id, or a word such as `recommended`."""
    return await load_context.load(issue_events, IssueEventKey(key, load_context.options))


@bulk(target="Event", uses=(catalogue.DISCOVER, issue_catalogue.EVENT))
async def latest_events(keys: Sequence[IssueKey], load_context: LoadContext) -> Mapping[IssueKey, Any]:
    """The newest event of each issue: two calls for a hundred while light members are read, else one call each."""
    found: dict[IssueKey, Any] = {}
    if len(keys) > 1 and load_context.reads("detail") <= LIGHT.keys():
        for organization in dict.fromkeys(key.organization for key in keys):
            mine = [key for key in keys if key.organization == organization]
            for chunk in chunks(mine, 100):
                found |= await _light(organization, chunk, load_context)
    missing = [key for key in keys if key not in found]
    if not missing:
        return found
    single = await load_context.load_each(issue_events, [IssueEventKey(key, "latest") for key in missing])
    return found | {key.issue: event for key, event in single.items()}


@fan_out(target="Event", uses=(issue_catalogue.EVENTS,))
async def issue_event_pages(key: IssueKey, load_context: LoadContext) -> Slice:
    """A page of an issue's events, newest first; options are an EventList."""
    parents = Parents(key.organization, issue=key.id)
    projection, wanted = load_context.projection("list"), load_context.options
    query = (*wanted.query, *range_parameters(wanted.time_range, load_context))
    return await collect(
        lambda size, cursor: load_context.client.page(
            issue_catalogue.EVENTS,
            load_context.call_context,
            projection,
            parents=parents,
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
async def project_event_pages(key: ProjectKey, load_context: LoadContext) -> Slice:
    """A page of a project's error events, newest first; options are an EventList."""
    projection, wanted, path = load_context.projection("list"), load_context.options, {"project": key.id}
    query = (*wanted.query, *range_parameters(wanted.time_range, load_context))
    return await collect(
        lambda size, cursor: load_context.client.page(
            catalogue.LIST,
            load_context.call_context,
            projection,
            parents=Parents(key.organization),
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
async def event_attachments(key: EventKey, load_context: LoadContext) -> list[Any]:
    """Attachments of an event, at most a hundred."""
    parents = Parents(key.organization, project=key.project)
    path = {"project": key.project, "event": key.id}
    page = await load_context.client.page(
        catalogue.ATTACHMENTS, load_context.call_context, load_context.projection("list"), parents=parents, path=path
    )
    return page.rows


async def _light(
    organization: OrganizationRef, keys: Sequence[IssueKey], load_context: LoadContext
) -> dict[IssueKey, Any]:
    """Newest events with what Discover knows of them; error issues first, then issues of other categories."""
    found: dict[IssueKey, Any] = {}
    for dataset in ("errors", "issuePlatform"):
        missing = [key for key in keys if key not in found]
        table = Table(organization, dataset, load_context)
        try:
            newest = await _newest_ids(table, missing) if missing else {}
            rows = await _rows(table, list(newest.values())) if newest else {}
        except ClientError:
            return found
        found |= {key: rows[newest[key]] for key in missing if newest.get(key) in rows}
    return found


class Table(NamedTuple):
    """One dataset of Discover, asked on behalf of a lookup."""

    organization: OrganizationRef
    dataset: str
    load_context: LoadContext

    async def rows(self, projection: Projection, search: str) -> list[Any]:
        """Rows that match, with the members of the shape as fields."""
        fields = sorted({member.wire for member in projection.members})
        query = [*(("field", name) for name in fields), ("query", search), ("dataset", self.dataset), *RETENTION]
        page = await self.load_context.client.page(
            catalogue.DISCOVER,
            self.load_context.call_context,
            projection,
            parents=Parents(self.organization),
            query=query,
        )
        return only_records(page.rows)


async def _newest_ids(table: Table, keys: Sequence[IssueKey]) -> dict[IssueKey, str]:
    rows = await table.rows(NEWEST_ID, f"issue.id:[{','.join(key.id for key in keys)}]")
    by_issue = {str(row.issue): row.newest for row in rows if isinstance(row.newest, str)}
    return {key: by_issue[key.id] for key in keys if key.id in by_issue}


async def _rows(table: Table, ids: list[str]) -> dict[str, Any]:
    projection = table.load_context.memoized("light", lambda: _light_shape(table.load_context))
    return {row.eventID: row for row in await table.rows(projection, f"id:[{','.join(ids)}]")}


def _light_shape(load_context: LoadContext) -> Projection:
    wanted = load_context.projection("light")
    return replace(wanted, members=tuple(replace(one, wire=LIGHT[one.attr]) for one in wanted.members))
