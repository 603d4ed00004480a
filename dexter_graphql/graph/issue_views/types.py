"""Issue views."""

from datetime import datetime
from enum import Enum
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.declarations.fields import ID, LIST, batch, computed, entity, link, plain
from dexter_graphql.graph.issues.connections import IssueConnection
from dexter_graphql.graph.issues.enums import IssueSort
from dexter_graphql.graph.lazy_types import OrganizationType, UserType
from dexter_graphql.graph.members.actors import USER
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.projects.connections import ProjectConnection
from dexter_graphql.graph.projects.numbered import project_numbers_key
from dexter_graphql.graph.relay.connections import PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.issue_views import (
    IssueViewKey,
    IssueViewSearch,
    issue_views_by_id,
    viewed_issue_pages,
)
from dexter_graphql.loaders.projects import numbered_projects
from dexter_graphql.loaders.time_ranges import Interval, Relative, TimeRange, period_seconds


@strawberry.enum(description="Whose issue views are listed.")
class IssueViewCreator(Enum):
    """`createdBy` on the wire."""

    SELF = wire_value("me", "Those of the user of the token.")
    OTHERS = wire_value("others", "Those that other members share with the organization.")


@strawberry.enum(description="Sort order of issue views; views that the user has starred come first.")
class IssueViewSort(Enum):
    """`sort` on the wire."""

    NAME = wire_value("name", "By name.")
    POPULARITY = wire_value("-popularity", "By number of users who starred the view, most first.")
    LAST_VISITED = wire_value("-visited", "By time of the user's last visit, newest first.")
    NEW = wire_value("-created", "By time of creation, newest first.")


class TimeFilters(msgspec.Struct, frozen=True, gc=False):
    """`timeFilters` on the wire: a length, or two points in time."""

    period: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    def time_range(self) -> TimeRange | None:
        """The range; None where there is none."""
        if self.start is not None and self.end is not None:
            return Interval(self.start, self.end)
        seconds = period_seconds(self.period)
        return None if seconds is None else Relative(seconds)


def search_of(row: Any) -> IssueViewSearch:
    """What a view searches for."""
    filters: TimeFilters | None = row.timeFilters
    return IssueViewSearch(
        IssueViewKey(row.parents.organization, str(row.id)),
        row.query or "",
        row.querySort or str(IssueSort.LAST_SEEN.value),
        tuple(map(str, row.projects or ())),
        tuple(row.environments or ()),
        None if filters is None else filters.time_range(),
    )


@entity(key=IssueViewKey, load=issue_views_by_id, representations=(LIST,))
class IssueView(Node):
    """Saved search for issues."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    name: str | None = plain(description="Name of the view.")
    search: str | None = plain("query", description="Filter in Sentry's search syntax.")
    sort: str | None = plain("querySort", description="Order of the issues, as named by Sentry, for example `date`.")
    star_count: int | None = plain("stars", description="Number of users who have starred the view.")
    is_starred: bool | None = plain(
        "starred", description="True when the user of the token has starred the view.", is_personal=True
    )
    own_last_visit_at: datetime | None = plain(
        "lastVisited", description="Time when the user of the token last opened the view.", is_personal=True
    )
    created_by: UserType | None = link("createdBy", USER, description="User who created the view.")
    created_at: datetime | None = plain("dateCreated", description="Time when the view was created.")
    updated_at: datetime | None = plain("dateUpdated", description="Time when the view was last changed.")
    organization: OrganizationType = organization_field()

    @computed(environments=list[str] | None)
    def environment_names(row: Any) -> list[str] | None:
        """Names of the environments whose events are searched; empty for all."""
        return row.environments

    @computed(timeFilters=TimeFilters | None)
    def period(row: Any) -> str | None:
        """Length of the time range, for example `24h`; null for a fixed one."""
        return None if row.timeFilters is None else row.timeFilters.period

    @computed(timeFilters=TimeFilters | None)
    def starts_at(row: Any) -> datetime | None:
        """Start of a fixed time range; null for a relative one."""
        return None if row.timeFilters is None else row.timeFilters.start

    @computed(timeFilters=TimeFilters | None)
    def ends_at(row: Any) -> datetime | None:
        """End of a fixed time range; null for a relative one."""
        return None if row.timeFilters is None else row.timeFilters.end

    @batch(numbered_projects, key=project_numbers_key, reads={"projects": list[int]})
    @paged
    def projects(*, page: PageArguments) -> ProjectConnection | None:
        """Projects whose issues are searched; empty for all projects, or for those of the user who opens the view."""
        return list_options(page)

    @batch(
        viewed_issue_pages,
        key=search_of,
        reads={
            "id": ID,
            "query": str | None,
            "querySort": str | None,
            "projects": list[int],
            "environments": list[str] | None,
            "timeFilters": TimeFilters | None,
        },
    )
    @paged
    def issues(*, page: PageArguments) -> IssueConnection | None:
        """Issues that the view finds. One call per view."""
        return list_options(page)
