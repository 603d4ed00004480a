"""Issues, as lists, the detail and webhooks give them."""

import re
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.common.scalars import JSON, BigInt
from dexter_graphql.graph.common.series import TimeSeries
from dexter_graphql.graph.common.time_ranges import TimeRangeInput, time_range_of
from dexter_graphql.graph.declarations.fields import (
    BASE,
    DETAIL,
    EMBEDDED,
    ID,
    LIST,
    Embedded,
    LazyJSON,
    batch,
    computed,
    entity,
    link,
    plain,
)
from dexter_graphql.graph.declarations.keys import EntityKey
from dexter_graphql.graph.declarations.wire_types import whole_number
from dexter_graphql.graph.issues.enums import IssueCategory, IssuePriority, IssueStatus, IssueSubstatus, Level
from dexter_graphql.graph.issues.lists import Buckets, Counts, IssueInRange, issue_series
from dexter_graphql.graph.issues.parts import (
    USER,
    Annotation,
    Assignee,
    Comment,
    ExternalIssue,
    IssueActivity,
    IssueHash,
    IssueOwner,
    IssueStatusDetails,
    IssueTag,
    UserType,
)
from dexter_graphql.graph.relay.connections import MAX_FIRST, Connection, PageArguments, paged, slice_of
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.alerts import alerts_of_project
from dexter_graphql.loaders.events import (
    EventList,
    IssueEventKey,
    issue_event_of,
    issue_event_pages,
    issue_events,
    latest_events,
)
from dexter_graphql.loaders.issue_parts import (
    PartList,
    comment_pages,
    external_issues,
    hash_pages,
    issue_tag,
    issue_tags,
)
from dexter_graphql.loaders.issues import IssueKey, issue_details, issues_by_id, issues_in_range
from dexter_graphql.loaders.members import UserKey, users_by_id
from dexter_graphql.loaders.projects import ProjectKey, whole_projects
from dexter_graphql.loaders.releases import ReleaseKey, releases_by_version
from dexter_graphql.loaders.teams import TeamKey, teams_by_id
from dexter_graphql.sentry.projection import NULL, Field, Projection

if TYPE_CHECKING:
    from dexter_graphql.graph.alerts.types import Alert
    from dexter_graphql.graph.events.types import Event
    from dexter_graphql.graph.projects.types import Project
    from dexter_graphql.graph.releases.types import Release

RELEASE = Embedded(
    "Release",
    members=("id", "version", "shortVersion", "ref", "url", "dateReleased", "dateCreated"),
    key=lambda row: ReleaseKey(row.parents.organization, row.version),
    load=releases_by_version,
    key_reads=("version",),
)
"""A release as the detail of an issue embeds it."""

ReleaseType = Annotated["Release", strawberry.lazy("dexter_graphql.graph.releases.types")]
AlertType = Annotated["Alert", strawberry.lazy("dexter_graphql.graph.alerts.types")]
EventType = Annotated["Event", strawberry.lazy("dexter_graphql.graph.events.types")]


@strawberry.enum(description="Which event of an issue.")
class EventChoice(Enum):
    """Words that stand for an event's id."""

    LATEST = wire_value("latest", "The newest.")
    OLDEST = wire_value("oldest", "The first that is kept.")
    RECOMMENDED = wire_value("recommended", "The one that Sentry takes to tell the most.")


PROJECT_ID = Projection("Project", EMBEDDED, (Field("id", "id", ID),))
"""The project of an issue as far as everything else of it is found by that."""
READ = (LIST, DETAIL)
EVENT_ID = re.compile(r"[0-9a-f]{32}")


def event_selector(which: EventChoice | None, event_id: str | None) -> str:
    """What stands for the wanted event in a path; raises BadUserInput for an id that cannot be one."""
    if event_id is None:
        return str((which or EventChoice.RECOMMENDED).value)
    found = event_id.replace("-", "").lower()
    if not EVENT_ID.fullmatch(found):
        raise BadUserInput(f"'{event_id[:64]}' is not the id of an event: 32 hexadecimal digits")
    return found


def suggested(owners: msgspec.Raw) -> list[LazyJSON] | None:
    """Suggested owners: a list in the detail, the first one alone in lists."""
    if owners == NULL:
        return None
    items = msgspec.json.decode(owners, type=list[msgspec.Raw]) if bytes(owners).startswith(b"[") else [owners]
    return [LazyJSON("IssueOwner", item) for item in items]


