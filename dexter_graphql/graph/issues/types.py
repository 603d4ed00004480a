"""Issues."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import msgspec
import strawberry

from dexter_graphql.graph.comments.types import Comment
from dexter_graphql.graph.commits.suspects import SuspectCommit
from dexter_graphql.graph.common.scalars import JSON, BigInt
from dexter_graphql.graph.common.series import TimeSeries
from dexter_graphql.graph.common.time_ranges import TimeRangeInput, time_range_of
from dexter_graphql.graph.declarations.fields import (
    BASE,
    DETAIL,
    ID,
    LIST,
    Embedded,
    LazyJSON,
    batch,
    computed,
    entity,
    first_of,
    link,
    plain,
)
from dexter_graphql.graph.declarations.keys import EntityKey
from dexter_graphql.graph.declarations.wire_types import enum_member
from dexter_graphql.graph.issues.arguments import event_selector
from dexter_graphql.graph.issues.connections import Buckets, IssueInRange, issue_series
from dexter_graphql.graph.issues.details import (
    Annotation,
    ExternalIssue,
    IssueActivity,
    IssueHash,
    IssueOwner,
    IssueStatusDetails,
    annotations_of,
)
from dexter_graphql.graph.issues.enums import (
    EventChoice,
    IssueCategory,
    IssuePriority,
    IssueStatus,
    IssueSubstatus,
    Level,
)
from dexter_graphql.graph.issues.progress import IssueProgress
from dexter_graphql.graph.issues.similar import Count, SimilarIssue, checked_count
from dexter_graphql.graph.issues.tags import Tag
from dexter_graphql.graph.issues.user_reports import UserReport
from dexter_graphql.graph.lazy_types import AutofixRunType, EventType, ProjectType, ReleaseType, UserType
from dexter_graphql.graph.members.actors import USER, Assignee
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged, slice_of
from dexter_graphql.graph.relay.list_options import Environments, environment_parameters, list_options, search_parameter
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.graph.tickets.arguments import Action, Tracker, form_options
from dexter_graphql.graph.tickets.types import ExternalIssueAction, ExternalIssueForm
from dexter_graphql.loaders.comments import comment_pages
from dexter_graphql.loaders.events import (
    IssueEventKey,
    issue_event_pages,
    issue_events,
    latest_events,
    selected_issue_event,
)
from dexter_graphql.loaders.issues.details import (
    hash_pages,
    issue_details,
    issues_by_id,
    issues_in_range,
)
from dexter_graphql.loaders.issues.external_issues import external_issues
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.similar import similar_issues
from dexter_graphql.loaders.issues.tags import issue_tag, issue_tags
from dexter_graphql.loaders.issues.user_reports import user_report_pages
from dexter_graphql.loaders.members import UserKey, users_by_id
from dexter_graphql.loaders.projects import ProjectKey, complete_projects
from dexter_graphql.loaders.releases import ReleaseKey, releases_by_version
from dexter_graphql.loaders.seer import autofix_runs
from dexter_graphql.loaders.suspect_commits import issue_suspect_commits
from dexter_graphql.loaders.teams import TeamKey, teams_by_id
from dexter_graphql.loaders.tickets import external_issue_forms
from dexter_graphql.sentry.lenient import NULL

RELEASE = Embedded(
    "Release",
    members=("id", "version", "ref", "url", "dateReleased", "dateCreated"),
    key=lambda row: ReleaseKey(row.parents.organization, row.version),
    load=releases_by_version,
    key_reads=("version",),
)
"""A release as embedded in the detail of an issue."""


READ = (LIST, DETAIL)


def suggested_owners(owners: msgspec.Raw) -> list[LazyJSON]:
    """Suggested owners: a list in the detail, the first of them in issue lists."""
    if owners == NULL:
        return []
    items = msgspec.json.decode(owners, type=list[msgspec.Raw]) if bytes(owners).startswith(b"[") else [owners]
    return [LazyJSON("IssueOwner", item) for item in items]


issue_key = EntityKey(IssueKey)
issue_category = enum_member(IssueCategory)
LATEST_EVENT_INSTEAD = "select `eventId` and `title` of `latestEvent`: two calls for the whole list"
ERROR_CATEGORY = "error"
"""Category and type of all issues on releases that do not send them."""


@entity(key=issue_key, load=issues_by_id, hydrate=issue_details, representations=(*READ, BASE))
class Issue(Node):
    """Issue: a group of similar events that is triaged, assigned and resolved."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    short_id: str = plain("shortId", description="Short ID made of the project and a suffix, for example `WEB-9`.")
    title: str | None = plain(description="Title of the issue.")
    culprit: str | None = plain(
        description="Place in the application where the issue occurs, usually a function or a transaction."
    )
    web_url: str | None = plain("permalink", description="URL of the issue in Sentry.")
    logger: str | None = plain(description="Name of the logger that reported the issue.")
    level: Level | None = plain(description="Severity of the newest event.")
    level_raw: str | None = plain("level", description="Value of `level`, as sent by Sentry.")
    status: IssueStatus | None = plain(description="Status of the issue.")
    status_raw: str | None = plain("status", description="Value of `status`, as sent by Sentry.")
    substatus: IssueSubstatus | None = plain(description="Substatus of the issue; null when it is resolved.")
    substatus_raw: str | None = plain("substatus", description="Value of `substatus`, as sent by Sentry.")
    is_public: bool | None = plain("isPublic", description="True when the issue is shared publicly by link.")
    platform: str | None = plain(description="Platform of the events, for example `python`.")
    priority: IssuePriority | None = plain(description="Priority of the issue.")
    priority_raw: str | None = plain("priority", description="Value of `priority`, as sent by Sentry.")
    priority_locked_at: datetime | None = plain(
        "priorityLockedAt", description="Time when a user set the priority; null when Sentry manages it."
    )
    fixability_score: float | None = plain(
        "seerFixabilityScore",
        description="Seer's estimate from 0 to 1 of how likely it can fix the issue; null when it made none.",
    )
    autofix_started_at: datetime | None = plain(
        "seerAutofixLastTriggered", description="Time when Seer was last started on the issue; null when it never was."
    )

    @computed(issueCategory=str | None)
    def category(row: Any) -> IssueCategory:
        """Category of the issue; ERROR on releases of Sentry that have no other."""
        return issue_category(row.issueCategory or ERROR_CATEGORY)

    @computed(issueCategory=str | None)
    def category_raw(row: Any) -> str:
        """Value of `category`, as sent by Sentry; `error` on releases that send none."""
        return row.issueCategory or ERROR_CATEGORY

    @computed(issueType=str | None)
    def issue_type(row: Any) -> str:
        """Type of the issue within its category, for example `error` or `performance_n_plus_one`."""
        return row.issueType or ERROR_CATEGORY

    metadata: JSON | None = plain(
        description="Metadata from which the title is derived. The keys depend on the type of issue."
    )
    comment_count: int = plain("numComments", description="Number of comments on the issue.")
    is_unhandled: bool | None = plain(
        "isUnhandled", description="True when recent events were not handled by the application."
    )

    project: ProjectType | None = link(
        "project",
        Embedded(
            "Project",
            members=("id", "name", "slug", "platform"),
            key=lambda row: ProjectKey(row.parents.organization, str(row.id)),
            load=complete_projects,
        ),
        description="Project of the issue.",
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
        description="User or team that the issue is assigned to; null when it is unassigned.",
    )

    event_count: BigInt | None = first_of("lifetime.count", "count", description="Total number of events of the issue.")
    user_count: BigInt | None = first_of(
        "lifetime.userCount", "userCount", description="Total number of distinct users affected by the issue."
    )
    first_seen_at: datetime | None = first_of("lifetime.firstSeen", "firstSeen", description="Time of the first event.")
    last_seen_at: datetime | None = first_of("lifetime.lastSeen", "lastSeen", description="Time of the newest event.")
    is_bookmarked: bool | None = plain(
        "isBookmarked", description="True when the user of the token has bookmarked the issue.", is_personal=True
    )
    is_subscribed: bool | None = plain(
        "isSubscribed", description="True when the user of the token is subscribed to the issue.", is_personal=True
    )
    has_seen: bool | None = plain(
        "hasSeen", description="True when the user of the token has seen the issue.", is_personal=True
    )
    status_details: IssueStatusDetails | None = plain(
        "statusDetails", description="Conditions under which the issue is resolved or archived."
    )

    @computed(annotations=list[msgspec.Raw] | None)
    def annotations(row: Any) -> list[Annotation] | None:
        """Links that Sentry shows with the issue."""
        return annotations_of(row.annotations)

    feedback_count: int | None = plain(
        "userReportCount", representations=(DETAIL,), description="Number of user reports about the issue."
    )

    progress: IssueProgress | None = plain(
        "derivedData",
        representations=READ,
        description="Progress towards a fix, as Sentry derives it; null on servers that do not send it.",
    )

    @link("seenBy", USER, representations=(DETAIL,))
    @paged
    def seen_by(records: list[Any], *, page: PageArguments) -> Connection[UserType] | None:
        """Users who have viewed the issue, most recent first."""
        return slice_of(records, page)

    @link("participants", replace(USER, tag="user"), tag_member="type", representations=(DETAIL,))
    @paged
    def participants(records: list[Any], *, page: PageArguments) -> Connection[UserType] | None:
        """Users who participate in the issue; teams are left out."""
        return slice_of(records, page)

    first_release: ReleaseType | None = link(
        "firstRelease", RELEASE, representations=(DETAIL,), description="Release in which the issue was first seen."
    )
    last_release: ReleaseType | None = link(
        "lastRelease", RELEASE, representations=(DETAIL,), description="Newest release in which the issue was seen."
    )
    latest_event: EventType | None = batch(
        latest_events,
        description="Newest event.",
        cheaper="select only its `eventId`, `title`, `occurredAt`, `issue` and `project`: two calls for the whole list",
    )
    oldest_event: EventType | None = batch(
        issue_events,
        key=lambda row: IssueEventKey(issue_key(row), "oldest"),
        description="Oldest event of the issue that Sentry still has.",
        cheaper="select `firstSeen`, which costs no call",
    )
    suspect_commits: list[SuspectCommit] | None = batch(
        issue_suspect_commits,
        description="Commits that may have caused the newest event, the most likely first; empty when Sentry has none."
        " One call per issue, besides the two for the newest events of the whole list.",
    )
    tags: list[Tag] | None = batch(
        issue_tags,
        description="Tags of the events with their most frequent values. One call per issue.",
        cheaper="select `tag(key:)` without display names: a few calls for the whole list",
    )
    external_issues: list[ExternalIssue] | None = batch(
        external_issues,
        description="External issues that Sentry apps and integrations linked to the issue. Two calls per issue, or"
        " one for a list whose links have all that is selected.",
    )

    @batch(user_report_pages)
    @paged
    def user_reports(*, environments: Environments = None, page: PageArguments) -> Connection[UserReport] | None:
        """Reports that users of the application wrote about the issue, newest first. One call per issue.

        Reports of the feedback widget are issues of the category FEEDBACK instead.
        """
        return list_options(page, environment_parameters(environments))

    @batch(similar_issues)
    def similar_issues(*, first: Count = 5) -> list[SimilarIssue] | None:
        """Issues that are similar, the most similar first. One call per issue."""
        return checked_count(first)

    @batch(external_issue_forms)
    def external_issue_form(
        *, integration: Tracker, action: Action = ExternalIssueAction.CREATE
    ) -> ExternalIssueForm | None:
        """Form of an integration for a ticket of the issue. One call per issue."""
        return form_options(integration, action)

    autofix: AutofixRunType | None = batch(
        autofix_runs,
        description="Newest run of Seer on the issue; null when there was none. One call per issue.",
    )

    @batch(selected_issue_event, cheaper=LATEST_EVENT_INSTEAD)
    def event(
        *,
        which: Annotated[
            EventChoice | None, strawberry.argument(description="Event to return when `eventId` is not given.")
        ] = EventChoice.RECOMMENDED,
        event_id: Annotated[
            str | None, strawberry.argument(description="ID of the event in Sentry: 32 hexadecimal digits.")
        ] = None,
    ) -> EventType | None:
        """Event of the issue, selected by position or ID; null when it does not exist."""
        return event_selector(which, event_id)

    @batch(issue_event_pages, cheaper=LATEST_EVENT_INSTEAD)
    @paged
    def events(
        *,
        range: Annotated[
            TimeRangeInput | None,
            strawberry.argument(description="Time range of the events. Default: the last 90 days."),
        ] = None,
        environments: Environments = None,
        search: Annotated[str | None, strawberry.argument(description="Filter in Sentry's search syntax.")] = None,
        page: PageArguments,
    ) -> Connection[EventType] | None:
        """Events of the issue, newest first."""
        query = (*environment_parameters(environments), *search_parameter(search))
        return list_options(page, query, None if range is None else time_range_of(range))

    @batch(issues_in_range)
    def in_range(
        *, range: Annotated[TimeRangeInput, strawberry.argument(description="Time range of the figures.")]
    ) -> IssueInRange | None:
        """Figures of the issue within a time range. One call for all issues of a list."""
        return time_range_of(range)

    @batch(issue_tag)
    def tag(
        *, key: Annotated[str, strawberry.argument(description="Key of the tag, for example `browser.name`.")]
    ) -> Tag | None:
        """Tag of the events; null when no event has it.

        One call for the errors of a list and one for its other issues, and with values one more per 10 issues at most.
        One call per issue when display names are selected or the tag has more values than that.
        """
        return key

    @batch(hash_pages)
    @paged
    def hashes(*, page: PageArguments) -> Connection[IssueHash] | None:
        """Grouping hashes of the issue."""
        return list_options(page)

    @batch(comment_pages)
    @paged
    def comments(*, page: PageArguments) -> Connection[Comment] | None:
        """Comments on the issue, newest first."""
        return list_options(page)

    @computed(activity=list[msgspec.Raw] | None, id=ID, representations=(DETAIL,))
    @paged
    def activity(row: Any, *, page: PageArguments) -> Connection[IssueActivity] | None:
        """Activity of the issue, newest first, limited to the entries in Sentry's detail response."""
        # The issue may have been asked for by its short ID, which its parents do not repeat.
        parents = row.parents.within(issue=str(row.id))
        lines = [LazyJSON("IssueActivity", line, parents=parents) for line in row.activity or ()]
        return slice_of(lines, page)

    @computed(stats=Buckets | None, representations=(DETAIL,))
    def series(row: Any) -> TimeSeries | None:
        """Number of events per day over the last 30 days."""
        return issue_series(row.stats)

    @computed(owners=msgspec.Raw, representations=READ)
    def suggested_owner(row: Any) -> IssueOwner | None:
        """Owner that Sentry suggests first; null when it suggests none."""
        return next(iter(suggested_owners(row.owners)), None)

    @computed(owners=msgspec.Raw, representations=(DETAIL,))
    def owners(row: Any) -> list[IssueOwner] | None:
        """Owners suggested by Sentry. One call for each issue of a list, where `suggestedOwner` costs none."""
        return suggested_owners(row.owners) or None
