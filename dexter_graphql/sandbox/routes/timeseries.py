"""Series of events over time, in the public shape and in the older one. Tables are served by `routes.discover`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from dexter_graphql.sandbox.discover.columns import Column, parse_column
from dexter_graphql.sandbox.discover.query import AllOf, QueryError
from dexter_graphql.sandbox.discover.rows import EventRow
from dexter_graphql.sandbox.discover.table import Group, group_rows, render_group, sort_groups
from dexter_graphql.sandbox.http import Request, Route, raise_bad_request
from dexter_graphql.sandbox.routes.discover import READ, conditions, dataset_of, meta_of, selection
from dexter_graphql.sandbox.time_buckets import TimeBuckets, TooManyPointsError, choose_interval, split_window
from dexter_graphql.sandbox.time_ranges import TimeRange, parse_period, parse_time_range

_MAX_TOP: Final = 10
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Line:
    """The rows of one series: one of the top groups, all others together, or simply everything."""

    rows: Sequence[EventRow]
    group: dict[str, Any] | None = None
    is_other: bool = False


def get_timeseries(request: Request) -> object:
    """Series in the public shape; timestamps in milliseconds, intervals in seconds."""
    try:
        return _timeseries(request)
    except (QueryError, TooManyPointsError) as problem:
        raise_bad_request(str(problem))


def get_stats(request: Request) -> object:
    """Series in the older shape: one alone, or by axis, or by group when `topEvents` is set."""
    try:
        return _stats(request)
    except (QueryError, TooManyPointsError) as problem:
        raise_bad_request(str(problem))


def _timeseries(request: Request) -> dict[str, Any]:
    window = parse_time_range(request)
    buckets = split_window(window.start, window.end, _interval(request, window))
    lines = _lines(request, window, request.param_list("groupBy"), request.param_list("sort"))
    now = request.world.now().timestamp()
    series = [
        _series(axis, line, buckets, now) | {"meta": _series_meta(axis, buckets, order, line)}
        for order, line in enumerate(lines)
        for axis in _axes(request)
    ]
    start, end = buckets.starts[0], buckets.starts[-1] + buckets.interval
    meta = {"dataset": dataset_of(request), "start": start * 1000, "end": end * 1000}
    return {"timeSeries": series, "meta": meta}


def _series(axis: Column, line: _Line, buckets: TimeBuckets, now: float) -> dict[str, Any]:
    values = [
        {"timestamp": start * 1000, "value": value, "incomplete": start + buckets.interval > now}
        for start, value in zip(buckets.starts, _values(axis, line.rows, buckets), strict=True)
    ]
    response: dict[str, Any] = {"yAxis": axis.name, "values": values}
    if line.group is not None:
        response["groupBy"] = [{"key": key, "value": value} for key, value in line.group.items()]
    return response


def _series_meta(axis: Column, buckets: TimeBuckets, order: int, line: _Line) -> dict[str, Any]:
    meta = {"valueType": axis.type, "valueUnit": axis.unit, "interval": buckets.interval}
    is_ranked = line.is_other or line.group is not None
    return meta | ({"order": order, "isOther": line.is_other} if is_ranked else {})


def _stats(request: Request) -> dict[str, Any]:
    window = parse_time_range(request)
    buckets = split_window(window.start, window.end, _interval(request, window))
    lines = _lines(
        request, window, request.param_list("field"), request.param_list("orderby") or request.param_list("sort")
    )
    axes = _axes(request)
    if lines[0].group is not None or lines[0].is_other:
        return {_label(line): _old_series(axes[0], line, buckets, order) for order, line in enumerate(lines)}
    if len(axes) > 1:
        return {axis.name: _old_series(axis, lines[0], buckets, order) for order, axis in enumerate(axes)}
    return {name: value for name, value in _old_series(axes[0], lines[0], buckets, 0).items() if name != "order"}


def _old_series(axis: Column, line: _Line, buckets: TimeBuckets, order: int) -> dict[str, Any]:
    values = _values(axis, line.rows, buckets)
    return {
        "data": [[start, [{"count": value}]] for start, value in zip(buckets.starts, values, strict=True)],
        "order": order,
        "start": buckets.starts[0],
        "end": buckets.starts[-1] + buckets.interval,
        "isMetricsData": False,
        "meta": meta_of([axis], "errors"),
    }


def _lines(request: Request, window: TimeRange, by: list[str], sort: list[str]) -> list[_Line]:
    rows = selection(request, window).rows(conditions(request)[0])
    wanted = request.param("topEvents")
    if wanted is None:
        return [_Line(rows)]
    count = int(wanted) if wanted.isdigit() else 0
    if not 1 <= count <= _MAX_TOP:
        raise QueryError(f"Can only get up to {_MAX_TOP} top events")
    columns = [column for column in map(parse_column, by) if not column.is_aggregate]
    if not columns:
        raise QueryError("groupBy is a required parameter when doing topEvents")
    if not sort:
        raise QueryError("sort is a required parameter when doing topEvents")
    return _top(rows, columns, _axes(request), sort, count, keep_others=request.param("excludeOther") != "1")


def _top(
    rows: list[EventRow], columns: list[Column], axes: list[Column], sort: list[str], count: int, *, keep_others: bool
) -> list[_Line]:
    asked = columns + axes
    sorted_by = [parse_column(key.removeprefix("-")) for key in sort if key.endswith(")")]
    asked += [column for column in sorted_by if column not in asked]
    groups = sort_groups(group_rows(rows, asked, AllOf(()), 1), asked, sort)
    lines = [_Line(_events(group), render_group(group, columns)) for group in groups[:count]]
    others = [row for group in groups[count:] for row in _events(group)]
    return lines + ([_Line(others, is_other=True)] if others and keep_others else [])


def _events(group: Group) -> list[EventRow]:
    return [row for row in group.rows if isinstance(row, EventRow)]


def _values(axis: Column, rows: Sequence[EventRow], buckets: TimeBuckets) -> list[object]:
    if axis.function == "count" and not axis.arguments:
        return list(buckets.counts(row.event.at for row in rows))
    piles: list[list[EventRow]] = [[] for _ in range(buckets.count)]
    for row in rows:
        place = buckets.index(row.event.at)
        if 0 <= place < buckets.count:
            piles[place].append(row)
    return [Group(pile, buckets.interval / 60).value(axis) or 0 for pile in piles]


def _axes(request: Request) -> list[Column]:
    axes = [parse_column(name) for name in request.param_list("yAxis") or ["count()"]]
    for axis in axes:
        if not axis.is_aggregate or axis.type in {"string", "date"}:
            raise QueryError(f"{axis.name} is not a valid y-axis")
    return axes


def _interval(request: Request, window: TimeRange) -> timedelta:
    # Sentry replaces what it cannot use instead of refusing it.
    text = request.param("interval") or ""
    asked = timedelta(seconds=int(text)) if text.isdigit() else parse_period(text)
    if asked is None or not timedelta() < asked <= _DAY:
        return choose_interval(window.end - window.start)
    return asked


def _label(line: _Line) -> str:
    return "Other" if line.group is None else ",".join(str(value) for value in line.group.values())


_ORGANIZATION = "/organizations/{organization}/"

ROUTES = (
    Route("GET", _ORGANIZATION + "events-timeseries/", get_timeseries, READ),
    Route("GET", _ORGANIZATION + "events-stats/", get_stats, READ),
)
