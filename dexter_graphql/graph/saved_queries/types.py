"""Saved queries of Discover."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value
from dexter_graphql.graph.common.series import TimeSeries
from dexter_graphql.graph.common.time_ranges import TimeRangeInput, time_range_of
from dexter_graphql.graph.declarations.fields import batch, entity, link, plain
from dexter_graphql.graph.explore.arguments import table_options
from dexter_graphql.graph.explore.enums import ExploreDataset
from dexter_graphql.graph.explore.tables import DiscoverConnection
from dexter_graphql.graph.lazy_types import OrganizationType, UserType
from dexter_graphql.graph.members.actors import USER
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.projects.connections import ProjectConnection
from dexter_graphql.graph.projects.numbered import project_numbers_key
from dexter_graphql.graph.relay.connections import PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.projects import numbered_projects
from dexter_graphql.loaders.saved_queries import SavedQueryKey, saved_queries_by_id
from dexter_graphql.loaders.saved_query_runs import (
    SavedTableOptions,
    saved_query_series,
    saved_query_tables,
)

QueryRange = Annotated[
    TimeRangeInput | None,
    strawberry.argument(description="Time range of the events. Default: that of the query, or else the last 24 hours."),
]


@strawberry.enum(description="Kind of the events of a saved query.")
class SavedQueryDataset(Enum):
    """`queryDataset` on the wire."""

    ERROR_EVENTS = wire_value("error-events", "Error events.")
    TRANSACTION_LIKE = wire_value("transaction-like", "Transactions of applications.")
    DISCOVER = wire_value("discover", "Errors and transactions. Sentry no longer accepts new queries of this kind.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@entity(key=SavedQueryKey, load=saved_queries_by_id)
class SavedQuery(Node):
    """Query of Discover that was saved in Sentry."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    name: str | None = plain(description="Name of the query.")
    query_dataset: SavedQueryDataset | None = plain("queryDataset", description="Kind of the events.")
    query_dataset_raw: str | None = plain("queryDataset", description="Value of `queryDataset`, as sent by Sentry.")
    fields: list[str] | None = plain(description="Columns: fields, functions and equations.")
    search: str | None = plain("query", description="Filter in Sentry's search syntax.")
    sort: str | None = plain("orderby", description="Column to sort by, where functions have no parentheses.")
    y_axes: list[str] | None = plain("yAxis", description="Functions of the query's chart.")
    display: str | None = plain(description="Form of the query's chart, as named by Sentry.")
    period: str | None = plain(
        "range", description="Length of the time range, for example `24h`; null for a fixed one."
    )
    starts_at: datetime | None = plain("start", description="Start of a fixed time range; null for a relative one.")
    ends_at: datetime | None = plain("end", description="End of a fixed time range; null for a relative one.")
    top_count: int | None = plain(
        "topEvents", description="Number of groups in the query's chart; null for Sentry's default."
    )
    interval: str | None = plain(
        description="Length of an interval of the query's chart, for example `1h`; null for Sentry's choice."
    )
    environment_names: list[str] | None = plain(
        "environment", description="Names of the environments whose events are searched; null or empty for all."
    )
    created_by: UserType | None = link("createdBy", USER, description="User who created the query.")
    is_expired: bool | None = plain("expired", description="True when the time range is older than Sentry's data.")
    created_at: datetime | None = plain("dateCreated", description="Time when the query was created.")
    updated_at: datetime | None = plain("dateUpdated", description="Time when the query was last changed.")
    organization: OrganizationType = organization_field()

    @batch(numbered_projects, key=project_numbers_key, reads={"projects": list[int]})
    @paged
    def projects(*, page: PageArguments) -> ProjectConnection | None:
        """Projects whose events are searched; empty for those of the user who runs the query. One call."""
        return list_options(page)

    @batch(saved_query_tables)
    @paged
    def table(*, range: QueryRange = None, page: PageArguments) -> DiscoverConnection | None:
        """Table of the query, with its columns and those that are selected on the rows. Two calls per query."""
        part = table_options(ExploreDataset.ERRORS, None, None, range, page)
        return SavedTableOptions(part, None if range is None else part.time_range)

    @batch(saved_query_series)
    def time_series(*, range: QueryRange = None) -> list[TimeSeries] | None:
        """Series of the query's chart: one per function, or per function and group for a chart of the top groups.

        Two calls per query.
        """
        return None if range is None else time_range_of(range)
