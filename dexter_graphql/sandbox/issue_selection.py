"""Issues selected by the parameters of a request: projects, environments, time range, search, ids and sorting."""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dexter_graphql.sandbox.http import Request, raise_bad_request
from dexter_graphql.sandbox.issue_search import IssueSearch, SearchContext
from dexter_graphql.sandbox.issue_search_syntax import SearchError
from dexter_graphql.sandbox.serializers.issues import IssueRow
from dexter_graphql.sandbox.time_ranges import TimeRange, parse_time_range
from dexter_graphql.sandbox.vintages import Capability
from dexter_graphql.sandbox.world.model import Event, Issue

DEFAULT_QUERY: Final = "is:unresolved"
MAX_HASHES: Final = 100
_EVENT_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class IssueSelection:
    """The selected rows in order with their sort keys, their time range, and whether the search narrows the events."""

    rows: list[IssueRow]
    sort_keys: list[int]
    time_range: TimeRange
    is_filtered: bool = False
    is_direct_hit: bool = False


def select_issues(request: Request) -> IssueSelection:
    """The issues of a list request; 400 for an invalid search."""
    time_range = parse_time_range(request)
    direct = _find_direct_hit(request)
    if direct is not None:
        return IssueSelection([IssueRow(direct, direct.events, direct.events)], [1], time_range, is_direct_hit=True)
    named = _find_named(request)
    query = "" if named is not None else request.param("query", DEFAULT_QUERY) or ""
    search = parse_issue_search(request, query)
    if named is not None:
        rows = [row for row in map(_row_builder(request, time_range), named) if row is not None]
    else:
        rows = search_issues(request, search, time_range)
    key = _parse_sort(request)
    rows.sort(key=lambda row: (-key(row), -int(row.issue.id)))
    sort_keys = [max(1, int(key(row))) for row in rows]
    return IssueSelection(rows, sort_keys, time_range, is_filtered=search.narrows_events)


def parse_issue_search(request: Request, query: str) -> IssueSearch:
    """The search of a request; 400 when it is invalid."""
    try:
        return IssueSearch(
            query,
            SearchContext(
                request.organization, request.user, request.world.now(), request.world.vintage.unknown_search_keys
            ),
        )
    except SearchError as error:
        raise_bad_request(f"Error parsing search query: {error}")


def search_issues(request: Request, search: IssueSearch, time_range: TimeRange) -> list[IssueRow]:
    """Matching issues in the request's projects and environments with events in the time range."""
    projects, environments = {project.id for project in request.selected_projects()}, request.selected_environments()
    rows = []
    for issue in list_visible_issues(request):
        if issue.project.id in projects and search.matches(issue):
            events = filter_events(issue, time_range, environments)
            matching = search.filter_events(events)
            if matching:
                rows.append(IssueRow(issue, events, matching))
    return rows


def list_visible_issues(request: Request) -> list[Issue]:
    """The issues that the token may read and that are not being deleted or merged."""
    hidden, token = {"pending_deletion", "pending_merge"}, request.token
    issues = request.organization.issues.values()
    return [issue for issue in issues if issue.status not in hidden and token.may_read(issue.project.slug)]


def filter_events(issue: Issue, time_range: TimeRange, environments: frozenset[str] | None) -> Sequence[Event]:
    """The events of the issue in the time range and environments, oldest first."""
    events = issue.events
    start = bisect_left(events, time_range.start.timestamp(), key=lambda event: event.at)
    end = bisect_left(events, time_range.end.timestamp(), key=lambda event: event.at)
    selected = events[start:end] if start or end < len(events) else events
    return selected if environments is None else [event for event in selected if event.environment in environments]


def _row_builder(request: Request, time_range: TimeRange) -> Callable[[Issue], IssueRow | None]:
    """Rows for explicit ids, which ignore the query but not projects and environments."""
    projects, environments = {project.id for project in request.selected_projects()}, request.selected_environments()

    def row(issue: Issue) -> IssueRow | None:
        if issue.project.id not in projects:
            return None
        events = filter_events(issue, time_range, environments)
        return IssueRow(issue, events, events)

    return row


def _find_named(request: Request) -> list[Issue] | None:
    """The issues that `group` names by ID or, in the list of a project, `hashes` by grouping hash."""
    ids, hashes = request.param_list("group"), request.param_list("hashes")
    if hashes and "project" in request.path_params:
        if request.param("query"):
            raise_bad_request("Cannot use 'hashes' with 'query'")
        selected = set(hashes[:MAX_HASHES])
        return [issue for issue in list_visible_issues(request) if not selected.isdisjoint(issue.hashes)]
    return _find_by_ids(request, ids) if ids else None


def _find_by_ids(request: Request, ids: Sequence[str]) -> list[Issue]:
    if any(not text.isdigit() for text in ids):
        raise_bad_request("Group ids must be integers")
    known = {issue.id: issue for issue in list_visible_issues(request)}
    return [known[text] for text in dict.fromkeys(ids) if text in known]


def _find_direct_hit(request: Request) -> Issue | None:
    """The issue of an event id, or of a short id with `shortIdLookup`; all other parameters are ignored."""
    query = (request.param("query") or "").strip()
    organization = request.organization
    if _EVENT_ID.fullmatch(query):
        event = organization.events.get(query)
        return event.issue if event else None
    if request.bool_param("shortIdLookup") and "-" in query and " " not in query and ":" not in query:
        return organization.find_issue(query)
    return None


def _trend_score(row: IssueRow) -> float:
    half = len(row.events) // 2
    return half / (1 + row.events[-1].at - row.events[half].at) if row.events else 0.0


def _recommended_score(row: IssueRow) -> float:
    return len(row.events) * {"high": 3, "medium": 2, "low": 1}[row.issue.priority]


def _to_ms(seconds: float) -> int:
    return round(seconds * 1000)


_SORTS: Mapping[str, Callable[[IssueRow], float]] = MappingProxyType({
    "date": lambda row: _to_ms(row.matching[-1].at) if row.matching else 0,
    "new": lambda row: _to_ms(row.issue.events[0].at),
    "freq": lambda row: len(row.matching),
    "user": lambda row: len({event.person for event in row.matching if event.person >= 0}),
    "trends": _trend_score,
    "recommended": _recommended_score,
    "inbox": lambda row: _to_ms(row.issue.inbox_since.timestamp()) if row.issue.inbox_since else 0,
})  # fmt: skip


# `priority` was a ranking before issues had priorities; `trends` is its present name.
_SORTS_BEFORE_PRIORITY: Mapping[str, Callable[[IssueRow], float]] = MappingProxyType(
    {name: key for name, key in _SORTS.items() if name not in {"trends", "recommended"}} | {"priority": _trend_score}
)


def _parse_sort(request: Request) -> Callable[[IssueRow], float]:
    """The key of the `sort` parameter; issues are listed in descending order of it."""
    name = request.param("sort") or "date"
    key = (_SORTS if request.has(Capability.ISSUE_PRIORITY) else _SORTS_BEFORE_PRIORITY).get(name)
    if key is None:
        raise_bad_request(f"Invalid sort parameter: {name}")
    if name == "inbox" and "is:for_review" not in (request.param("query") or ""):
        raise_bad_request("Sort key 'inbox' is only valid with 'is:unresolved is:for_review'")
    return key
