"""Routes of usage: `stats_v2/`, `stats-summary/` and the legacy series."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dexter_graphql.sandbox.discover.query import QueryError
from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, raise_bad_request
from dexter_graphql.sandbox.path_lookups import get_team_in_path
from dexter_graphql.sandbox.stats.intervals import IntervalError, split_hourly
from dexter_graphql.sandbox.stats.usage import CATEGORIES, OUTCOMES, UsageStream, iter_streams
from dexter_graphql.sandbox.time_buckets import TimeBuckets, TooManyPointsError
from dexter_graphql.sandbox.time_ranges import parse_period, parse_time_range
from dexter_graphql.sandbox.world.model import Project

_ORGANIZATION_READ = any_scope("org:admin", "org:read", "org:write")
_FIELDS: Final = ("sum(quantity)", "sum(times_seen)")
_GROUPS: Final = ("outcome", "category", "reason", "project")
_HOUR_S: Final = 3600
_RESOLUTIONS: Final = {"10s": 10, "1h": 3600, "1d": 86_400}
_STATS: Final = ("received", "rejected", "blacklisted", "generated")
# The summary names these categories differently.
_PLURAL: Final = {"replay": "replays", "profile": "profiles"}
# Quantities of attachments are bytes; this is the average size of one.
_ATTACHMENT_BYTES: Final = 30_000


@dataclass(frozen=True, slots=True)
class _UsageQuery:
    """The validated parameters of a request with the selected streams."""

    field: str
    groups: list[str]
    buckets: TimeBuckets
    streams: list[UsageStream]


def get_usage(request: Request) -> object:
    """Get totals by group, with series unless grouped by project."""
    query = _parse_request(request, needs_groups=True)
    streams_by_group: dict[tuple[tuple[str, Any], ...], list[UsageStream]] = {}
    for stream in query.streams:
        key = tuple((name, _READERS[name](stream)) for name in query.groups)
        streams_by_group.setdefault(key, []).append(stream)
    has_series = "project" not in query.groups
    instants = query.buckets.start_times if has_series else []
    window = parse_time_range(request)
    return {
        "start": _format_time(query.buckets.start_times[0]),
        "end": _format_time(window.end),
        "intervals": [_format_time(instant) for instant in instants],
        "groups": [
            _build_group(query, dict(key), streams, has_series=has_series) for key, streams in streams_by_group.items()
        ],
    }


def get_summary(request: Request) -> object:
    """Get totals by project and category; `download` returns CSV."""
    query = _parse_request(request, needs_groups=False)
    rows: dict[str, list[UsageStream]] = {}
    for stream in query.streams:
        rows.setdefault(stream.project.id, []).append(stream)
    projects = [_build_summary(query, streams[0].project, streams) for streams in rows.values()]
    if request.bool_param("download"):
        return _build_csv(projects, query.field)
    return {
        "start": _format_time(query.buckets.start_times[0]),
        "end": _format_time(parse_time_range(request).end),
        "projects": projects,
    }


def get_project_stats(request: Request) -> object:
    """Get `[[epochSeconds, count], …]` of a project's errors."""
    return _legacy_series(request, [request.project])


def get_organization_stats(request: Request) -> object:
    """Get the legacy series of the organization."""
    return _legacy_series(request, request.organization.projects)


def get_team_stats(request: Request) -> object:
    """Get the legacy series of a team."""
    team = get_team_in_path(request)
    return _legacy_series(request, [project for project in request.organization.projects if team in project.teams])


def _parse_request(request: Request, *, needs_groups: bool) -> _UsageQuery:
    try:
        return _parse_query(request, needs_groups=needs_groups)
    except (QueryError, IntervalError, TooManyPointsError) as problem:
        raise_bad_request(str(problem))


def _parse_query(request: Request, *, needs_groups: bool) -> _UsageQuery:
    field, groups = request.param("field"), request.param_list("groupBy")
    if field is None:
        raise QueryError('Request is missing a "field"')
    if field not in _FIELDS:
        raise QueryError(f'Invalid field: "{field}"')
    if needs_groups and not groups:
        raise QueryError('At least one "groupBy" is required.')
    for group in groups:
        if group not in _GROUPS:
            raise QueryError(f'Invalid groupBy: "{group}"')
    if not request.param("statsPeriod") and not request.param("start"):
        raise QueryError("statsPeriod or start and end are required.")
    window, interval = parse_time_range(request), request.param("interval")
    buckets = split_hourly(window.start, window.end, parse_period(interval) if interval else None)
    return _UsageQuery(field, groups, buckets, list(_select_streams(request)))


def _select_streams(request: Request) -> Iterable[UsageStream]:
    categories = _parse_filter(request, "category", CATEGORIES)
    outcomes = _parse_filter(request, "outcome", OUTCOMES)
    reasons = request.param_list("reason")
    if "attachment" in categories and len(categories) > 1:
        raise QueryError("if filtering by attachment no other category may be present")
    return (
        stream
        for stream in iter_streams(request.selected_projects())
        # Attachments are measured in bytes and never summed with other categories.
        if (
            stream.category in categories
            if categories
            else stream.category != "attachment" or "category" in request.param_list("groupBy")
        )
        and (not outcomes or stream.outcome in outcomes)
        and (not reasons or stream.reason in reasons)
    )


