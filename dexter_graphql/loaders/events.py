"""Loaders of events: by ID, the newest of many issues, the lists of an issue and of a project, and attachments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import (
    CHUNK_SIZE,
    LoadContext,
    Reads,
    bulk,
    call_per_chunk,
    chunks,
    fan_out,
    two_calls_per_key,
)
from dexter_graphql.loaders.discover import TABLES, DiscoverTable, by_issue_id, issue_search
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.event_lookup import EVENT_LOOKUP_ENDPOINTS, find_issue_event
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.parameters import range_parameters
from dexter_graphql.loaders.lists import fetch_list
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.sentry.catalogue import events as catalogue
from dexter_graphql.sentry.catalogue import issues as issue_catalogue
from dexter_graphql.sentry.errors import BadResponse, ClientError
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection

DISCOVER_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "id": "id",
        "eventID": "id",
        "groupID": "issue.id",
        "projectID": "project.id",
        "title": "title",
        "dateCreated": "timestamp",
    }
)
"""Member of an event → Discover field with the same value."""
LATEST_EVENT = "latest_event()"
LATEST_EVENT_IDS = Projection(
    "Event", "latest", (Field("issue", "issue.id", int | str), Field("event", LATEST_EVENT, str))
)
"""The ID of the newest event per issue, in Discover."""
ISSUE_ID = Projection("Event", "detail", (Field("groupID", "groupID", int | str | None),))


class EventKey(NamedTuple):
    """An event by the numeric ID of its project and its own 32 hexadecimal digits."""

    organization: OrganizationRef
    project: str
    id: str


class AttachmentKey(NamedTuple):
    """An attachment of an event, by Sentry's ID."""

    event: EventKey
    id: str


class IssueEventKey(NamedTuple):
    """An event of an issue; `event` is an event ID, `latest`, `oldest` or `recommended`."""

    issue: IssueKey
    event: str


@fan_out(target="Event", uses=(catalogue.DETAIL,), is_shared=True)
async def event_details(key: EventKey, load_context: LoadContext) -> Any:
    """The event with its body; None when it does not exist."""
    return await load_context.get_or_none(catalogue.DETAIL, event_parents(key), path=event_path(key))


@fan_out(target="Issue", uses=(catalogue.DETAIL, *issues_by_id.uses), is_shared=True, cost=two_calls_per_key)
async def issues_of_events(key: EventKey, load_context: LoadContext) -> Any:
    """The issue of an event of which only the ID is known; None when one of them does not exist."""
    event = await load_context.get_or_none(
        catalogue.DETAIL, event_parents(key), path=event_path(key), projection=ISSUE_ID
    )
    if event is None or event.groupID is None:
        return None
    return await load_context.load(issues_by_id, IssueKey(key.organization, str(event.groupID)))


@fan_out(target="Event", uses=EVENT_LOOKUP_ENDPOINTS, is_shared=True)
async def issue_events(key: IssueEventKey, load_context: LoadContext) -> Any:
    """An event of an issue with its body; None when the issue has no such event."""
    return await find_issue_event(key.issue, key.event, load_context)


@fan_out(target="Event", uses=EVENT_LOOKUP_ENDPOINTS)
async def selected_issue_event(key: IssueKey, load_context: LoadContext) -> Any:
    """The event of an issue that the options name, as in IssueEventKey."""
    return await load_context.load(issue_events, IssueEventKey(key, load_context.options))


def _latest_events_cost(keys: int, reads: Reads) -> int:
    is_light = keys > 1 and reads("detail") <= DISCOVER_FIELDS.keys()
    return 2 * call_per_chunk(keys, reads) if is_light else keys


def _every_event_cost(keys: int, reads: Reads) -> int:
    return _latest_events_cost(keys, reads) + keys


