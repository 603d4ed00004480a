"""Routes that read issues: lists, counts, series, details, hashes, tags and activity."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from dexter_graphql.sandbox.http import (
    Request,
    Response,
    Route,
    any_scope,
    raise_bad_request,
    raise_not_found,
    raise_validation_error,
)
from dexter_graphql.sandbox.issue_selection import (
    filter_events,
    list_visible_issues,
    parse_issue_search,
    search_issues,
    select_issues,
)
from dexter_graphql.sandbox.pagination import MAX_PAGE_SIZE, build_hit_headers, paginate, take_page
from dexter_graphql.sandbox.serializers import events as event_bodies
from dexter_graphql.sandbox.serializers import issues as bodies
from dexter_graphql.sandbox.serializers import project_issues
from dexter_graphql.sandbox.serializers.issue_details import (
    serialize_activity,
    serialize_detail,
    serialize_first_last_release,
)
from dexter_graphql.sandbox.serializers.issues import IssueContext, IssueRow
from dexter_graphql.sandbox.serializers.tags import format_tag_name, serialize_tag_totals, serialize_tag_values
from dexter_graphql.sandbox.time_buckets import TimeBuckets
from dexter_graphql.sandbox.time_ranges import DEFAULT_RANGE, TimeRange, parse_time_range
from dexter_graphql.sandbox.world.event_attributes import get_tags
from dexter_graphql.sandbox.world.model import Event

READ = any_scope("event:read", "event:write", "event:admin")
_EXPAND = frozenset(
    {"inbox", "integrationIssues", "latestEventHasAttachments", "owners", "sentryAppIssues", "sessions", "forecast"}
)
_COLLAPSE = frozenset({"base", "filtered", "lifetime", "stats", "unhandled", "release", "tags"})
_PERIODS = frozenset({"", "24h", "14d", "auto"})


def _make_context(request: Request, time_range: TimeRange, *, is_filtered: bool = False) -> IssueContext:
    period = request.param("groupStatsPeriod", "24h") or ""
    if period not in _PERIODS:
        raise_bad_request("Invalid stats_period. Valid choices are '', '24h', '14d', and 'auto'")
    expand, collapse = frozenset(request.param_list("expand")), frozenset(request.param_list("collapse"))
    for given, known, name in ((expand, _EXPAND, "expand"), (collapse, _COLLAPSE, "collapse")):
        if given - known:
            raise_validation_error({name: [f'"{min(given - known)}" is not a valid choice.']})
    return IssueContext(
        request.world, request.organization, request.user, time_range, collapse, expand, period, is_filtered
    )


def _parse_limit(request: Request) -> int:
    """The page size, which this list calls `limit` and caps at 100; `per_page` is accepted too."""
    text = request.param("limit") or request.param("per_page") or str(MAX_PAGE_SIZE)
    if not text.isdigit() or int(text) < 1:
        raise_bad_request("Invalid limit parameter.")
    return min(int(text), MAX_PAGE_SIZE)


def _list_issues(request: Request) -> Response:
    size = _parse_limit(request)
    selection = select_issues(request)
    context = _make_context(request, selection.time_range, is_filtered=selection.is_filtered)
    render = project_issues.serialize_list_item if "project" in request.path_params else bodies.serialize_list_item
    page = take_page(request, selection.rows, size=size, sort_keys=selection.sort_keys)
    headers = page.headers | build_hit_headers(len(selection.rows))
    if selection.is_direct_hit:
        headers["X-Sentry-Direct-Hit"] = "1"
    return Response([render(context, row) for row in page.rows], 200, headers)


def _count_issues(request: Request) -> object:
    """The number of issues for each `query`, capped at 100 like Sentry's badges."""
    queries = request.param_list("query")
    if not queries:
        raise_bad_request("Query parameter is required")
    time_range = parse_time_range(request)
    return {
        query: min(len(search_issues(request, parse_issue_search(request, query), time_range)), 100)
        for query in queries
    }


def _list_stats(request: Request) -> object:
    """Counts and series of the issues in `groups` over the time range."""
    groups = request.param_list("groups")
    if not groups:
        raise_bad_request("You should include `groups` with your request. (i.e. groups=1,2,3)")
    if len(groups) > MAX_PAGE_SIZE or any(not text.isdigit() for text in groups):
        raise_bad_request("Too many groups requested." if len(groups) > MAX_PAGE_SIZE else "Group ids must be integers")
    time_range = parse_time_range(request)
    search = parse_issue_search(request, request.param("query") or "")
    context = _make_context(request, time_range, is_filtered=search.narrows_events)
    known, environments = {issue.id: issue for issue in list_visible_issues(request)}, request.selected_environments()
    rows = []
    for group in groups:
        if group in known:
            events = filter_events(known[group], time_range, environments)
            rows.append(
                bodies.serialize_stats_item(context, IssueRow(known[group], events, search.filter_events(events)))
            )
    return rows


def _issue_row(request: Request) -> IssueRow:
    """The issue in the path with its events in the selected environments."""
    issue, environments = request.issue, request.selected_environments()
    events = [e for e in issue.events if environments is None or e.environment in environments]
    return IssueRow(issue, events, events)


