"""Turns the parameters of an issue call into issues: projects, environments, stretch, search, exact ids, order."""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dexter_graphql.sandbox.http import Call, bad_request
from dexter_graphql.sandbox.issue_search import Scope, Search, SearchError
from dexter_graphql.sandbox.serializers.issues import Row
from dexter_graphql.sandbox.time_ranges import TimeRange, time_range
from dexter_graphql.sandbox.world.model import Event, Issue

DEFAULT_QUERY: Final = "is:unresolved"
_EVENT_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Selection:
    """What a call selects: rows in order, the stretch they are about, and whether the search narrows events."""

    rows: list[Row]
    span: TimeRange
    is_filtered: bool = False
    is_direct_hit: bool = False


def select(call: Call) -> Selection:
    """The issues of a list call; 400 for a search that cannot be read."""
    span = time_range(call)
    direct = _direct_hit(call)
    if direct is not None:
        return Selection([Row(direct, direct.events, direct.events)], span, is_direct_hit=True)
    exact = call.texts("group")
    query = "" if exact else call.text("query", DEFAULT_QUERY) or ""
    search = make_search(call, query)
    if exact:
        rows = [row for row in map(_whole_row(call, span), _by_id(call, exact)) if row is not None]
    else:
        rows = search_rows(call, search, span)
    return Selection(_sorted(call, rows), span, is_filtered=search.narrows_events)


def make_search(call: Call, query: str) -> Search:
    """The search of a call, or its 400."""
    try:
        return Search(query, Scope(call.organization, call.user, call.world.now()))
    except SearchError as error:
        bad_request(f"Error parsing search query: {error}")


def search_rows(call: Call, search: Search, span: TimeRange) -> list[Row]:
    """Issues of the call's projects and environments that were seen in the stretch and match."""
    projects, environments = {project.id for project in call.projects()}, call.environments()
    rows = []
    for issue in visible(call):
        if issue.project.id in projects and search.matches(issue):
            events = events_between(issue, span, environments)
            matching = search.matching(events)
            if matching:
                rows.append(Row(issue, events, matching))
    return rows


def visible(call: Call) -> list[Issue]:
    """Issues that are not on their way out."""
    return [i for i in call.organization.issues.values() if i.status not in {"pending_deletion", "pending_merge"}]


def events_between(issue: Issue, span: TimeRange, environments: frozenset[str] | None) -> Sequence[Event]:
    """Events of the issue in a stretch and some environments, oldest first."""
    events = issue.events
    start = bisect_left(events, span.start.timestamp(), key=lambda event: event.at)
    end = bisect_left(events, span.end.timestamp(), key=lambda event: event.at)
    found = events[start:end] if start or end < len(events) else events
    return found if environments is None else [event for event in found if event.environment in environments]


def _whole_row(call: Call, span: TimeRange) -> Callable[[Issue], Row | None]:
    """Exact ids answer whatever the query says, but projects and environments still count."""
    projects, environments = {project.id for project in call.projects()}, call.environments()

    def row(issue: Issue) -> Row | None:
        if issue.project.id not in projects:
            return None
        events = events_between(issue, span, environments)
        return Row(issue, events, events)

    return row


def _by_id(call: Call, ids: Sequence[str]) -> list[Issue]:
    if any(not text.isdigit() for text in ids):
        bad_request("Group ids must be integers")
    known = {issue.id: issue for issue in visible(call)}
    return [known[text] for text in dict.fromkeys(ids) if text in known]


def _direct_hit(call: Call) -> Issue | None:
    """A bare event id, or with `shortIdLookup` a short id, means that one issue whatever the other parameters say."""
    query = (call.text("query") or "").strip()
    organization = call.organization
    if _EVENT_ID.fullmatch(query):
        event = organization.events.get(query)
        return event.issue if event else None
    if call.flag("shortIdLookup") and "-" in query and " " not in query and ":" not in query:
        return organization.find_issue(query)
    return None


def _trend(row: Row) -> float:
    half = len(row.events) // 2
    return half / (1 + row.events[-1].at - row.events[half].at) if row.events else 0.0


def _score(row: Row) -> float:
    return len(row.events) * {"high": 3, "medium": 2, "low": 1}[row.issue.priority]


_SORTS: Mapping[str, Callable[[Row], float]] = MappingProxyType({
    "date": lambda row: row.matching[-1].at if row.matching else 0.0,
    "new": lambda row: row.issue.events[0].at,
    "freq": lambda row: len(row.matching),
    "user": lambda row: len({event.person for event in row.matching if event.person >= 0}),
    "trends": _trend,
    "recommended": _score,
    "inbox": lambda row: row.issue.inbox_since.timestamp() if row.issue.inbox_since else 0.0,
})  # fmt: skip


def _sorted(call: Call, rows: list[Row]) -> list[Row]:
    name = call.text("sort") or "date"
    key = _SORTS.get(name)
    if key is None:
        bad_request(f"Invalid sort parameter: {name}")
    if name == "inbox" and "is:for_review" not in (call.text("query") or ""):
        bad_request("Sort key 'inbox' is only valid with 'is:unresolved is:for_review'")
    return sorted(rows, key=lambda row: (-key(row), -int(row.issue.id)))
