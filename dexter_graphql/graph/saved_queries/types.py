"""Saved queries of Discover."""

from datetime import datetime
from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value
from dexter_graphql.graph.declarations.fields import batch, entity, plain
from dexter_graphql.graph.explore.arguments import ExploreRange, table_options
from dexter_graphql.graph.explore.enums import ExploreDataset
from dexter_graphql.graph.explore.tables import DiscoverConnection
from dexter_graphql.graph.lazy_types import OrganizationType
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.relay.connections import PageArguments, paged
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.saved_queries import SavedQueryKey, saved_queries_by_id, saved_query_tables


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
    is_expired: bool | None = plain("expired", description="True when the time range is older than Sentry's data.")
    created_at: datetime | None = plain("dateCreated", description="Time when the query was created.")
    updated_at: datetime | None = plain("dateUpdated", description="Time when the query was last changed.")
    organization: OrganizationType = organization_field()

    @batch(saved_query_tables)
    @paged
    def table(*, range: ExploreRange = None, page: PageArguments) -> DiscoverConnection | None:
        """Table of the query, with its columns and those that are selected on the rows. Two calls per query."""
        return table_options(ExploreDataset.ERRORS, None, None, range, page)
