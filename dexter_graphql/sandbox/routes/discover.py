"""Discover: tables and series of events, and what tags there are. Knows no saved question."""

from collections import Counter
from typing import Any, Final

from dexter_graphql.sandbox.discover.columns import Column, parse_columns
from dexter_graphql.sandbox.discover.query import Every, QueryError, parse, split, terms
from dexter_graphql.sandbox.discover.rows import EventRow, Selection
from dexter_graphql.sandbox.discover.table import arrange, render, tabulate
from dexter_graphql.sandbox.http import Answer, Call, Route, bad_request, link_header, page_offset, page_size, scopes
from dexter_graphql.sandbox.serializers.issues import tag_name
from dexter_graphql.sandbox.time_ranges import TimeRange, time_range
from dexter_graphql.sandbox.world.event_attributes import event_tags

READ = scopes("org:admin", "org:read", "org:write")
_ERRORS: Final = ("errors", "discover")
_OCCURRENCES: Final = ("issuePlatform",)
_EMPTY: Final = (
    "logs profile_functions spans tracemetrics uptime_results transactions metricsEnhanced metrics profiles "
    "profileFunctions spansIndexed spansMetrics uptimeChecks ourlogs"
)


def dataset_of(call: Call) -> str:
    """The dataset asked for, errors by default; 400 with the list of all for an unknown one."""
    dataset = call.text("dataset") or _ERRORS[0]
    known = (*_ERRORS, *_OCCURRENCES, *_EMPTY.split())
    if dataset not in known:
        bad_request(f"dataset must be one of: {', '.join(sorted(known))}")
    return dataset


def selection(call: Call, window: TimeRange) -> Selection:
    """The events a call is about, before its search. Datasets of which the world holds nothing select nothing."""
    dataset = dataset_of(call)
    holds_some = dataset in {*_ERRORS, *_OCCURRENCES}
    return Selection(
        call.organization,
        call.projects() if holds_some else [],
        call.environments(),
        window.start.timestamp(),
        window.end.timestamp(),
        of_errors=dataset in _ERRORS,
    )


def conditions(call: Call) -> tuple[Every, Every]:
    """The search, split into conditions on events and on aggregates; raises QueryError."""
    where, having = split(parse(call.text("query") or ""))
    if having.parts and call.text("allowAggregateConditions") in {"0", "false"}:
        raise QueryError("Aggregate conditions are not allowed in this query.")
    for term in terms(where):
        if term.key == "issue" and not any(map(call.organization.find_issue, term.values)):
            raise QueryError(f"Invalid value '{term.values[0]}' for 'issue:' filter")
    return where, having


def list_events(call: Call) -> Answer:
    """One page of a table: rows of events, or groups of them where a function is among the fields."""
    try:
        return _table(call)
    except QueryError as problem:
        bad_request(str(problem))


def count_events(call: Call) -> object:
    """How many events the search finds."""
    try:
        return {"count": len(selection(call, time_range(call)).rows(conditions(call)[0]))}
    except QueryError as problem:
        bad_request(str(problem))


def list_tags(call: Call) -> object:
    """The tag keys of the organization's events with the number of their values. Not paged."""
    call.text("dataset")
    window = time_range(call)
    chosen = Selection(
        call.organization,
        call.projects(),
        call.environments(),
        window.start.timestamp(),
        window.end.timestamp(),
        of_errors=call.text("dataset") != "search_issues",
    )
    totals: Counter[str] = Counter()
    for row in chosen.rows(Every(())):
        totals.update(event_tags(row.event).keys())
    return [{"key": key, "name": tag_name(key), "totalValues": totals[key]} for key in sorted(totals)]


def list_tag_values(call: Call) -> Answer:
    """The values of one tag, the most frequent first, narrowed by `query`."""
    key, part = call.parameters["key"], (call.text("query") or "").strip("*").lower()
    seen: dict[str, list[EventRow]] = {}
    for row in selection(call, time_range(call)).rows(Every(())):
        value = row.get(key)
        if value is not None and part in str(value).lower():
            seen.setdefault(str(value), []).append(row)
    values = sorted(seen, key=lambda value: (-len(seen[value]), value))
    offset, size = page_offset(call), page_size(call)
    return Answer(
        [_tag_value(key, value, seen[value]) for value in values[offset : offset + size]],
        headers={"Link": link_header(call, offset, size, has_next=offset + size < len(values))},
    )


def list_project_tag_values(call: Call) -> Answer:
    """The values of one tag in a project, by name only, as the published list has it."""
    key, project = call.parameters["key"], call.project
    chosen = Selection(call.organization, [project], None, 0.0, call.world.now().timestamp() + 1)
    names = sorted({str(value) for row in chosen.rows(Every(())) if (value := row.get(key)) is not None})
    offset, size = page_offset(call), page_size(call)
    return Answer(
        [{"name": name} for name in names[offset : offset + size]],
        headers={"Link": link_header(call, offset, size, has_next=offset + size < len(names))},
    )


def meta_of(columns: list[Column], dataset: str) -> dict[str, Any]:
    """Types and units of the columns, under their literal names."""
    return {
        "fields": {column.name: column.type for column in columns},
        "units": {column.name: column.unit for column in columns},
        "isMetricsData": False,
        "isMetricsExtractedData": False,
        "tips": {},
        "datasetReason": "unchanged",
        "dataset": dataset,
    }


def _table(call: Call) -> Answer:
    columns = parse_columns(call.texts("field"))
    where, having = conditions(call)
    window = time_range(call)
    rows = selection(call, window).rows(where)
    rows.sort(key=lambda row: (row.event.at, row.event.id), reverse=True)
    minutes = (window.end - window.start).total_seconds() / 60
    groups = arrange(tabulate(rows, columns, having, minutes), columns, call.texts("sort"))
    offset, size = page_offset(call), page_size(call)
    data = [render(group, columns) for group in groups[offset : offset + size]]
    link = link_header(call, offset, size, has_next=offset + size < len(groups))
    return Answer({"data": data, "meta": meta_of(columns, dataset_of(call))}, headers={"Link": link})


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
        "GET", "/projects/{organization}/{project}/tags/{key}/values/", list_project_tag_values, scopes("project:read")
    ),
)