issue_key = EntityKey(IssueKey)


@entity(key=issue_key, load=issues_by_id, hydrate=issue_details, representations=(*READ, BASE))
class Issue(Node):
    """A group of similar events: the thing that is triaged, assigned and resolved."""

    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id.")
    short_id: str = plain("shortId", description="The id people say: project and a short suffix, for example `WEB-9`.")
    title: str = plain(description="What happened, in one line.")
    culprit: str | None = plain(description="Where it happened: usually a function, a view or a transaction.")
    web_url: str = plain("permalink", description="Address of the issue's page in Sentry.")
    logger: str | None = plain(description="Name of the logger that reported it.")
    level: Level = plain(description="Severity of the newest event.")
    level_raw: str = plain("level", description="`level` in Sentry's own word.")
    status: IssueStatus = plain(description="Where the issue stands.")
    status_raw: str = plain("status", description="`status` in Sentry's own word.")
    substatus: IssueSubstatus | None = plain(description="What kind of open or archived it is; null when resolved.")
    is_public: bool = plain("isPublic", description="True when anybody with the link may see it.")
    platform: str | None = plain(description="Platform of its events, for example `python`.")
    priority: IssuePriority | None = plain(description="How urgent it is taken to be.")
    priority_locked_at: datetime | None = plain("priorityLockedAt", description="When a person set the priority.")
    category: IssueCategory = plain("issueCategory", description="What it was grouped from.")
    issue_type: str = plain("issueType", description="Finer than `category`: `error`, `performance_n_plus_one`, …")
    metadata: JSON = plain(description="What the title was made of; the keys depend on the kind of issue.")
    comment_count: int = plain("numComments", description="Number of comments.")
    is_unhandled: bool | None = plain(
        "isUnhandled", description="True when its newest events were not caught by the program."
    )

    project: Annotated["Project", strawberry.lazy("dexter_graphql.graph.projects.types")] | None = link(
        "project",
        Embedded(
            "Project",
            members=("id", "name", "slug", "platform"),
            key=lambda row: ProjectKey(row.parents.organization, str(row.id)),
            load=whole_projects,
        ),
        description="Project whose events it groups.",
    )
    assignee: Assignee | None = link(
        "assignedTo",
        Embedded(
            "User",
            tag="user",
            members=("id", "name", "email"),
            key=lambda row: UserKey(row.parents.organization, str(row.id)),
            load=users_by_id,
        ),
        # Sentry writes a team's slug where it writes a user's name.
        Embedded(
            "Team",
            tag="team",
            members={"id": "id", "slug": "name"},
            key=lambda row: TeamKey(row.parents.organization, str(row.id)),
            load=teams_by_id,
        ),
        tag_member="type",
        description="User or team it is assigned to; null when nobody.",
    )

    @computed(lifetime=Counts | None, count=int | str | None)
    def event_count(row: Any) -> BigInt | None:
        """Number of events since the issue was first seen."""
        value = row.lifetime.count if row.lifetime else row.count
        return None if value is None else whole_number(value)

    @computed(lifetime=Counts | None, userCount=int | None)
    def user_count(row: Any) -> BigInt | None:
        """Number of different users affected since the issue was first seen."""
        return row.lifetime.userCount if row.lifetime else row.userCount

    @computed(lifetime=Counts | None, firstSeen=datetime | None)
    def first_seen(row: Any) -> datetime | None:
        """When the first event happened."""
        return row.lifetime.firstSeen if row.lifetime else row.firstSeen

    @computed(lifetime=Counts | None, lastSeen=datetime | None)
    def last_seen(row: Any) -> datetime | None:
        """When the newest event happened."""
        return row.lifetime.lastSeen if row.lifetime else row.lastSeen

    is_bookmarked: bool | None = plain(
        "isBookmarked", description="True when the token's own user bookmarked it.", is_personal=True
    )
    is_subscribed: bool | None = plain(
        "isSubscribed", description="True when the token's own user follows it.", is_personal=True
    )
    has_seen: bool | None = plain(
        "hasSeen", description="True when the token's own user has seen it.", is_personal=True
    )
    status_details: IssueStatusDetails | None = plain(
        "statusDetails", description="Under which condition it is resolved or archived."
    )
    annotations: list[Annotation] | None = plain(description="Links that Sentry shows beside the issue.")
    feedback_count: int | None = plain(
        "userReportCount", representations=(DETAIL,), description="Number of reports that users sent about it."
    )
    seen_by: list[UserType | None] | None = link(
        "seenBy", USER, representations=(DETAIL,), description="People who have looked at it, newest first."
    )
    participants: list[UserType | None] | None = link(
        "participants", USER, representations=(DETAIL,), description="People who follow it."
    )

    first_release: ReleaseType | None = link(
        "firstRelease", RELEASE, representations=(DETAIL,), description="Release in which it was first seen."
    )
    last_release: ReleaseType | None = link(
        "lastRelease", RELEASE, representations=(DETAIL,), description="Newest release in which it was seen."
    )
    latest_event: EventType | None = batch(latest_events, description="Newest event.")
    oldest_event: EventType | None = batch(
        issue_events, key=lambda row: IssueEventKey(issue_key(row), "oldest"), description="First event that is kept."
    )
    alerts: list[AlertType | None] | None = batch(
        alerts_of_project,
        key=lambda row: ProjectKey(row.parents.organization, str(row.project.id)) if row.project else None,
        reads={"project": PROJECT_ID},
        description="Alerts of its project, at most a hundred. Two calls for all issues of a list.",
    )
    tags: list[IssueTag | None] | None = batch(
        issue_tags, description="All tags of its events with their most frequent values."
    )
    external_issues: list[ExternalIssue | None] | None = batch(
        external_issues, description="Tickets of other tools that are tied to it."
    )

    @batch(issue_event_of)
    def event(
        *,
        which: Annotated[
            EventChoice | None, strawberry.argument(description="Which one, when `id` is left out.")
        ] = EventChoice.RECOMMENDED,
        id: Annotated[str | None, strawberry.argument(description="Sentry's id of the event: 32 digits.")] = None,
    ) -> EventType | None:
        """One of its events; null when it has none such."""
        return event_selector(which, id)

    @batch(issue_event_pages)
    @paged
    def events(
        *,
        range: Annotated[
            TimeRangeInput | None, strawberry.argument(description="Only this stretch; the last 90 days when left out.")
        ] = None,
        environments: Annotated[list[str] | None, strawberry.argument(description="Only these environments.")] = None,
        search: Annotated[
            str | None, strawberry.argument(description="Narrow down, in Sentry's search syntax.")
        ] = None,
        wanted: PageArguments,
    ) -> Connection[EventType] | None:
        """Its events, newest first."""
        query = [("environment", name) for name in environments or ()]
        query += [("query", search)] if search else []
        time_range = None if range is None else time_range_of(range)
        return EventList(tuple(query), time_range, wanted.first, wanted.after, MAX_FIRST)

    @batch(issues_in_range)
    def in_range(
        *, range: Annotated[TimeRangeInput, strawberry.argument(description="The stretch of time.")]
    ) -> IssueInRange | None:
        """Counts and series within a stretch of time; one call for all issues of a list."""
        return time_range_of(range)

    @batch(issue_tag)
    def tag(
        *, key: Annotated[str, strawberry.argument(description="Name of the tag, for example `browser.name`.")]
    ) -> IssueTag | None:
        """One tag of its events; null when none carries it."""
        return key

    @batch(hash_pages)
    @paged
    def hashes(*, wanted: PageArguments) -> Connection[IssueHash] | None:
        """Hashes by which its events were grouped."""
        return PartList(wanted.first, wanted.after, MAX_FIRST)

    @batch(comment_pages)
    @paged
    def comments(*, wanted: PageArguments) -> Connection[Comment] | None:
        """Comments, newest first."""
        return PartList(wanted.first, wanted.after, MAX_FIRST)

    @computed(activity=list[msgspec.Raw] | None, representations=(DETAIL,))
    @paged
    def activity(row: Any, *, wanted: PageArguments) -> Connection[IssueActivity] | None:
        """Its history, newest first, as far back as Sentry gives it at once."""
        lines = [LazyJSON("IssueActivity", line) for line in row.activity or ()]
        return slice_of(lines, wanted)

    @computed(stats=Buckets | None, representations=(DETAIL,))
    def series(row: Any) -> TimeSeries | None:
        """Events per day over the last 30 days."""
        return issue_series(row.stats)

    @computed(owners=msgspec.Raw, representations=READ)
    def owners(row: Any) -> list[IssueOwner | None] | None:
        """Whom Sentry suggests to look after it; a list of issues gives the first suggestion alone."""
        return suggested(row.owners)
