"""Loaders that run saved queries: their tables and their series."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext, fan_out, two_calls_per_key
from dexter_graphql.loaders.explore.datasets import Dataset
from dexter_graphql.loaders.explore.tables import TableOptions, TablePage, read_table, requested_columns
from dexter_graphql.loaders.explore.time_series import SeriesOptions, TopGroups, read_series
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.saved_queries import SavedQueryKey
from dexter_graphql.loaders.series import Series
from dexter_graphql.loaders.time_ranges import DAY_S, MINUTE_S, Interval, Relative, TimeRange, period_seconds
from dexter_graphql.sentry.catalogue import events
from dexter_graphql.sentry.catalogue import saved_queries as catalogue
from dexter_graphql.sentry.errors import BadResponse, InvalidValue
from dexter_graphql.sentry.lenient import UNREADABLE
from dexter_graphql.sentry.parents import Parents

DATASETS: Mapping[str, Dataset] = MappingProxyType({"transaction-like": Dataset.TRANSACTIONS})
"""`queryDataset` → dataset of the query; all others are errors."""
DEFAULT_RANGE = Relative(DAY_S)
TOP_DISPLAYS = frozenset({"top5", "dailytop5"})
DAILY_DISPLAYS = frozenset({"daily", "dailytop5"})
DEFAULT_TOP, MAX_TOP = 5, 10
DEFAULT_AXES = ("count()",)


class Settings(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What a saved query searches and shows. Older queries have one text as `yAxis`."""

    fields: list[str] | None = None
    query: str | None = None
    orderby: str | None = None
    environment: list[str] | None = None
    projects: list[int] | None = None
    query_dataset: str | None = None
    y_axis: list[str] | str | None = None
    display: str | None = None
    top_events: int | None = None
    interval: str | None = None
    range: str | None = None
    start: str | None = None
    end: str | None = None


class SavedTableOptions(NamedTuple):
    """The requested part of a table, and its time range when it is not that of the saved query."""

    part: TableOptions
    time_range: TimeRange | None


@fan_out(target="DiscoverConnection", uses=(catalogue.DETAIL, events.DISCOVER), cost=two_calls_per_key)
async def saved_query_tables(key: SavedQueryKey, load_context: LoadContext) -> TablePage | None:
    """The table of a saved query; options are SavedTableOptions."""
    saved = await _settings(key, load_context)
    requested: SavedTableOptions = load_context.options
    time_range = requested.time_range or _time_range(saved)
    options = requested.part._replace(dataset=_dataset(saved), search=saved.query or "", time_range=time_range)
    columns = requested_columns(saved.fields or (), options.dataset, load_context)
    query = (*_filters(saved), *repeated("sort", _sort(saved, columns)))
    return await read_table(key.organization, options, columns, query, load_context)


@fan_out(target="TimeSeries", uses=(catalogue.DETAIL, events.TIME_SERIES, events.STATS), cost=two_calls_per_key)
async def saved_query_series(key: SavedQueryKey, load_context: LoadContext) -> list[Series | InvalidValue]:
    """The series of a saved query's chart; options are a TimeRange, or None for that of the query."""
    saved = await _settings(key, load_context)
    axes, time_range = _axes(saved), load_context.options or _time_range(saved)
    interval_s = DAY_S if saved.display in DAILY_DISPLAYS else period_seconds(saved.interval)
    options = SeriesOptions(
        _dataset(saved),
        axes,
        saved.query or "",
        (),
        _in_steps(time_range, interval_s),
        min(interval_s, DAY_S) if interval_s else None,
        top=_top_groups(saved, axes) if saved.display in TOP_DISPLAYS else None,
        compare_s=_length_s(time_range) if saved.display == "previous" else None,
    )
    return await read_series(key.organization, options, _filters(saved), load_context)


async def _settings(key: SavedQueryKey, load_context: LoadContext) -> Settings:
    """The settings of a query. Raises BadResponse for odd ones, without which something else would be searched."""
    path = {"query": key.id}
    reply = await load_context.send(catalogue.DETAIL, Parents(key.organization), path=path)
    try:
        return msgspec.json.decode(reply.body, type=Settings, strict=False)
    except UNREADABLE as error:
        message = f"The saved query in Sentry's answer cannot be run: {error}"
        raise BadResponse(message, title=catalogue.DETAIL.title, status=reply.status) from None


def _dataset(saved: Settings) -> Dataset:
    return DATASETS.get(saved.query_dataset or "", Dataset.ERRORS)


def _filters(saved: Settings) -> QueryParameters:
    return (*repeated("project", map(str, saved.projects or ())), *repeated("environment", saved.environment or ()))


def _axes(saved: Settings) -> tuple[str, ...]:
    """The functions of the chart."""
    axes = [saved.y_axis] if isinstance(saved.y_axis, str) else saved.y_axis or ()
    return tuple(dict.fromkeys(axes)) or DEFAULT_AXES


def _sort(saved: Settings, columns: Sequence[str]) -> list[str]:
    """The order of the query, which names functions without parentheses: `-count` for `count()`."""
    order = saved.orderby or ""
    name = order.removeprefix("-")
    column = next((each for each in columns if name in {each, each.partition("(")[0]}), None)
    return [] if column is None else [f"{'-' if order.startswith('-') else ''}{column}"]


def _top_groups(saved: Settings, axes: tuple[str, ...]) -> TopGroups | None:
    """The groups of the chart, by the columns that are no functions; None when all are."""
    fields = saved.fields or []
    groups = tuple(name for name in fields if "(" not in name and not name.startswith("equation|"))
    count = saved.top_events
    limit = count if count is not None and 1 <= count <= MAX_TOP else DEFAULT_TOP
    sort = tuple(_sort(saved, fields)) or (f"-{axes[0]}",)
    return TopGroups(limit, groups, sort, has_other=True) if groups else None


def _time_range(saved: Settings) -> TimeRange:
    """The time range of the query; the last day when it has none."""
    start, end = _instant(saved.start), _instant(saved.end)
    if start is not None and end is not None and start < end:
        return Interval(start, end)
    length_s = period_seconds(saved.range)
    return DEFAULT_RANGE if length_s is None else Relative(length_s)


def _instant(text: str | None) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return instant and instant.replace(tzinfo=instant.tzinfo or UTC, microsecond=0)


def _in_steps(time_range: TimeRange, interval_s: int | None) -> TimeRange:
    """The time range in whole intervals, where these divide a day."""
    if isinstance(time_range, Relative) and time_range.step_s == MINUTE_S and interval_s and DAY_S % interval_s == 0:
        return replace(time_range, step_s=interval_s)
    return time_range


def _length_s(time_range: TimeRange) -> int:
    if isinstance(time_range, Relative):
        return time_range.length_s
    return int((time_range.end - time_range.start).total_seconds())
