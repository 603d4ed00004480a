"""Routes that read issues: the list, counts and series of many, the page of one, its hashes, tags and history."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from dexter_graphql.sandbox.http import MAX_PAGE, Answer, Call, Route, bad_request, invalid, not_found, paginate, scopes
from dexter_graphql.sandbox.issue_selection import events_between, make_search, search_rows, select, visible
from dexter_graphql.sandbox.serializers import events as event_bodies
from dexter_graphql.sandbox.serializers import issues as bodies
from dexter_graphql.sandbox.serializers import project_issues
from dexter_graphql.sandbox.serializers.issues import Row, View
from dexter_graphql.sandbox.time_ranges import DEFAULT_RANGE, TimeRange, buckets, time_range
from dexter_graphql.sandbox.world.event_attributes import event_tags
from dexter_graphql.sandbox.world.model import Event

READ = scopes("event:read", "event:write", "event:admin")
_EXPAND = frozenset(
    {"inbox", "integrationIssues", "latestEventHasAttachments", "owners", "sentryAppIssues", "sessions", "forecast"}
)
_COLLAPSE = frozenset({"base", "filtered", "lifetime", "stats", "unhandled", "release", "tags"})
_PERIODS = frozenset({"", "24h", "14d", "auto"})


def _view(call: Call, span: TimeRange, *, is_filtered: bool = False) -> View:
    period = call.text("groupStatsPeriod", "24h") or ""
    if period not in _PERIODS:
        bad_request("Invalid stats_period. Valid choices are '', '24h', '14d', and 'auto'")
    expand, collapse = frozenset(call.texts("expand")), frozenset(call.texts("collapse"))
    for given, known, name in ((expand, _EXPAND, "expand"), (collapse, _COLLAPSE, "collapse")):
        if given - known:
            invalid({name: [f'"{min(given - known)}" is not a valid choice.']})
    return View(call.world, call.organization, call.user, span, collapse, expand, period, is_filtered)


def _limit(call: Call) -> int:
    """The issue list calls its page size `limit` and caps it; `per_page` is understood as well."""
    text = call.text("limit") or call.text("per_page") or str(MAX_PAGE)
    if not text.isdigit() or int(text) < 1:
        bad_request("Invalid limit parameter.")
    return min(int(text), MAX_PAGE)


def _list(call: Call) -> Answer:
    size = _limit(call)
    chosen = select(call)
    view = _view(call, chosen.span, is_filtered=chosen.is_filtered)
    render = project_issues.list_item if "project" in call.parameters else bodies.list_item
    answer = paginate(call, chosen.rows, lambda row: render(view, row), size=size, counts=True)
    hit = {"X-Sentry-Direct-Hit": "1"} if chosen.is_direct_hit else {}
    return Answer(answer.body, answer.status, {**answer.headers, **hit})


def _count(call: Call) -> object:
    """How many issues each `query` finds, capped at 100 as Sentry does for its badges."""
    queries = call.texts("query")
    if not queries:
        bad_request("Query parameter is required")
    span = time_range(call)
    return {query: min(len(search_rows(call, make_search(call, query), span)), 100) for query in queries}


def _stats(call: Call) -> object:
    """Counts and series of exact `groups` over the stretch."""
    groups = call.texts("groups")
    if not groups:
        bad_request("You should include `groups` with your request. (i.e. groups=1,2,3)")
    if len(groups) > MAX_PAGE or any(not text.isdigit() for text in groups):
        bad_request("Too many groups requested." if len(groups) > MAX_PAGE else "Group ids must be integers")
    span = time_range(call)
    search = make_search(call, call.text("query") or "")
    view = _view(call, span, is_filtered=search.narrows_events)
    known, environments = {issue.id: issue for issue in visible(call)}, call.environments()
    rows = []
    for group in groups:
        if group in known:
            events = events_between(known[group], span, environments)
            rows.append(bodies.stats_item(view, Row(known[group], events, search.matching(events))))
    return rows


def _row(call: Call) -> Row:
    """The issue of the path with its events in the environments asked for."""
    issue, environments = call.issue, call.environments()
    events = [e for e in issue.events if environments is None or e.environment in environments]
    return Row(issue, events, events)


def _detail(call: Call) -> object:
    now = call.world.now()
    view = _view(call, TimeRange(now - DEFAULT_RANGE, now + timedelta(seconds=1)))
    return bodies.detail(view, _row(call))


def _releases(call: Call) -> object:
    return bodies.releases(_row(call).events)


def _hashes(call: Call) -> Answer:
    issue = call.issue
    is_full = (call.text("full") or "true").lower() not in {"0", "false"}
    newest = issue.events[-1]
    latest = event_bodies.whole(newest) if is_full else event_bodies.list_item(newest)

    def render(value: str) -> object:
        return {"id": value, "latestEvent": latest, "mergedBySeer": False, "seerMatchDistance": None}

    return paginate(call, issue.hashes, render)


def _tags(call: Call) -> object:
    events = _row(call).events
    limit = call.text("limit") or "4"
    count = int(limit) if limit.isdigit() else 4
    return [_tag_body(events, str(total["key"]), count) for total in bodies.tag_totals(events)]


def _tag(call: Call) -> object:
    return _tag_body(_with_tag(call), call.parameters["key"], 9)


def _with_tag(call: Call) -> Sequence[Event]:
    """The events of the issue; there is no such tag while none of them carries it."""
    events, key = _row(call).events, call.parameters["key"]
    if not any(key in event_tags(event) for event in events):
        raise not_found()
    return events


def _tag_body(events: Sequence[Event], key: str, count: int) -> dict[str, object]:
    values = bodies.tag_values(events, key)
    return {
        "key": key,
        "name": bodies.tag_name(key),
        "uniqueValues": len(values),
        "totalValues": sum(value["count"] for value in values if isinstance(value["count"], int)),
        "topValues": values[:count],
    }


def _tag_values(call: Call) -> Answer:
    values = bodies.tag_values(_with_tag(call), call.parameters["key"])
    sort = call.text("sort") or "id"
    if sort == "date":
        values.sort(key=lambda value: str(value["lastSeen"]), reverse=True)
    elif sort == "age":
        values.sort(key=lambda value: str(value["firstSeen"]), reverse=True)
    return paginate(call, values)


def _activities(call: Call) -> object:
    return {"activity": [bodies.activity(line) for line in reversed(call.issue.activity)]}


def _external_issues(call: Call) -> object:
    return [bodies.external_issue(ticket) for ticket in call.issue.external_issues if ticket.installation_uuid]


def _series(call: Call) -> object:
    """`[[epochSeconds, count], …]` between `since` and `until` in steps of `resolution`."""
    now = int(call.world.clock.time())
    width = {"10s": 10, "1h": 3600, "1d": 86_400}.get(call.text("resolution") or "1h", 3600)
    since, until = (_seconds(call, name, default) for name, default in (("since", now - 86_400), ("until", now)))
    count = max(1, min((until - since) // width + 1, 1000))
    return buckets((event.at for event in call.issue.events), since // width * width, width, count)


def _seconds(call: Call, name: str, default: int) -> int:
    text = call.text(name)
    if text is None:
        return default
    try:
        return int(datetime.fromtimestamp(float(text), UTC).timestamp())
    except (ValueError, OverflowError, OSError):
        bad_request(f"Invalid {name} parameter.")


ISSUE = "/organizations/{organization}/issues/{issue}"

ROUTES = (
    Route("GET", "/organizations/{organization}/issues/", _list, READ),
    Route("GET", "/projects/{organization}/{project}/issues/", _list, READ),
    Route("GET", "/organizations/{organization}/issues-count/", _count, READ),
    Route("GET", "/organizations/{organization}/issues-stats/", _stats, READ),
    Route("GET", f"{ISSUE}/", _detail, READ),
    Route("GET", f"{ISSUE}/hashes/", _hashes, READ),
    Route("GET", f"{ISSUE}/tags/", _tags, READ),
    Route("GET", f"{ISSUE}/tags/{{key}}/", _tag, READ),
    Route("GET", f"{ISSUE}/tags/{{key}}/values/", _tag_values, READ),
    Route("GET", f"{ISSUE}/activities/", _activities, READ),
    Route("GET", f"{ISSUE}/external-issues/", _external_issues, READ),
    Route("GET", f"{ISSUE}/first-last-release/", _releases, READ),
    Route("GET", f"{ISSUE}/stats/", _series, READ),
)
