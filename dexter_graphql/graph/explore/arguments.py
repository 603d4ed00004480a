"""Arguments of tables and time series."""

from typing import Annotated

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.time_ranges import TimeRangeInput, seconds_of, time_range_of
from dexter_graphql.graph.explore.enums import ExploreDataset, Sampling
from dexter_graphql.graph.relay.connections import MAX_FIRST, PageArguments
from dexter_graphql.graph.relay.list_options import environment_parameters, project_parameters
from dexter_graphql.graph.relay.references import EnvironmentReference, ProjectReference
from dexter_graphql.loaders.explore.datasets import Dataset
from dexter_graphql.loaders.explore.tables import TableOptions
from dexter_graphql.loaders.explore.time_series import SeriesOptions, TopGroups
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.search import UnresolvedQuery
from dexter_graphql.loaders.time_ranges import DAY_S, MINUTE_S

DEFAULT_RANGE = TimeRangeInput(last="24h")
MAX_TOP = 10
MAX_AXES = 10
DEFAULT_AXES = ["count()"]

DatasetArgument = Annotated[ExploreDataset, strawberry.argument(description="Events to search.")]
Search = Annotated[
    str | None,
    strawberry.argument(
        description="Filter in Sentry's search syntax, with `AND`, `OR` and parentheses, for example"
        " `level:error (release:latest OR environment:staging)`."
    ),
]
ExploreRange = Annotated[
    TimeRangeInput | None, strawberry.argument(description="Time range of the events. Default: the last 24 hours.")
]
Fields = Annotated[
    list[str] | None,
    strawberry.argument(
        description="Columns besides those that the selection on the rows adds: fields, functions or equations, for"
        " `table`. A table has at most 20 columns."
    ),
]
SortKeys = Annotated[
    list[str] | None,
    strawberry.argument(description="Columns to sort by, the first one dominating; `-` before one for descending."),
]
SamplingArgument = Annotated[
    Sampling | None, strawberry.argument(description="Sampling of spans. Other datasets are not sampled.")
]
FiltersAggregates = Annotated[
    bool,
    strawberry.argument(description="False to refuse conditions on functions in `search`, such as `count():>10`."),
]
YAxes = Annotated[
    list[str],
    strawberry.argument(description="Functions to measure, one series each, for example `p95(span.duration)`."),
]
IntervalArgument = Annotated[
    str | None,
    strawberry.argument(
        description="Length of an interval, a number and a unit, for example `5m` or `1h`; at most `1d`. Default:"
        " Sentry chooses it by the time range."
    ),
]


@strawberry.input(name="TopSeries", description="The groups of events with the highest values, one series each.")
class TopSeriesInput:
    """Input."""

    count: int = strawberry.field(description="Number of groups, from 1 to 10.")
    group_by: list[str] = strawberry.field(description="Fields that the events of a group have in common.")
    sort: list[str] = strawberry.field(
        description="Order of the groups by function, for example `-count()` for the most frequent ones."
    )
    includes_other: bool = strawberry.field(
        default=True, description="True for one more series, of all events that are in none of the groups."
    )


Top = Annotated[
    TopSeriesInput | None,
    strawberry.argument(description="Groups to show. Default: one series of all events for each function."),
]
Compare = Annotated[
    int | None,
    strawberry.argument(
        description="Also measure the period that is earlier by this time, as `comparedValues`. Not with `top`."
    ),
]
Extrapolates = Annotated[
    bool, strawberry.argument(description="False for the values of the samples, without extrapolation.")
]


def table_options(
    dataset: ExploreDataset,
    fields: list[str] | None,
    search: str | None,
    range: TimeRangeInput | None,
    page: PageArguments,
) -> TableOptions:
    """Loader options of a table, without further parameters."""
    time_range = time_range_of(range or DEFAULT_RANGE)
    part = (page.first, page.after, MAX_FIRST)
    return TableOptions(Dataset(dataset.value), tuple(fields or ()), (search or "").strip(), (), time_range, *part)


def table_parameters(
    dataset: ExploreDataset, sort: list[str] | None, sampling: Sampling | None, *, filters_aggregates: bool
) -> QueryParameters:
    """Parameters of a table; raises BadUserInput for sampling of a dataset that is not sampled."""
    if sampling is not None and dataset is not ExploreDataset.SPANS:
        raise BadUserInput("'sampling' is for the dataset SPANS only", ("sampling",))
    sampled = () if sampling is None else (("sampling", sampling.value),)
    refusing = () if filters_aggregates else (("allowAggregateConditions", "false"),)
    return (*repeated("sort", sort or ()), *sampled, *refusing)


def event_filter(
    projects: list[ProjectReference] | None, environments: list[EnvironmentReference] | None
) -> UnresolvedQuery:
    """Parameters that restrict events to projects and environments."""
    return (*project_parameters(projects), *environment_parameters(environments))


def series_options(
    dataset: ExploreDataset,
    y_axes: list[str],
    search: str | None,
    time: tuple[TimeRangeInput | None, str | None],
    query: UnresolvedQuery,
) -> SeriesOptions:
    """Loader options of time series; `time` is the range and the interval."""
    if not 1 <= len(y_axes) <= MAX_AXES:
        raise BadUserInput(f"'yAxes' takes 1 to {MAX_AXES} functions", ("yAxes",))
    interval_s = interval_seconds(time[1])
    step_s = interval_s if interval_s and DAY_S % interval_s == 0 else MINUTE_S
    time_range = time_range_of(time[0] or DEFAULT_RANGE, step_s)
    return SeriesOptions(
        Dataset(dataset.value), tuple(dict.fromkeys(y_axes)), (search or "").strip(), query, time_range, interval_s
    )


def top_groups(top: TopSeriesInput | None, compare_with_seconds: int | None) -> TopGroups | None:
    """The groups to show; raises BadUserInput for values that Sentry refuses, or ignores."""
    if compare_with_seconds is not None and compare_with_seconds <= 0:
        raise BadUserInput("'compareWithSeconds' must be positive", ("compareWithSeconds",))
    if top is None:
        return None
    if compare_with_seconds is not None:
        raise BadUserInput("Sentry does not compare the series of groups: use either 'top' or 'compareWithSeconds'")
    if not 1 <= top.count <= MAX_TOP:
        raise BadUserInput(f"'top.count' must be between 1 and {MAX_TOP}", ("top", "count"))
    for name, values in (("groupBy", top.group_by), ("sort", top.sort)):
        if not values:
            raise BadUserInput(f"'top.{name}' requires at least one value", ("top", name))
    return TopGroups(top.count, tuple(top.group_by), tuple(top.sort), top.includes_other)


def interval_seconds(interval: str | None) -> int | None:
    """Seconds of an interval; raises BadUserInput for one that Sentry does not take."""
    if interval is None:
        return None
    seconds = seconds_of(interval, "interval")
    if seconds > DAY_S:
        raise BadUserInput("'interval' must be at most 1d", ("interval",))
    return seconds