@bulk(
    target="Event",
    uses=(catalogue.DISCOVER, *EVENT_LOOKUP_ENDPOINTS),
    cost=_latest_events_cost,
    fallback_cost=_every_event_cost,
)
async def latest_events(keys: Sequence[IssueKey], load_context: LoadContext) -> Mapping[IssueKey, Any]:
    """The newest event of each issue: two calls per 100 issues while Discover has the members, else one call each."""
    events: dict[IssueKey, Any] = {}
    if len(keys) > 1 and load_context.reads("detail") <= DISCOVER_FIELDS.keys():
        for organization in dict.fromkeys(key.organization for key in keys):
            own_keys = [key for key in keys if key.organization == organization]
            for chunk in chunks(own_keys, CHUNK_SIZE):
                events |= await _light_events(organization, chunk, load_context)
    missing = [key for key in keys if key not in events]
    if not missing:
        return events
    bodies = await load_context.load_each(issue_events, [IssueEventKey(key, "latest") for key in missing])
    return events | {key.issue: event for key, event in bodies.items()}


@fan_out(target="Event", uses=(issue_catalogue.EVENTS, *REFERENCE_ENDPOINTS))
async def issue_event_pages(key: IssueKey, load_context: LoadContext) -> Slice:
    """A page of an issue's events, newest first; options are ListOptions."""
    return await fetch_list(
        issue_catalogue.EVENTS,
        Parents(key.organization, issue=key.id),
        load_context,
        path={"issue": key.id},
        query=range_parameters(load_context.options.time_range, load_context),
    )


@fan_out(target="Event", uses=(catalogue.LIST,))
async def project_event_pages(key: ProjectKey, load_context: LoadContext) -> Slice:
    """A page of a project's error events, newest first; options are ListOptions."""
    return await fetch_list(
        catalogue.LIST,
        Parents(key.organization),
        load_context,
        path={"project": key.id},
        query=range_parameters(load_context.options.time_range, load_context),
    )


@fan_out(target="Attachment", uses=(catalogue.ATTACHMENTS,))
async def event_attachments(key: EventKey, load_context: LoadContext) -> list[Any]:
    """Attachments of an event, at most 100."""
    return await load_context.get_rows(catalogue.ATTACHMENTS, event_parents(key), path=event_path(key))


@fan_out(target="Attachment", uses=(catalogue.ATTACHMENT,), is_shared=True)
async def attachments_by_id(key: AttachmentKey, load_context: LoadContext) -> Any:
    """An attachment; None when it does not exist."""
    path = {**event_path(key.event), "attachment": key.id}
    return await load_context.get_or_none(catalogue.ATTACHMENT, event_parents(key.event), path=path)


def event_parents(key: EventKey) -> Parents:
    """Parents of the objects of an event."""
    return Parents(key.organization, project=key.project, event=key.id)


def event_path(key: EventKey) -> dict[str, str]:
    """Path parameters of an event."""
    return {"project": key.project, "event": key.id}


async def _light_events(
    organization: OrganizationRef, keys: Sequence[IssueKey], load_context: LoadContext
) -> dict[IssueKey, Any]:
    """Newest events with their Discover members: first of error issues, then of the other issues."""
    events: dict[IssueKey, Any] = {}
    for read_table in TABLES:
        missing = [key for key in keys if key not in events]
        if not missing:
            break
        try:
            events |= await read_table(organization, load_context, partial(_newest_events, missing))
        except (ClientError, BadResponse):  # 20.12 has no tables: it lists events in another shape
            break
    return events


async def _newest_events(keys: Sequence[IssueKey], table: DiscoverTable) -> dict[IssueKey, Any]:
    event_ids = await _latest_event_ids(table, keys)
    rows = await _event_rows(table, list(event_ids.values())) if event_ids else {}
    return {key: rows[event] for key, event in event_ids.items() if event in rows}


async def _latest_event_ids(table: DiscoverTable, keys: Sequence[IssueKey]) -> dict[IssueKey, str]:
    rows = await table.rows(LATEST_EVENT_IDS, issue_search(keys))
    by_issue = by_issue_id([row for row in rows if isinstance(row.event, str)], keys)
    return {key: issue_rows[-1].event for key, issue_rows in by_issue.items()}


async def _event_rows(table: DiscoverTable, event_ids: list[str]) -> dict[str, Any]:
    projection = table.load_context.memoized("light", lambda: _light_projection(table.load_context))
    rows = await table.rows(projection, f"id:[{','.join(event_ids)}]")
    return {row.eventID: row for row in rows}


def _light_projection(load_context: LoadContext) -> Projection:
    projection = load_context.projection("light")
    members = tuple(replace(member, wire=DISCOVER_FIELDS[member.attr]) for member in projection.members)
    return replace(projection, members=members)
