"""Issues, as lists, the detail and webhooks give them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import strawberry

from dexter_graphql.graph.connections import Edge, EdgeRow, PageInfo, edges_of
from dexter_graphql.graph.fields import DETAIL, ID, LIST, WEBHOOK, Embedded, computed, link, noun, part, plain
from dexter_graphql.graph.ids import node_id
from dexter_graphql.graph.issues.enums import IssueCategory, IssuePriority, IssueStatus, IssueSubstatus, Level
from dexter_graphql.graph.node import Node
from dexter_graphql.graph.scalars import JSON, BigInt
from dexter_graphql.graph.series import Series, TimeSeries, series_of_buckets
from dexter_graphql.graph.wire_types import whole_number
from dexter_graphql.loaders.issues import IssueKey, issue_details
from dexter_graphql.loaders.members import UserKey, users_by_id
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id
from dexter_graphql.loaders.teams import TeamKey, teams_by_id
from dexter_graphql.sentry.paging import Slice

if TYPE_CHECKING:
    from dexter_graphql.graph.members.types import User
    from dexter_graphql.graph.projects.types import Project
    from dexter_graphql.graph.teams.types import Team

Assignee = Annotated[
    Annotated["User", strawberry.lazy("dexter_graphql.graph.members.types")]
    | Annotated["Team", strawberry.lazy("dexter_graphql.graph.teams.types")],
    strawberry.union("Assignee", description="Whom an issue is assigned to: a user or a team."),
]


class Counts(msgspec.Struct, frozen=True, gc=False):
    """Counts of one stretch of time, as issue lists embed them. `count` is text on the wire."""

    count: int | str | None = None
    userCount: int | None = None  # noqa: N815  # Sentry's name
    firstSeen: datetime | None = None  # noqa: N815  # Sentry's name
    lastSeen: datetime | None = None  # noqa: N815  # Sentry's name
    stats: dict[str, list[tuple[float, float | None]]] | None = None


Buckets = dict[str, list[tuple[float, float | None]]]
BASE = (LIST, DETAIL, WEBHOOK)
READ = (LIST, DETAIL)


def issue_key(row: Any) -> IssueKey:
    """Key of an issue, from its own record."""
    return IssueKey(row.scope.organization, str(row.id))


@noun(forms=BASE, hydrate=issue_details, key=issue_key)
class Issue(Node):
    """A group of similar events: the thing that is triaged, assigned and resolved."""

    id: strawberry.ID = node_id(lambda row: (str(row.id),))
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
        "isUnhandled", forms=READ, description="True when its newest events were not caught by the program."
    )

    project: Annotated["Project", strawberry.lazy("dexter_graphql.graph.projects.types")] | None = link(
        "project",
        Embedded(
            "Project",
            members=("id", "name", "slug", "platform"),
            key=lambda row: ProjectKey(row.scope.organization, str(row.id)),
            load=projects_by_id,
        ),
        description="Project whose events it groups.",
    )
    assignee: Assignee | None = link(
        "assignedTo",
        Embedded(
            "User",
            tag="user",
            members=("id", "name", "email"),
            key=lambda row: UserKey(row.scope.organization, str(row.id)),
            load=users_by_id,
        ),
        # Sentry writes a team's slug where it writes a user's name.
        Embedded(
            "Team",
            tag="team",
            members={"id": "id", "slug": "name"},
            key=lambda row: TeamKey(row.scope.organization, str(row.id)),
            load=teams_by_id,
        ),
        tag_member="type",
        description="User or team it is assigned to; null when nobody.",
    )

    @computed(lifetime=Counts | None, count=int | str | None, forms=READ)
    def event_count(row: Any) -> BigInt | None:
        """Number of events since the issue was first seen."""
        value = row.lifetime.count if row.lifetime else row.count
        return None if value is None else BigInt(whole_number(value))

    @computed(lifetime=Counts | None, userCount=int | None, forms=READ)
    def user_count(row: Any) -> BigInt | None:
        """Number of different users affected since the issue was first seen."""
        value = row.lifetime.userCount if row.lifetime else row.userCount
        return None if value is None else BigInt(value)

    @computed(lifetime=Counts | None, firstSeen=datetime | None, forms=READ)
    def first_seen(row: Any) -> datetime | None:
        """When the first event happened."""
        return row.lifetime.firstSeen if row.lifetime else row.firstSeen

    @computed(lifetime=Counts | None, lastSeen=datetime | None, forms=READ)
    def last_seen(row: Any) -> datetime | None:
        """When the newest event happened."""
        return row.lifetime.lastSeen if row.lifetime else row.lastSeen


@part
class IssueInRange:
    """What happened to an issue within the range, and with the filters, of the list it stands in."""

    @computed(filtered=Counts | None, count=int | str | None)
    def event_count(row: Any) -> BigInt | None:
        """Number of events in the range that match the filter."""
        value = row.filtered.count if row.filtered else row.count
        return None if value is None else BigInt(whole_number(value))

    @computed(filtered=Counts | None, userCount=int | None)
    def user_count(row: Any) -> BigInt | None:
        """Number of different users affected in the range by events that match the filter."""
        value = row.filtered.userCount if row.filtered else row.userCount
        return None if value is None else BigInt(value)

    @computed(filtered=Counts | None, firstSeen=datetime | None)
    def first_seen(row: Any) -> datetime | None:
        """First matching event in the range."""
        return row.filtered.firstSeen if row.filtered else row.firstSeen

    @computed(filtered=Counts | None, lastSeen=datetime | None)
    def last_seen(row: Any) -> datetime | None:
        """Newest matching event in the range."""
        return row.filtered.lastSeen if row.filtered else row.lastSeen

    @computed(filtered=Counts | None, stats=Buckets | None)
    def series(row: Any) -> TimeSeries | None:
        """Events over the range that match the filter."""
        return issue_series((row.filtered and row.filtered.stats) or row.stats)


@part
class IssueEdge(Edge[Issue]):
    """An issue in a list, and what happened to it in the list's range."""

    @computed()
    def in_range(edge: EdgeRow) -> IssueInRange | None:
        """Counts and series within the range and the filters of this list."""
        return edge.row


@part
class IssueConnection:
    """A page of issues."""

    @computed()
    def edges(page: Slice) -> list[IssueEdge]:
        """Issues with their cursors and what happened in the range."""
        return edges_of(page)

    @computed()
    def nodes(page: Slice) -> list[Issue | None]:
        """Issues alone."""
        return page.rows

    @computed()
    def page_info(page: Slice) -> PageInfo:
        """Where this page stands in the list."""
        return page

    @computed()
    def total_count(page: Slice) -> BigInt | None:
        """How many issues match; Sentry stops counting at about a thousand."""
        return None if page.hits is None else BigInt(page.hits)

    @computed()
    def is_cut(page: Slice) -> bool:
        """True when fetching stopped at the largest number of rows that one request may compose, before `first`."""
        return page.stopped


def issue_series(stats: Buckets | None) -> Series | None:
    """The series in a `stats` member, which has one period as its key; the longest when it has several."""
    if not stats:
        return None
    return series_of_buckets("count()", max(stats.values(), key=len))


ISSUE_ID = {"id": ID}
"""What fields of an issue read that need its id alone."""