def _get_issue(request: Request) -> object:
    now = request.world.now()
    context = _make_context(request, TimeRange(now - DEFAULT_RANGE, now + timedelta(seconds=1)))
    return serialize_detail(context, _issue_row(request))


def _get_releases(request: Request) -> object:
    return serialize_first_last_release(_issue_row(request).events)


def _list_hashes(request: Request) -> Response:
    issue = request.issue
    is_full = (request.param("full") or "true").lower() not in {"0", "false"}
    newest = issue.events[-1]
    latest = event_bodies.serialize_event(newest) if is_full else event_bodies.serialize_list_item(newest)

    def render(value: str) -> object:
        return {"id": value, "latestEvent": latest, "mergedBySeer": False, "seerMatchDistance": None}

    return paginate(request, issue.hashes, render)


def _list_tags(request: Request) -> object:
    events = _issue_row(request).events
    limit = request.param("limit") or "4"
    count = int(limit) if limit.isdigit() else 4
    return [_serialize_tag(events, str(total["key"]), count) for total in serialize_tag_totals(events)]


def _get_tag(request: Request) -> object:
    return _serialize_tag(_events_with_tag(request), request.path_params["key"], 9)


def _events_with_tag(request: Request) -> Sequence[Event]:
    """The events of the issue; 404 when none of them has the tag."""
    events, key = _issue_row(request).events, request.path_params["key"]
    if not any(key in get_tags(event) for event in events):
        raise raise_not_found()
    return events


def _serialize_tag(events: Sequence[Event], key: str, count: int) -> dict[str, object]:
    values = serialize_tag_values(events, key)
    return {
        "key": key,
        "name": format_tag_name(key),
        "uniqueValues": len(values),
        "totalValues": sum(value["count"] for value in values if isinstance(value["count"], int)),
        "topValues": values[:count],
    }


def _list_tag_values(request: Request) -> Response:
    values = serialize_tag_values(_events_with_tag(request), request.path_params["key"])
    sort = request.param("sort") or "id"
    if sort == "date":
        values.sort(key=lambda value: str(value["lastSeen"]), reverse=True)
    elif sort == "age":
        values.sort(key=lambda value: str(value["firstSeen"]), reverse=True)
    return paginate(request, values)


def _list_similar(request: Request) -> object:
    """Pairs of a similar issue and its scores: errors of the project with the same stack trace."""
    issue, limit = request.issue, request.param("limit") or ""
    similar = [
        other
        for other in list_visible_issues(request)
        if other is not issue and other.project is issue.project and other.is_error and other.template == issue.template
    ]
    scores = {"exception:stacktrace:pairs": 1.0, "message:message:character-shingles": None}
    return [
        [bodies.serialize_issue(request.world, request.organization, other, request.user), scores]
        for other in similar[: int(limit) if limit.isdigit() else None]
    ]


def _list_activities(request: Request) -> object:
    return {"activity": [serialize_activity(entry) for entry in reversed(request.issue.activity)]}


def _get_series(request: Request) -> object:
    """`[[epochSeconds, count], …]` from `since` to `until` in steps of `resolution`."""
    now = int(request.world.clock.time())
    width = {"10s": 10, "1h": 3600, "1d": 86_400}.get(request.param("resolution") or "1h", 3600)
    since, until = (_parse_epoch(request, name, default) for name, default in (("since", now - 86_400), ("until", now)))
    count = max(1, min((until - since) // width + 1, 1000))
    return TimeBuckets(since // width * width, count, width).series(event.at for event in request.issue.events)


def _parse_epoch(request: Request, name: str, default: int) -> int:
    text = request.param(name)
    if text is None:
        return default
    try:
        return int(datetime.fromtimestamp(float(text), UTC).timestamp())
    except (ValueError, OverflowError, OSError):
        raise_bad_request(f"Invalid {name} parameter.")


ISSUE = "/organizations/{organization}/issues/{issue}"

ROUTES = (
    Route("GET", "/organizations/{organization}/issues/", _list_issues, READ),
    Route("GET", "/projects/{organization}/{project}/issues/", _list_issues, READ),
    Route("GET", "/organizations/{organization}/issues-count/", _count_issues, READ),
    Route("GET", "/organizations/{organization}/issues-stats/", _list_stats, READ),
    Route("GET", f"{ISSUE}/", _get_issue, READ),
    Route("GET", f"{ISSUE}/hashes/", _list_hashes, READ),
    Route("GET", f"{ISSUE}/tags/", _list_tags, READ),
    Route("GET", f"{ISSUE}/tags/{{key}}/", _get_tag, READ),
    Route("GET", f"{ISSUE}/tags/{{key}}/values/", _list_tag_values, READ),
    Route("GET", f"{ISSUE}/similar/", _list_similar, READ),
    Route("GET", f"{ISSUE}/activities/", _list_activities, READ),
    Route("GET", f"{ISSUE}/first-last-release/", _get_releases, READ),
    Route("GET", f"{ISSUE}/stats/", _get_series, READ),
)
