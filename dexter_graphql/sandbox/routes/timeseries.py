"""Routes of event series: `events-timeseries/` and the older `events-stats/`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from dexter_graphql.sandbox.discover.columns import Column, parse_column
from dexter_graphql.sandbox.discover.query import AllOf, QueryError
from dexter_graphql.sandbox.discover.rows import EventRow
from dexter_graphql.sandbox.discover.table import Group, group_rows, render_group, sort_groups
from dexter_graphql.sandbox.http import HTTPError, Request, Route, raise_bad_request
from dexter_graphql.sandbox.routes.discover import READ, build_meta, parse_conditions, parse_dataset, select_events
from dexter_graphql.sandbox.time_buckets import TimeBuckets, TooManyPointsError, choose_interval, split_window
from dexter_graphql.sandbox.time_ranges import TimeRange, parse_period, parse_time_range
from dexter_graphql.sandbox.vintages import Capability

_MAX_TOP: Final = 10
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _SeriesRows:
    """The rows of one series: of one top group, of all other groups, or of the whole selection.

    `compared` has those of an earlier period.
    """

    rows: Sequence[EventRow]
    group: dict[str, Any] | None = None
    is_other: bool = False
    compared: Sequence[EventRow] | None = None


def get_timeseries(request: Request) -> object:
    """Get series with timestamps and intervals in milliseconds."""
    try:
        return _build_timeseries(request)
    except (QueryError, TooManyPointsError) as problem:
        raise_bad_request(str(problem))


def get_stats(request: Request) -> object:
    """Get series in the older shape: a single one, by axis, or by group with `topEvents`."""
    try:
        return _build_stats(request)
    except (QueryError, TooManyPointsError) as problem:
        raise_bad_request(str(problem))


def _build_timeseries(request: Request) -> dict[str, Any]:
    if request.param("topEvents") and not request.has(Capability.GROUPED_TIMESERIES):
        raise HTTPError(500, {"detail": "Internal Error", "errorId": request.world.new_hex()})
    window = parse_time_range(request)
    buckets = split_window(window.start, window.end, _parse_interval(request, window))
    all_series = _select_series(request, window, request.param_list("groupBy"), request.param_list("sort"))
    now = request.world.now().timestamp()
    series = [
        _serialize_series(axis, series_rows, buckets, now)
        | {"meta": _serialize_meta(axis, buckets, order, series_rows)}
        for order, series_rows in enumerate(all_series)
        for axis in _parse_axes(request)
    ]
    start, end = buckets.starts[0], buckets.starts[-1] + buckets.interval
    meta = {"dataset": parse_dataset(request), "start": start * 1000, "end": end * 1000}
    return {"timeSeries": series, "meta": meta}


def _serialize_series(axis: Column, series_rows: _SeriesRows, buckets: TimeBuckets, now: float) -> dict[str, Any]:
    values: list[dict[str, Any]] = [
        {"timestamp": start * 1000, "value": value, "incomplete": start + buckets.interval > now}
        for start, value in zip(buckets.starts, _bucket_values(axis, series_rows.rows, buckets), strict=True)
    ]
    if series_rows.compared is not None:
        for value, compared in zip(values, _bucket_values(axis, series_rows.compared, buckets), strict=True):
            value["comparisonValue"] = compared
    body: dict[str, Any] = {"yAxis": axis.name, "values": values}
    if series_rows.group is not None:
        body["groupBy"] = [{"key": key, "value": value} for key, value in series_rows.group.items()]
    return body


def _serialize_meta(axis: Column, buckets: TimeBuckets, order: int, series_rows: _SeriesRows) -> dict[str, Any]:
    meta = {"valueType": axis.type, "valueUnit": axis.unit, "interval": buckets.interval * 1000}
    is_ranked = series_rows.is_other or series_rows.group is not None
    return meta | ({"order": order, "isOther": series_rows.is_other} if is_ranked else {})


def _build_stats(request: Request) -> dict[str, Any]:
    window = parse_time_range(request)
    buckets = split_window(window.start, window.end, _parse_interval(request, window))
    all_series = _select_series(
        request, window, request.param_list("field"), request.param_list("orderby") or request.param_list("sort")
    )
    axes = _parse_axes(request)
    if all_series[0].group is not None or all_series[0].is_other:
        return {
            _format_label(series_rows): _serialize_legacy_series(axes[0], series_rows, buckets, order)
            for order, series_rows in enumerate(all_series)
        }
    if len(axes) > 1:
        return {
            axis.name: _serialize_legacy_series(axis, all_series[0], buckets, order) for order, axis in enumerate(axes)
        }
    return {
        name: value
        for name, value in _serialize_legacy_series(axes[0], all_series[0], buckets, 0).items()
        if name != "order"
    }


def _serialize_legacy_series(
    axis: Column, series_rows: _SeriesRows, buckets: TimeBuckets, order: int
) -> dict[str, Any]:
    counts: list[dict[str, object]] = [{"count": value} for value in _bucket_values(axis, series_rows.rows, buckets)]
    if series_rows.compared is not None:
        for count, compared in zip(counts, _bucket_values(axis, series_rows.compared, buckets), strict=True):
            count["comparisonCount"] = compared
    return {
        "data": [[start, [count]] for start, count in zip(buckets.starts, counts, strict=True)],
        "order": order,
        "start": buckets.starts[0],
        "end": buckets.starts[-1] + buckets.interval,
        "isMetricsData": False,
        "meta": build_meta([axis], "errors"),
    }


def _select_series(request: Request, window: TimeRange, by: list[str], sort: list[str]) -> list[_SeriesRows]:
    rows = select_events(request, window).rows(parse_conditions(request)[0])
    top_events = request.param("topEvents")
    if top_events is None:
        return [_SeriesRows(rows, compared=_select_compared(request, window))]
    count = int(top_events) if top_events.isdigit() else 0
    if not 1 <= count <= _MAX_TOP:
        raise QueryError(f"Can only get up to {_MAX_TOP} top events")
    columns = [column for column in map(parse_column, by) if not column.is_aggregate]
    if not columns:
        raise QueryError("groupBy is a required parameter when doing topEvents")
    if not sort:
        raise QueryError("sort is a required parameter when doing topEvents")
    return _select_top(
        rows, columns, _parse_axes(request), sort, count, keep_others=request.param("excludeOther") != "1"
    )


def _select_compared(request: Request, window: TimeRange) -> list[EventRow] | None:
    """The rows of the period that is `comparisonDelta` seconds earlier, as if they were of this one."""
    text = request.param("comparisonDelta")
    if not text:
        return None
    if not text.isdigit():
        raise QueryError("comparisonDelta must be a number of seconds")
    delta = timedelta(seconds=int(text))
    earlier = TimeRange(window.start - delta, window.end - delta)
    rows = select_events(request, earlier).rows(parse_conditions(request)[0])
    return [replace(row, shift_s=int(text)) for row in rows]


def _select_top(
    rows: list[EventRow], columns: list[Column], axes: list[Column], sort: list[str], count: int, *, keep_others: bool
) -> list[_SeriesRows]:
    selected = columns + axes
    sort_columns = [parse_column(key.removeprefix("-")) for key in sort if key.endswith(")")]
    selected += [column for column in sort_columns if column not in selected]
    groups = sort_groups(group_rows(rows, selected, AllOf(()), 1), selected, sort)
    all_series = [_SeriesRows(_event_rows(group), render_group(group, columns)) for group in groups[:count]]
    others = [row for group in groups[count:] for row in _event_rows(group)]
    return all_series + ([_SeriesRows(others, is_other=True)] if others and keep_others else [])


def _event_rows(group: Group) -> list[EventRow]:
    return [row for row in group.rows if isinstance(row, EventRow)]


def _bucket_values(axis: Column, rows: Sequence[EventRow], buckets: TimeBuckets) -> list[object]:
    if axis.function == "count" and not axis.arguments:
        return list(buckets.counts(row.at for row in rows))
    rows_by_bucket: list[list[EventRow]] = [[] for _ in range(buckets.count)]
    for row in rows:
        index = buckets.index(row.at)
        if 0 <= index < buckets.count:
            rows_by_bucket[index].append(row)
    return [Group(bucket_rows, buckets.interval / 60).value(axis) or 0 for bucket_rows in rows_by_bucket]


def _parse_axes(request: Request) -> list[Column]:
    axes = [parse_column(name) for name in request.param_list("yAxis") or ["count()"]]
    for axis in axes:
        if not axis.is_aggregate or axis.type in {"string", "date"}:
            raise QueryError(f"{axis.name} is not a valid y-axis")
    return axes


def _parse_interval(request: Request, window: TimeRange) -> timedelta:
    # Sentry replaces an invalid interval by its default.
    text = request.param("interval") or ""
    interval = timedelta(seconds=int(text)) if text.isdigit() else parse_period(text)
    if interval is None or not timedelta() < interval <= _DAY:
        return choose_interval(window.end - window.start)
    return interval


def _format_label(series_rows: _SeriesRows) -> str:
    return "Other" if series_rows.group is None else ",".join(str(value) for value in series_rows.group.values())


_ORGANIZATION = "/organizations/{organization}/"

ROUTES = (
    Route("GET", _ORGANIZATION + "events-timeseries/", get_timeseries, READ),
    Route("GET", _ORGANIZATION + "events-stats/", get_stats, READ),
)
