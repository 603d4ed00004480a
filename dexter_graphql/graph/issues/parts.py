"""What hangs below an issue: its history, comments, tags, hashes, suggested owners and tickets of other tools."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from dexter_graphql.graph.common.scalars import JSON, BigInt
from dexter_graphql.graph.declarations.fields import Embedded, batch, computed, entity, link, plain, value_type
from dexter_graphql.graph.relay.connections import MAX_FIRST, Connection, PageArguments, paged
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.actors import actor_key, actors_by_key
from dexter_graphql.loaders.events import IssueEventKey, issue_events
from dexter_graphql.loaders.issue_parts import CommentKey, PartList, TagKey, comments_by_id, tag_value_pages
from dexter_graphql.loaders.issues import IssueKey, issues_by_id
from dexter_graphql.loaders.members import users_by_id

if TYPE_CHECKING:
    from dexter_graphql.graph.events.types import Event
    from dexter_graphql.graph.issues.types import Issue
    from dexter_graphql.graph.members.types import User
    from dexter_graphql.graph.teams.types import Team

IssueType = Annotated["Issue", strawberry.lazy("dexter_graphql.graph.issues.types")]
UserType = Annotated["User", strawberry.lazy("dexter_graphql.graph.members.types")]
TeamType = Annotated["Team", strawberry.lazy("dexter_graphql.graph.teams.types")]
Assignee = Annotated[
    UserType | TeamType, strawberry.union("Assignee", description="Who looks after something: a user or a team.")
]
USER = Embedded(
    "User",
    members=("id", "name", "email", "username", "avatarUrl"),
    load=users_by_id,
)
"""A user as histories, comments and lists of people embed them."""


def below_issue(row: Any) -> IssueKey:
    """Key of the issue that a row hangs below, which its scope knows."""
    return IssueKey(row.parents.organization, row.parents.issue)


@value_type
class IssueActivity:
    """A line of an issue's history."""

    activity_id: strawberry.ID = plain("id", description="Sentry's id of the line.")
    kind: str = plain(
        "type", description="What happened, in Sentry's word: `set_resolved`, `assigned`, `note`, `first_seen`, …"
    )
    occurred_at: datetime = plain("dateCreated", description="When it happened.")
    data: JSON | None = plain(description="More about it; the keys depend on `kind`.")
    actor: UserType | None = link("user", USER, description="Who did it; null for Sentry itself.")


@entity(key=CommentKey, load=comments_by_id, representations=("list",))
class Comment(Node):
    """A comment on an issue."""

    sentry_id: strawberry.ID = plain("id", description="Sentry's own id.")
    created_at: datetime = plain("dateCreated", description="When it was written.")
    author: UserType | None = link("user", USER, description="Who wrote it; null for an integration.")

    issue: IssueType | None = batch(issues_by_id, key=below_issue, reads={}, description="The issue that it is on.")

    @computed(data=dict[str, object] | None)
    def text(row: Any) -> str:
        """The comment in Markdown."""
        found = (row.data or {}).get("text")
        return found if isinstance(found, str) else ""


@value_type
class TagValue:
    """A value of a tag, and how often it was seen."""

    value: str | None = plain(description="The value; null where events have an empty one.")
    name: str | None = plain(description="The value as people read it.")
    count: BigInt | None = plain(description="Events that carry it.")
    first_seen: datetime | None = plain("firstSeen", description="When it was first seen.")
    last_seen: datetime | None = plain("lastSeen", description="When it was last seen.")


@entity(representations=("detail",))
class IssueTag:
    """A tag of an issue's events, with its most frequent values."""

    key: str = plain(description="Name of the tag, for example `browser.name`.")
    name: str | None = plain(description="Name as people read it.")
    total_values: BigInt | None = plain("totalValues", description="Events that carry the tag.")
    unique_values: BigInt | None = plain("uniqueValues", description="Different values.")
    top_values: list[TagValue] | None = plain("topValues", description="The most frequent values, most frequent first.")

    @batch(tag_value_pages, key=lambda row: TagKey(below_issue(row), row.key), reads={"key": str})
    @paged
    def values(*, wanted: PageArguments) -> Connection[TagValue] | None:
        """All values."""
        return PartList(wanted.first, wanted.after, MAX_FIRST)


@entity(representations=("list",))
class IssueHash:
    """A hash by which events were grouped into an issue."""

    hash: str = plain("id", description="The hash.")
    latest_event: Annotated["Event", strawberry.lazy("dexter_graphql.graph.events.types")] | None = link(
        "latestEvent",
        Embedded(
            "Event",
            members=("eventID", "groupID", "projectID", "title", "message", "dateCreated", "platform", "culprit"),
            key=lambda row: IssueEventKey(IssueKey(row.parents.organization, str(row.groupID)), row.eventID),
            load=issue_events,
            key_reads=("eventID", "groupID"),
        ),
        description="Newest event with this hash.",
    )


@value_type
class IssueOwner:
    """Somebody whom Sentry suggests to look after an issue."""

    reason: str = plain("type", description="`suspectCommit`, `ownershipRule`, `codeowners` or a newer word.")
    since: datetime | None = plain("date_added", description="When the suggestion was made.")
    owner: Assignee | None = batch(
        actors_by_key,
        key=lambda row: actor_key(row.parents.organization, row.owner),
        reads={"owner": str | None},
        description="The user or the team.",
    )


@entity(representations=("list",))
class ExternalIssue:
    """A ticket of another tool that is tied to an issue."""

    external_id: strawberry.ID = plain("id", description="Sentry's id of the tie.")
    service_type: str = plain("serviceType", description="The other tool, for example `jira`.")
    display_name: str = plain("displayName", description="What people call the ticket, for example `SHOP#41`.")
    web_url: str = plain("webUrl", description="Address of the ticket.")


@value_type
class IssueStatusDetails:
    """Under which condition an issue is resolved or archived."""

    in_next_release: bool | None = plain("inNextRelease", description="Resolved in the release after the present one.")
    in_release: str | None = plain("inRelease", description="Resolved in this version.")
    in_commit: JSON | None = plain("inCommit", description="Resolved by this commit.")
    ignore_until: datetime | None = plain("ignoreUntil", description="Archived until then.")
    ignore_count: BigInt | None = plain("ignoreCount", description="Archived until so many more events.")
    ignore_window_minutes: BigInt | None = plain("ignoreWindow", description="Minutes within which the events count.")
    ignore_user_count: BigInt | None = plain("ignoreUserCount", description="Archived until so many more users.")
    ignore_user_window_minutes: BigInt | None = plain(
        "ignoreUserWindow", description="Minutes within which the users count."
    )
    pending_events: int | None = plain("pendingEvents", description="Events that are still being reprocessed.")
    actor: JSON | None = plain(description="Who did it, as Sentry writes people.")


@value_type
class Annotation:
    """A link that Sentry shows beside an issue."""

    display_name: str | None = plain("displayName", description="Text of the link.")
    url: str | None = plain(description="Where it leads.")
