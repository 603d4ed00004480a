"""Route of release health over time (`sessions/`)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dexter_graphql.sandbox.discover.query import QueryError, parse_query
from dexter_graphql.sandbox.discover.rows import latest_release_ids
from dexter_graphql.sandbox.http import Request, Route, any_scope, raise_bad_request
from dexter_graphql.sandbox.pagination import parse_page_size
from dexter_graphql.sandbox.stats.intervals import IntervalError, split_hourly
from dexter_graphql.sandbox.stats.release_health import HealthFilter, HealthSample, SessionTotals, iter_samples, sum_by
from dexter_graphql.sandbox.time_buckets import MAX_POINTS, TimeBuckets, TooManyPointsError
from dexter_graphql.sandbox.time_ranges import parse_period, parse_time_range

_STATUSES: Final = ("healthy", "errored", "crashed", "abnormal", "unhandled")
_GROUPS: Final = ("project", "release", "environment", "session.status")
_FIELD = re.compile(
    r"sum\(session\)|count_unique\(user\)|(?:crash_rate|crash_free_rate|errored_rate|healthy_rate)\((?:session|user)\)"
    r"|(?:avg|max|p50|p75|p90|p95|p99)\(session\.duration\)|anr_rate\(\)|foreground_anr_rate\(\)"
)
_MEAN_DURATION_MS: Final = 42_000


@dataclass(frozen=True, slots=True)
class _HealthRow:
    """A health sample by the field names of a search."""

    sample: HealthSample
    latest: frozenset[int]

    def get(self, name: str, /) -> object:
        """The value of the field."""
        release = self.sample.release
        package, _, version = release.version.rpartition("@")
        return {
            "release": release.version,
            "release.version": version,
            "release.package": package,
            "release.is_latest": release.id in self.latest,
            "environment": self.sample.environment,
            "project": self.sample.project.slug,
            "project.id": int(self.sample.project.id),
        }.get(name)


@dataclass(frozen=True, slots=True)
class _SessionsQuery:
    """The validated parameters of a request with the selected samples."""

    fields: list[str]
    groups: list[str]
    buckets: TimeBuckets
    samples: list[HealthSample]
    has_totals: bool
    has_series: bool


def get_sessions(request: Request) -> object:
    """Get totals and series of the requested fields by group."""
    try:
        query = _parse_query(request)
    except (IntervalError, TooManyPointsError, QueryError) as problem:
        raise_bad_request(str(problem))
    window = parse_time_range(request)
    groups = _sort_groups(request, query, _build_groups(query))
    return {
        "start": _format_time(query.buckets.start_times[0]),
        "end": _format_time(window.end),
        "intervals": [_format_time(instant) for instant in query.buckets.start_times],
        "groups": groups[: _group_limit(request, query)],
        "query": request.param("query") or "",
    }


def _parse_query(request: Request) -> _SessionsQuery:
    fields, groups = request.param_list("field"), request.param_list("groupBy")
    if not fields:
        raise QueryError('Request is missing a "field"')
    for field in fields:
        if not _FIELD.fullmatch(field):
            raise QueryError(f'Invalid field: "{field}"')
    for group in groups:
        if group not in _GROUPS:
            raise QueryError(f'Invalid groupBy: "{group}"')
    window = parse_time_range(request)
    interval = request.param("interval")
    buckets = split_hourly(window.start, window.end, parse_period(interval) if interval else None)
    health_filter = HealthFilter(
        request.selected_projects(),
        [environment.name for environment in request.selected_environment_records()],
        buckets.start_times[0],
        window.end,
    )
    where = parse_query(request.param("query") or "")
    latest = latest_release_ids(request.organization)
    matching = [
        sample
        for sample in iter_samples(request.organization, health_filter)
        if where.matches(_HealthRow(sample, latest))
    ]
    wants_totals, wants_series = request.param("includeTotals") != "0", request.param("includeSeries") != "0"
    return _SessionsQuery(fields, groups, buckets, matching, wants_totals, wants_series)


def _build_groups(query: _SessionsQuery) -> list[dict[str, Any]]:
    keys = [_READERS[name] for name in query.groups if name != "session.status"]
    samples_by_group: dict[tuple[Any, ...], list[HealthSample]] = {}
    for sample in query.samples:
        samples_by_group.setdefault(tuple(read(sample) for read in keys), []).append(sample)
    if not samples_by_group and not keys:
        samples_by_group[()] = []
    names = [name for name in query.groups if name != "session.status"]
    statuses: Sequence[str | None] = _STATUSES if "session.status" in query.groups else (None,)
    return [
        _build_group(query, dict(zip(names, key, strict=True)), group_samples, status)
        for key, group_samples in sorted(samples_by_group.items(), key=lambda item: item[0])
        for status in statuses
    ]


def _build_group(
    query: _SessionsQuery, by: dict[str, Any], group_samples: list[HealthSample], status: str | None
) -> dict[str, Any]:
    buckets = query.buckets
    total = sum_by(group_samples, lambda _: None).get(None, SessionTotals())
    group: dict[str, Any] = {
        "by": by | ({"session.status": status} if status else {}),
        "totals": {field: _compute_field(field, total, status) for field in query.fields} if query.has_totals else {},
        "series": {},
    }
    if query.has_series:
        totals_by_bucket = sum_by(group_samples, lambda sample: buckets.index(sample.hour.timestamp()))
        bucket_totals = [totals_by_bucket.get(index, SessionTotals()) for index in range(buckets.count)]
        group["series"] = {
            field: [_compute_field(field, cell, status) for cell in bucket_totals] for field in query.fields
        }
    return group


def _compute_field(field: str, totals: SessionTotals, status: str | None) -> float | None:
    function, _, argument = field.rstrip(")").partition("(")
    if function == "sum":
        return totals.of_status(status) if status else totals.sessions
    if function == "count_unique":
        share = totals.of_status(status) / totals.sessions if status and totals.sessions else 1
        return int(totals.users * share)
    if argument == "session.duration":
        return _MEAN_DURATION_MS if totals.sessions and status in {None, "healthy"} else None
    crashed = totals.share_crashed(argument or "session")
    if crashed is None or status:
        return None
    rates: dict[str, Callable[[], float]] = {
        "crash_rate": lambda: crashed,
        "crash_free_rate": lambda: 1 - crashed,
        "errored_rate": lambda: totals.errored / totals.sessions,
        "healthy_rate": lambda: totals.healthy / totals.sessions,
    }
    return rates[function]() if function in rates else 0.0


def _sort_groups(request: Request, query: _SessionsQuery, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    order = request.param("orderBy")
    if not order:
        return groups
    field = order.removeprefix("-")
    if field not in query.fields:
        raise_bad_request("'orderBy' must be one of the provided 'fields'")
    totals = [_group_total(group, field) for group in groups]
    ranked = sorted(range(len(groups)), key=lambda index: (totals[index], -index), reverse=order.startswith("-"))
    return [groups[index] for index in ranked]


def _group_total(group: dict[str, Any], field: str) -> float:
    if group["totals"]:
        return float(group["totals"][field] or 0)
    return float(sum(value or 0 for value in group["series"].get(field, ())))


def _group_limit(request: Request, query: _SessionsQuery) -> int:
    # A response holds at most MAX_POINTS numbers per field, a total counting as one more point of its series.
    points = (query.buckets.count if query.has_series else 0) + 1
    fitting = max(1, MAX_POINTS // points)
    return min(fitting, parse_page_size(request)) if request.param("per_page") else fitting


def _format_time(instant: datetime) -> str:
    return instant.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


_READERS: dict[str, Callable[[HealthSample], Any]] = {
    "project": lambda sample: int(sample.project.id),
    "release": lambda sample: sample.release.version,
    "environment": lambda sample: sample.environment,
}

ROUTES = (
    Route(
        "GET", "/organizations/{organization}/sessions/", get_sessions, any_scope("org:admin", "org:read", "org:write")
    ),
)