def _parse_filter(request: Request, name: str, known: tuple[str, ...]) -> list[str]:
    values = request.param_list(name)
    for value in values:
        if value not in known and value.removesuffix("s") not in known:
            raise QueryError(f'Invalid {name}: "{value}"')
    return [value if value in known else value.removesuffix("s") for value in values]


def _build_group(
    query: _UsageQuery, by: dict[str, Any], streams: list[UsageStream], *, has_series: bool
) -> dict[str, Any]:
    values = _sum_buckets(streams, query.buckets, query.field)
    totals, series = {query.field: sum(values)}, {query.field: values}
    return {"by": by, "totals": totals, "series": series if has_series else {}}


def _sum_buckets(streams: Iterable[UsageStream], buckets: TimeBuckets, field: str) -> list[int]:
    """The quantity of each bucket, summed over the streams."""
    step = buckets.interval // _HOUR_S
    hours = [0] * (buckets.count * step)
    for stream in streams:
        scale = _ATTACHMENT_BYTES if stream.category == "attachment" and field == "sum(times_seen)" else 1
        for index, quantity in enumerate(stream.hourly_quantities(buckets.starts[0] // _HOUR_S, len(hours))):
            hours[index] += quantity // scale
    return [sum(hours[index : index + step]) for index in range(0, len(hours), step)]


def _build_summary(query: _UsageQuery, project: Project, streams: list[UsageStream]) -> dict[str, Any]:
    stats = []
    for category in dict.fromkeys(stream.category for stream in streams):
        outcomes = dict.fromkeys(OUTCOMES, 0)
        for stream in streams:
            if stream.category == category:
                outcomes[stream.outcome] += sum(_sum_buckets([stream], query.buckets, query.field))
        dropped = outcomes["rate_limited"] + outcomes["abuse"]
        totals = {"dropped": dropped, query.field: sum(outcomes.values())}
        stats.append({"category": _PLURAL.get(category, category), "outcomes": outcomes, "totals": totals})
    return {"id": project.id, "slug": project.slug, "stats": stats}


def _build_csv(projects: list[dict[str, Any]], field: str) -> Response:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["project_id", "project_slug", "category", *OUTCOMES, "dropped", field])
    for project in projects:
        for stat in project["stats"]:
            rows.writerow(
                [project["id"], project["slug"], stat["category"], *stat["outcomes"].values(), *stat["totals"].values()]
            )
    headers = {"Content-Type": "text/csv", "Content-Disposition": 'attachment; filename="usage.csv"'}
    return Response(text.getvalue().encode(), headers=headers)


def _legacy_series(request: Request, projects: Iterable[Project]) -> list[list[int]]:
    stat, resolution = request.param("stat") or "received", request.param("resolution") or "1h"
    if stat not in _STATS:
        raise_bad_request(f"Invalid stat: {stat}")
    if resolution not in _RESOLUTIONS:
        raise_bad_request("Invalid resolution")
    width = _RESOLUTIONS[resolution]
    until = _parse_epoch(request, "until", request.world.now().timestamp())
    since = _parse_epoch(request, "since", until - 86_400)
    selected = [
        stream for stream in iter_streams(list(projects)) if stream.category == "error" and _has_stat(stream, stat)
    ]
    starts = range(int(since) // width * width, int(until) + 1, width)
    return [[start, _sum_interval(selected, start, width)] for start in starts]


def _sum_interval(streams: Iterable[UsageStream], start: int, width: int) -> int:
    # Shorter steps get an equal part of their hour.
    quantity = sum(sum(stream.hourly_quantities(start // _HOUR_S, max(1, width // _HOUR_S))) for stream in streams)
    return quantity * min(width, _HOUR_S) // _HOUR_S


def _has_stat(stream: UsageStream, stat: str) -> bool:
    if stat == "received":
        return stream.outcome != "client_discard"
    return stream.outcome == {"rejected": "rate_limited", "blacklisted": "filtered"}.get(stat)


def _parse_epoch(request: Request, name: str, default: float) -> float:
    text = request.param(name)
    try:
        return float(text) if text else default
    except ValueError:
        raise_bad_request(f"{name} must be a numeric timestamp.")


def _format_time(instant: datetime) -> str:
    return instant.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


_READERS: dict[str, Callable[[UsageStream], Any]] = {
    "outcome": lambda stream: stream.outcome,
    "category": lambda stream: stream.category,
    "reason": lambda stream: stream.reason or "none",
    "project": lambda stream: int(stream.project.id),
}

ROUTES = (
    Route("GET", "/organizations/{organization}/stats_v2/", get_usage, _ORGANIZATION_READ),
    Route("GET", "/organizations/{organization}/stats-summary/", get_summary, _ORGANIZATION_READ),
    Route(
        "GET",
        "/projects/{organization}/{project}/stats/",
        get_project_stats,
        any_scope("project:admin", "project:read", "project:write"),
    ),
    Route("GET", "/organizations/{organization}/stats/", get_organization_stats, any_scope("org:read")),
    Route("GET", "/teams/{organization}/{team}/stats/", get_team_stats, any_scope("team:read")),
)
