"""Time series of events in the form of older releases, `events-stats`."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.explore.series_values import EventSeries, SeriesPoint
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.series import SeriesGroup
from dexter_graphql.sentry.catalogue import events as catalogue
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.parents import OrganizationRef, Parents

if TYPE_CHECKING:
    from dexter_graphql.loaders.explore.time_series import SeriesOptions

OTHER = "Other"
"""Name of the series of all groups that have none."""


class StatsValue(msgspec.Struct, frozen=True, gc=False):
    """A value and the one that it is compared with."""

    count: float | None = None
    comparisonCount: float | None = None  # noqa: N815  # Sentry's name


class StatsMeta(msgspec.Struct, frozen=True, gc=False):
    """Units by axis."""

    units: dict[str, str | None] = {}


class StatsSeries(msgspec.Struct, frozen=True, gc=False):
    """A series; times are seconds since the epoch."""

    data: list[tuple[float, list[StatsValue]]]
    order: int | None = None
    meta: StatsMeta | None = None


async def read_older_series(
    organization: OrganizationRef, options: "SeriesOptions", query: QueryParameters, load_context: LoadContext
) -> list[EventSeries]:
    """The series; `query` has all parameters except those that group."""
    answer = await load_context.client.get_json(
        catalogue.STATS,
        load_context.call_context,
        parents=Parents(organization),
        query=(*query, *_grouping(options)),
    )
    series = list(_series_in(answer, options, None))
    return sorted(series, key=lambda each: each.group.order or 0 if each.group else 0)


def _grouping(options: "SeriesOptions") -> QueryParameters:
    """The parameters that group the series. Their fields are those of the groups and of the order."""
    top = options.top
    if top is None:
        return ()
    fields = dict.fromkeys((*top.group_by, *options.y_axes, *(key.removeprefix("-") for key in top.sort)))
    other = () if top.has_other else (("excludeOther", "1"),)
    return (("topEvents", str(top.limit)), *repeated("field", fields), *repeated("orderby", top.sort), *other)


def _series_in(answer: Any, options: "SeriesOptions", label: str | None) -> Iterator[EventSeries]:
    """The series in an answer: a single one, one per axis, or one per group with one of either in it."""
    if not isinstance(answer, Mapping):
        raise InvalidValue("Sentry sent something else instead of series")
    if "data" in answer and isinstance(answer["data"], list):
        yield _series(answer, options.y_axes[0], options, label)
        return
    is_grouped = options.top is not None and label is None
    for name, below in answer.items():
        if not isinstance(below, Mapping):
            continue
        if is_grouped:
            yield from _series_in(below, options, name)
        else:
            yield _series(below, name, options, label)


def _series(answer: Any, axis: str, options: "SeriesOptions", label: str | None) -> EventSeries:
    try:
        series = msgspec.convert(answer, StatsSeries, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidValue(f"A series in Sentry's answer does not fit: {error}") from None
    points = [
        SeriesPoint(start, values[0].count if values else None, compared=values[0].comparisonCount if values else None)
        for start, values in series.data
    ]
    unit = series.meta.units.get(axis) if series.meta else None
    return EventSeries(axis, unit, points, None, _group(label, options, series.order))


def _group(label: str | None, options: "SeriesOptions", order: int | None) -> SeriesGroup | None:
    """The group with a label, which is made of the values of its fields."""
    if label is None or options.top is None:
        return None
    if label == OTHER:
        return SeriesGroup((), is_other=True, order=order)
    fields = options.top.group_by
    values = label.split(",") if len(fields) > 1 else [label]
    pairs = zip(fields, values, strict=True) if len(values) == len(fields) else [(",".join(fields), label)]
    return SeriesGroup(tuple(pairs), is_other=False, order=order)
