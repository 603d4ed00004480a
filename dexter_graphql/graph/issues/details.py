"""Activity, hashes, suggested owners, external issues and status details of an issue."""

import re
from datetime import datetime
from html import unescape
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.common.scalars import JSON, BigInt, raw
from dexter_graphql.graph.declarations.fields import (
    EMBEDDED,
    LIST,
    Embedded,
    LazyJSON,
    batch,
    entity,
    link,
    plain,
    value_type,
)
from dexter_graphql.graph.issues.enums import IssueActivityKind, IssueOwnerReason
from dexter_graphql.graph.lazy_types import EventType, UserType
from dexter_graphql.graph.members.actors import USER, Assignee
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.actors import actors_by_key, parse_actor
from dexter_graphql.loaders.events import IssueEventKey, issue_events
from dexter_graphql.loaders.issues.details import activities_by_id
from dexter_graphql.loaders.issues.external_issues import external_issues_by_id, sentry_id_of
from dexter_graphql.loaders.issues.keys import ActivityKey, ExternalIssueKey, IssueKey
from dexter_graphql.loaders.time_ranges import MINUTE_S
from dexter_graphql.sentry.lenient import NULL


def below_issue(row: Any) -> IssueKey:
    """Key of the parent issue, from the row's parents."""
    return IssueKey(row.parents.organization, row.parents.issue)


def _seconds(minutes: int) -> int:
    return minutes * MINUTE_S


@entity(key=ActivityKey, load=activities_by_id, representations=(EMBEDDED,))
class IssueActivity(Node):
    """Entry in the activity of an issue."""

    sentry_id: strawberry.ID = plain("id", description="ID of the entry in Sentry.")
    kind: IssueActivityKind | None = plain("type", description="Kind of activity.")
    kind_raw: str | None = plain("type", description="Value of `kind`, as sent by Sentry.")
    occurred_at: datetime | None = plain("dateCreated", description="Time of the activity.")
    data: JSON | None = plain(description="Details of the activity. The keys depend on `kind`.")
    actor: UserType | None = link("user", USER, description="User who caused the activity; null when Sentry did.")


@entity(representations=("list",))
class IssueHash:
    """Grouping hash of an issue."""

    hash: str = plain("id", description="Hash that groups events into the issue.")
    latest_event: EventType | None = link(
        "latestEvent",
        Embedded(
            "Event",
            members=("eventID", "groupID", "projectID", "title", "dateCreated", "platform", "culprit"),
            key=lambda row: IssueEventKey(IssueKey(row.parents.organization, str(row.groupID)), row.eventID),
            load=issue_events,
            key_reads=("eventID", "groupID"),
        ),
        description="Newest event with this hash.",
    )


@value_type
class IssueOwner:
    """Owner suggested by Sentry."""

    reason: IssueOwnerReason | None = plain("type", description="Reason of the suggestion.")
    reason_raw: str | None = plain("type", description="Value of `reason`, as sent by Sentry.")
    suggested_at: datetime | None = plain("date_added", description="Time of the suggestion.")
    owner: Assignee | None = batch(
        actors_by_key,
        key=lambda row: parse_actor(row.parents.organization, row.owner),
        reads={"owner": str | None},
        description="Suggested user or team.",
    )


@entity(key=ExternalIssueKey, load=external_issues_by_id, representations=(LIST,))
class ExternalIssue(Node):
    """Issue in an external tracker that a Sentry app or an integration linked to an issue."""

    sentry_id: strawberry.ID = plain(
        "id",
        convert=sentry_id_of,
        description="ID of the link in Sentry, which numbers the links of Sentry apps and of integrations separately.",
    )
    service_type: str = plain(
        "serviceType", description="Type of the tracker, for example `jira`, or slug of the Sentry app."
    )
    display_name: str = plain("displayName", description="Display name of the external issue, for example `SHOP#41`.")
    web_url: str | None = plain("webUrl", description="URL of the external issue.")


@value_type
class IssueStatusDetails:
    """Conditions under which an issue is resolved or archived."""

    is_in_next_release: bool | None = plain(
        "inNextRelease", description="True when the issue is resolved in the next release."
    )
    in_release: str | None = plain("inRelease", description="Version of the release in which the issue is resolved.")
    in_commit: JSON | None = plain("inCommit", description="Commit that resolves the issue, as sent by Sentry.")
    archive_ends_at: datetime | None = plain("ignoreUntil", description="Time until which the issue is archived.")
    archive_event_count: BigInt | None = plain(
        "ignoreCount", description="Number of additional events until which the issue is archived."
    )
    archive_window_seconds: BigInt | None = plain(
        "ignoreWindow", convert=_seconds, description="Window of `archiveEventCount` in seconds."
    )
    archive_user_count: BigInt | None = plain(
        "ignoreUserCount", description="Number of additional affected users until which the issue is archived."
    )
    archive_user_window_seconds: BigInt | None = plain(
        "ignoreUserWindow", convert=_seconds, description="Window of `archiveUserCount` in seconds."
    )
    pending_events: int | None = plain(
        "pendingEvents", description="Number of events that are still being reprocessed."
    )
    actor: JSON | None = plain(description="User who changed the status, as sent by Sentry.")


LINK = re.compile(
    r"""\s*<a\b[^>]*?\bhref\s*=\s*(["'])(?P<url>.*?)\1[^>]*>(?P<text>.*?)</a>\s*""", re.DOTALL | re.IGNORECASE
)
"""A link in HTML."""


@value_type
class Annotation:
    """Link that Sentry shows with an issue."""

    display_name: str | None = plain("displayName", description="Text of the link.")
    url: str | None = plain(description="URL of the link.")


def annotations_of(items: list[msgspec.Raw] | None) -> list[Any] | None:
    """Annotations, which older releases write as links in HTML."""
    return None if items is None else [LazyJSON("Annotation", _annotation(item)) for item in items if item != NULL]


def _annotation(item: msgspec.Raw) -> msgspec.Raw:
    """The JSON of an annotation; what is neither an object nor a link stays as it is."""
    html = msgspec.json.decode(item)
    link_match = LINK.fullmatch(html) if isinstance(html, str) else None
    if link_match is None:
        return item
    return raw({"url": unescape(link_match["url"]), "displayName": unescape(link_match["text"])})
