"""Fields of organizations for Discover and Explore."""

from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.common.series import TimeSeries
from dexter_graphql.graph.declarations.fields import batch, call
from dexter_graphql.graph.explore.arguments import (
    DEFAULT_AXES,
    Compare,
    DatasetArgument,
    ExploreRange,
    Extrapolates,
    Fields,
    FiltersAggregates,
    IntervalArgument,
    SamplingArgument,
    Search,
    SortKeys,
    Top,
    YAxes,
    event_filter,
    series_options,
    table_options,
    table_parameters,
    top_groups,
)
from dexter_graphql.graph.explore.tables import DiscoverConnection
from dexter_graphql.graph.relay.connections import PageArguments, paged
from dexter_graphql.graph.relay.list_options import Environments, Projects
from dexter_graphql.graph.relay.references import check_not_global
from dexter_graphql.graph.traces.types import Trace
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.explore.tables import discover_pages
from dexter_graphql.loaders.explore.time_series import event_series
from dexter_graphql.loaders.traces import TraceKey, traces_by_id


@strawberry.type
class ExploreFields:
    """Fields of Organization."""

    @batch(discover_pages)
    @paged
    def discover(  # noqa: PLR0913  # the arguments of the field
        *,
        dataset: DatasetArgument,
        fields: Fields = None,
        search: Search = None,
        range: ExploreRange = None,
        projects: Projects = None,
        environments: Environments = None,
        sort: SortKeys = None,
        sampling: SamplingArgument = None,
        filters_aggregates: FiltersAggregates = True,
        page: PageArguments,
    ) -> DiscoverConnection | None:
        """Table of events. Its columns are the fields that are selected on the rows. One call per 100 rows."""
        shown = table_parameters(dataset, sort, sampling, filters_aggregates=filters_aggregates)
        query = (*event_filter(projects, environments), *shown)
        return table_options(dataset, fields, search, range, page)._replace(query=query)

    @call(uses=traces_by_id.uses)
    async def trace(
        row: Any,
        load_context: LoadContext,
        *,
        trace_id: Annotated[str, strawberry.argument(description="ID of the trace: 32 hexadecimal digits.")],
    ) -> Trace | None:
        """Trace by ID; null when Sentry has nothing of it in the last 90 days."""
        check_not_global(trace_id, ("traceId",))
        return await load_context.load(traces_by_id, TraceKey(row.parents.organization, trace_id.lower()))

    @batch(event_series)
    def time_series(  # noqa: PLR0913  # the arguments of the field
        *,
        dataset: DatasetArgument,
        y_axes: YAxes = DEFAULT_AXES,
        search: Search = None,
        range: ExploreRange = None,
        interval: IntervalArgument = None,
        projects: Projects = None,
        environments: Environments = None,
        top: Top = None,
        compare_with_seconds: Compare = None,
        extrapolates: Extrapolates = True,
    ) -> list[TimeSeries] | None:
        """Time series of events: one per function, or with `top` one per function and group. One call."""
        query = event_filter(projects, environments)
        options = series_options(dataset, y_axes, search, (range, interval), query)
        return options._replace(
            top=top_groups(top, compare_with_seconds), compare_s=compare_with_seconds, is_extrapolated=extrapolates
        )
