"""Lookup of one event of an issue, also on releases that know fewer names for it."""

from typing import Any

from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.keys import IssueKey, issue_parents
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.sentry.catalogue import events
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

LATEST, OLDEST, RECOMMENDED = "latest", "oldest", "recommended"
EVENT_LOOKUP_ENDPOINTS = (catalogue.EVENT, catalogue.DETAIL, events.DETAIL)
RECOMMENDED_EVENT = f"{catalogue.EVENT.name}={RECOMMENDED}"
"""Capability: the event that Sentry considers the most helpful (23.8 and newer)."""
EVENT_BY_ID = f"{catalogue.EVENT.name}=id"
"""Capability: an event of an issue by its ID (some release between 22.12 and 23.7, and newer)."""
PROJECT = Projection("Issue", "detail", (Field("project", "project", dict[str, object]),))
ISSUE_ID = Projection("Event", "detail", (Field("groupID", "groupID", int | str),))
WITHOUT_EXTRAS: QueryParameters = repeated("collapse", ("stats", "tags", "release"))


async def find_issue_event(key: IssueKey, event: str, load_context: LoadContext) -> Any:
    """The event with its body; `event` is an ID or one of the names above. None when the issue has no such event."""
    prefer = load_context.organizations.capabilities.prefer
    if event == RECOMMENDED:
        return await prefer(
            RECOMMENDED_EVENT,
            key.organization,
            preferred=lambda: _find(key, event, load_context),
            fallback=lambda: _find(key, LATEST, load_context),
        )
    if event in {LATEST, OLDEST}:
        return await _find(key, event, load_context)
    return await prefer(
        EVENT_BY_ID,
        key.organization,
        preferred=lambda: _find(key, event, load_context),
        fallback=lambda: _find_in_project(key, event, load_context),
    )


async def _find(key: IssueKey, event: str, load_context: LoadContext) -> Any:
    return await load_context.get_or_none(catalogue.EVENT, issue_parents(key), path={"issue": key.id, "event": event})


async def _find_in_project(key: IssueKey, event: str, load_context: LoadContext) -> Any:
    """The event through the project of the issue; None when it belongs to another issue."""
    parents = issue_parents(key)
    issue: Any = await load_context.get_or_none(
        catalogue.DETAIL, parents, path={"issue": key.id}, query=WITHOUT_EXTRAS, projection=PROJECT
    )
    if issue is None or first_invalid(issue, "project"):
        return None
    record = await load_context.get_or_none(
        events.DETAIL,
        parents,
        path={"project": str(issue.project.get("slug")), "event": event},
        projection=load_context.merge_projections(load_context.projection("detail"), ISSUE_ID),
    )
    return record if record is not None and str(getattr(record, "groupID", None)) == key.id else None
