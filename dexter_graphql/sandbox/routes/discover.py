"""Routes of Discover tables and of tags."""

from collections import Counter
from typing import Any, Final

from dexter_graphql.sandbox.discover.columns import Column, parse_columns
from dexter_graphql.sandbox.discover.query import AllOf, QueryError, iter_conditions, parse_query, split_conditions
from dexter_graphql.sandbox.discover.rows import EventRow, EventSelection
from dexter_graphql.sandbox.discover.table import group_rows, render_group, sort_groups
from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, raise_bad_request
from dexter_graphql.sandbox.pagination import paginate, take_page
from dexter_graphql.sandbox.routes.events import paginate_events
from dexter_graphql.sandbox.serializers.tags import format_tag_name
from dexter_graphql.sandbox.time_ranges import TimeRange, parse_time_range
from dexter_graphql.sandbox.vintages import Capability
from dexter_graphql.sandbox.world.event_attributes import get_tags

READ = any_scope("org:admin", "org:read", "org:write")
_ERRORS: Final = ("errors", "discover")
_OCCURRENCES: Final = ("issuePlatform",)
_EMPTY: Final = (
    "logs profile_functions spans tracemetrics uptime_results transactions metricsEnhanced metrics profiles "
    "profileFunctions spansIndexed spansMetrics uptimeChecks ourlogs"
)
_OLDER_DATASETS: Final = (
    "discover metricsEnhanced metrics profiles issuePlatform profileFunctions spansIndexed spansMetrics"
)


def parse_dataset(request: Request) -> str:
    """The `dataset` parameter, by default all error events; 400 for an unknown one."""
    is_recent = request.has(Capability.ERRORS_DATASET)
    dataset = request.param("dataset") or (_ERRORS[0] if is_recent else "discover")
    known = (*_ERRORS, *_OCCURRENCES, *_EMPTY.split()) if is_recent else _OLDER_DATASETS.split()
    if dataset not in known:
        raise_bad_request(f"dataset must be one of: {', '.join(sorted(known))}")
    return dataset


def select_events(request: Request, window: TimeRange) -> EventSelection:
    """The events of a request before its search; none for datasets that the world does not have."""
    dataset = parse_dataset(request)
    holds_some = dataset in {*_ERRORS, *_OCCURRENCES}
    return EventSelection(
        request.organization,
        request.selected_projects() if holds_some else [],
        request.selected_environments(),
        window.start.timestamp(),
        window.end.timestamp(),
        of_errors=dataset in _ERRORS,
    )


def parse_conditions(request: Request) -> tuple[AllOf, AllOf]:
    """The search as conditions on events and conditions on groups; raises QueryError."""
    where, having = split_conditions(parse_query(request.param("query") or ""))
    if having.parts and request.param("allowAggregateConditions") in {"0", "false"}:
        raise QueryError("Aggregate conditions are not allowed in this query.")
    for term in iter_conditions(where):
        if term.key == "issue" and not any(map(request.organization.find_issue, term.values)):
            raise QueryError(f"Invalid value '{term.values[0]}' for 'issue:' filter")
    return where, having


def list_events(request: Request) -> Response:
    """List rows of events, or of groups when a field is a function."""
    if not request.has(Capability.EVENT_TABLES):
        return _list_plain_events(request)
    try:
        return _table(request)
    except QueryError as problem:
        raise_bad_request(str(problem))


def count_events(request: Request) -> object:
    """Count the events that match the search."""
    try:
        return {"count": len(select_events(request, parse_time_range(request)).rows(parse_conditions(request)[0]))}
    except QueryError as problem:
        raise_bad_request(str(problem))


def list_tags(request: Request) -> object:
    """List the tag keys of the organization's events with the number of events that have them. Not paginated."""
    request.param("dataset")
    window = parse_time_range(request)
    events = EventSelection(
        request.organization,
        request.selected_projects(),
        request.selected_environments(),
        window.start.timestamp(),
        window.end.timestamp(),
        of_errors=request.param("dataset") != "search_issues",
    )
    totals: Counter[str] = Counter()
    for row in events.rows(AllOf(())):
        totals.update(get_tags(row.event).keys())
    return [{"key": key, "name": format_tag_name(key), "totalValues": totals[key]} for key in sorted(totals)]


def list_tag_values(request: Request) -> Response:
    """List the values of a tag by frequency, filtered by `query`."""
    key, part = request.path_params["key"], (request.param("query") or "").strip("*").lower()
    seen: dict[str, list[EventRow]] = {}
    for row in select_events(request, parse_time_range(request)).rows(AllOf(())):
        value = row.get(key)
        if value is not None and part in str(value).lower():
            seen.setdefault(str(value), []).append(row)
    values = sorted(seen, key=lambda value: (-len(seen[value]), value))
    return paginate(request, values, lambda value: _tag_value(key, value, seen[value]))


def list_project_tag_values(request: Request) -> Response:
    """List the names of the values of a tag in a project."""
    key, project = request.path_params["key"], request.project
    events = EventSelection(request.organization, [project], None, 0.0, request.world.now().timestamp() + 1)
    names = sorted({str(value) for row in events.rows(AllOf(())) if (value := row.get(key)) is not None})
    return paginate(request, names, lambda name: {"name": name})


def build_meta(columns: list[Column], dataset: str) -> dict[str, Any]:
    """Types and units of the columns by name."""
    return {
        "fields": {column.name: column.type for column in columns},
        "units": {column.name: column.unit for column in columns},
        "isMetricsData": False,
        "isMetricsExtractedData": False,
        "tips": {},
        "datasetReason": "unchanged",
        "dataset": dataset,
    }


def _table(request: Request) -> Response:
    columns = parse_columns(request.param_list("field"))
    where, having = parse_conditions(request)
    window = parse_time_range(request)
    rows = select_events(request, window).rows(where)
    rows.sort(key=lambda row: (row.event.at, row.event.id), reverse=True)
    minutes = (window.end - window.start).total_seconds() / 60
    groups = sort_groups(group_rows(rows, columns, having, minutes), columns, request.param_list("sort"))
    page = take_page(request, groups)
    data = [render_group(group, columns) for group in page.rows]
    return Response({"data": data, "meta": build_meta(columns, parse_dataset(request))}, headers=page.headers)


def _list_plain_events(request: Request) -> Response:
    window = parse_time_range(request)
    span = (window.start.timestamp(), window.end.timestamp())
    events = EventSelection(request.organization, request.selected_projects(), request.selected_environments(), *span)
    return paginate_events(request, [row.event for row in events.rows(AllOf(()))])


def _tag_value(key: str, value: str, rows: list[EventRow]) -> dict[str, Any]:
    times = [row.event.time for row in rows]
    return {
        "key": key,
        "name": value,
        "value": value,
        "count": len(rows),
        "firstSeen": min(times),
        "lastSeen": max(times),
    }


_ORGANIZATION = "/organizations/{organization}/"

ROUTES = (
    Route("GET", _ORGANIZATION + "events/", list_events, READ),
    Route("GET", _ORGANIZATION + "events-meta/", count_events, READ),
    Route("GET", _ORGANIZATION + "tags/", list_tags, READ),
    Route("GET", _ORGANIZATION + "tags/{key}/values/", list_tag_values, READ),
    Route(
        "GET",
        "/projects/{organization}/{project}/tags/{key}/values/",
        list_project_tag_values,
        any_scope("project:read"),
    ),
)
