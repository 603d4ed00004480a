"""Time series of events: of all matching ones, or of the groups with the highest values."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.errors import as_value
from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.explore.datasets import Dataset, Source, read_dataset
from dexter_graphql.loaders.explore.older_series import read_older_series
from dexter_graphql.loaders.explore.series_values import EventSeries, SeriesPoint
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.loaders.search import UnresolvedQuery, resolve_query
from dexter_graphql.loaders.series import Series, SeriesGroup
from dexter_graphql.loaders.time_ranges import Interval, TimeRange
from dexter_graphql.sentry.capabilities import is_refused
from dexter_graphql.sentry.catalogue import events as catalogue
from dexter_graphql.sentry.errors import BadRequest, InternalError, InvalidValue, SentryError
from dexter_graphql.sentry.lenient import UNREADABLE, invalid_value
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

MILLISECONDS = 1000


class SeriesValue(msgspec.Struct, frozen=True, gc=False):
    """A value of a series."""

    timestamp: float
    value: float | None = None
    incomplete: bool | None = None
    comparisonValue: float | None = None  # noqa: N815  # Sentry's name
    sampleCount: float | None = None  # noqa: N815  # Sentry's name
    confidence: str | None = None


class GroupValue(msgspec.Struct, frozen=True, gc=False):
    """A field that the series are grouped by, with its value."""

    key: str
    value: Any = None


class SeriesMeta(msgspec.Struct, frozen=True, gc=False):
    """`meta` of a series; the interval is in milliseconds."""

    interval: float | None = None
    order: int | None = None
    isOther: bool | None = None  # noqa: N815  # Sentry's name
    valueUnit: str | None = None  # noqa: N815  # Sentry's name


class SeriesAnswer(msgspec.Struct, frozen=True, gc=False):
    """A series in Sentry's answer."""

    yAxis: str  # noqa: N815  # Sentry's name
    values: list[SeriesValue] = []
    groupBy: list[GroupValue] | None = None  # noqa: N815  # Sentry's name
    meta: SeriesMeta | None = None


ANSWER = Projection(
    "TimeSeries", "list", (Field("timeSeries", "timeSeries", list[msgspec.Raw], is_required=True, is_strict=True),)
)


class TopGroups(NamedTuple):
    """The groups with the highest values: how many, the fields that make a group, and the order of the groups."""

    limit: int
    group_by: tuple[str, ...]
    sort: tuple[str, ...]
    has_other: bool

    @property
    def query(self) -> QueryParameters:
        """The parameters that group the series."""
        other = () if self.has_other else (("excludeOther", "1"),)
        return (
            ("topEvents", str(self.limit)),
            *repeated("groupBy", self.group_by),
            *repeated("sort", self.sort),
            *other,
        )


class SeriesOptions(NamedTuple):
    """What is measured, over which events, per which interval."""

    dataset: Dataset
    y_axes: tuple[str, ...]
    search: str
    query: UnresolvedQuery
    time_range: TimeRange
    interval_s: int | None = None
    top: TopGroups | None = None
    compare_s: int | None = None
    is_extrapolated: bool = True


@fan_out(target="TimeSeries", uses=(catalogue.TIME_SERIES, catalogue.STATS, *REFERENCE_ENDPOINTS))
async def event_series(organization: OrganizationRef, load_context: LoadContext) -> list[Series | InvalidValue]:
    """The series of an organization's events, by axis and group; options are SeriesOptions."""
    options: SeriesOptions = load_context.options
    query = await resolve_query(options.query, organization, load_context)
    return await read_series(organization, options, query, load_context)


async def read_series(
    organization: OrganizationRef, options: SeriesOptions, query: QueryParameters, load_context: LoadContext
) -> list[Series | InvalidValue]:
    """The series; releases that lack them, or fail to group them, have the older form."""
    interval = load_context.interval(options.time_range)

    async def read(source: Source) -> Sequence[EventSeries | InvalidValue]:
        shared = (("query", source.search(options.search)), ("dataset", source.dataset), *interval.query, *query)
        shared = (*repeated("yAxis", options.y_axes), *shared, *_interval_parameters(options))
        return await load_context.organizations.capabilities.prefer(
            _capability(options),
            organization,
            preferred=lambda: _read_newer(organization, (*shared, *_newer_parameters(options)), load_context),
            fallback=lambda: read_older_series(organization, options, shared, load_context),
            is_refusal=_has_no_series,
        )

    series = await read_dataset(options.dataset, catalogue.TIME_SERIES, organization, load_context, read)
    return [_over(each, interval, options.interval_s) for each in series]


def _over(series: EventSeries | InvalidValue, interval: Interval, requested_s: int | None) -> Series | InvalidValue:
    """The series with a value for each interval, or what replaces one that does not fit."""
    if isinstance(series, InvalidValue):
        return series
    try:
        return series.over(interval, requested_s)
    except InvalidValue as error:
        return as_value(error)


def _capability(options: SeriesOptions) -> str:
    name = catalogue.TIME_SERIES.name
    return f"{name}?topEvents={options.dataset}" if options.top else name


def _has_no_series(error: SentryError) -> bool:
    """True where the endpoint is missing, or fails as it does for groups of some datasets."""
    return isinstance(error, InternalError) or (is_refused(error) and not isinstance(error, BadRequest))


def _interval_parameters(options: SeriesOptions) -> QueryParameters:
    interval = () if options.interval_s is None else (("interval", str(options.interval_s)),)
    compared = () if options.compare_s is None else (("comparisonDelta", str(options.compare_s)),)
    return (*interval, *compared)


def _newer_parameters(options: SeriesOptions) -> QueryParameters:
    grouped = () if options.top is None else options.top.query
    sampled = () if options.is_extrapolated else (("disableAggregateExtrapolation", "1"),)
    return (*grouped, *sampled)


async def _read_newer(
    organization: OrganizationRef, query: QueryParameters, load_context: LoadContext
) -> list[EventSeries | InvalidValue]:
    answer = await load_context.get(catalogue.TIME_SERIES, Parents(organization), query=query, projection=ANSWER)
    if invalid := first_invalid(answer, "timeSeries"):
        raise invalid
    return [_series(series) for series in answer.timeSeries]


def _series(value: msgspec.Raw) -> EventSeries | InvalidValue:
    """A series, whole: without a part of it, its figures would be others."""
    try:
        answer = msgspec.json.decode(value, type=SeriesAnswer)
    except UNREADABLE as error:
        return invalid_value("timeSeries", error)
    meta = answer.meta or SeriesMeta()
    points = [
        SeriesPoint(
            value.timestamp / MILLISECONDS,
            value.value,
            is_incomplete=bool(value.incomplete),
            compared=value.comparisonValue,
            sample_count=value.sampleCount,
            confidence=value.confidence,
        )
        for value in answer.values
    ]
    group = _group(answer.groupBy, is_other=bool(meta.isOther), order=meta.order)
    interval_s = None if meta.interval is None else int(meta.interval / MILLISECONDS)
    return EventSeries(answer.yAxis, meta.valueUnit, points, interval_s, group)


def _group(values: Sequence[GroupValue] | None, *, is_other: bool, order: int | None) -> SeriesGroup | None:
    """The group of a series; None when the series are not grouped."""
    if not values and not is_other:
        return None
    return SeriesGroup(tuple((pair.key, pair.value) for pair in values or ()), is_other, order)
