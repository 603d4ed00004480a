"""Search over issues and their events.

Terms about issues and terms about events are matched separately; unknown keys are tags.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType

from dexter_graphql.sandbox.event_values import read_event_values
from dexter_graphql.sandbox.issue_search_syntax import SearchError, SearchTerm, parse_search
from dexter_graphql.sandbox.time_ranges import parse_instant, parse_period
from dexter_graphql.sandbox.world.event_attributes import (
    find_newest_releases,
)
from dexter_graphql.sandbox.world.issues import OTHER_KINDS
from dexter_graphql.sandbox.world.model import Event, Issue, Organization, Release, User
from dexter_graphql.sandbox.world.owners import find_suggested_owners
from dexter_graphql.sandbox.world.stack_traces import LANGUAGES, Frame

_STATUS = frozenset({"unresolved", "resolved", "archived", "ignored", "muted"})
_WORDS: Mapping[str, frozenset[str]] = MappingProxyType({
    "issue.category": frozenset({"error", *(kind.category for kind in OTHER_KINDS), "mobile", "performance", "cron"}),
    "issue.type": frozenset({"error", *(kind.issue_type for kind in OTHER_KINDS)}),
    "issue.priority": frozenset({"low", "medium", "high"}),
})  # fmt: skip
"""Keys that take certain words only."""
_SUBSTATUS = frozenset({
    "new", "ongoing", "escalating", "regressed",
    "archived_until_escalating", "archived_until_condition_met", "archived_forever",
})  # fmt: skip


_ESCAPES = re.compile(r"(\\.|\*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SearchContext:
    """The context of a search: what `me`, `latest` and `-24h` refer to, and which keys are taken for tags."""

    organization: Organization
    user: User | None
    now: datetime
    unknown_keys: frozenset[str] = frozenset()


class IssueSearch:
    """A parsed query. Raises SearchError for invalid syntax and invalid values."""

    def __init__(self, query: str, context: SearchContext) -> None:
        terms = _with_status(parse_search(query))
        self._context = context
        self._issue_tests = [_issue_test(t, context) for t in terms if _is_about_issue(t, context)]
        self._event_tests = [_event_test(t, context) for t in terms if not _is_about_issue(t, context)]
        self.narrows_events = bool(self._event_tests)

    def matches(self, issue: Issue) -> bool:
        """Whether the issue satisfies the terms about issues."""
        return all(test(issue) for test in self._issue_tests)

    def filter_events(self, events: Sequence[Event]) -> Sequence[Event]:
        """The events that satisfy the terms about events."""
        if not self._event_tests:
            return events
        return [event for event in events if all(test(event) for test in self._event_tests)]


def _is_about_issue(term: SearchTerm, context: SearchContext) -> bool:
    return (
        not term.is_tag
        and term.key not in context.unknown_keys
        and (
            term.key in _ISSUE_VALUES
            or term.key in _ISSUE_TESTS
            or (term.key == "has" and term.values[0] in {"assigned", "assignee"})
        )
    )


def _issue_test(term: SearchTerm, context: SearchContext) -> Callable[[Issue], bool]:
    if term.key == "has":
        return lambda issue: (issue.assignee is not None) is not term.negated
    make = _ISSUE_TESTS.get(term.key)
    if make is not None:
        tests = [make(value, context, term.operator) for value in term.values]
        return lambda issue: any(test(issue) for test in tests) is not term.negated
    for value in term.values:
        if value not in _WORDS.get(term.key, (value,)):
            raise SearchError(f"Invalid {term.key.removeprefix('issue.')} value of '{value}'")
    read = _ISSUE_VALUES[term.key]
    fits = _any_pattern(term.values)
    return lambda issue: any(fits(value) for value in read(issue)) is not term.negated


def _event_test(term: SearchTerm, context: SearchContext) -> Callable[[Event], bool]:
    if term.key == "has":
        key = term.values[0]
        return lambda event: bool(read_event_values(event, key)) is not term.negated
    if term.operator != "=":
        limit = _number(term.key, term.values[0])
        compare = _COMPARE[term.operator]
        return lambda event: (
            any(compare(n, limit) for n in _numbers(read_event_values(event, term.key))) is not term.negated
        )
    if term.key in {"release", "release.version"} and "latest" in term.values:
        newest = find_newest_releases(context.organization)
        return lambda event: _is_newest(event, newest) is not term.negated
    fits = _any_pattern(term.values)
    return lambda event: any(fits(value) for value in read_event_values(event, term.key)) is not term.negated


def _is_newest(event: Event, newest: Mapping[str, Release]) -> bool:
    return event.release is not None and event.release is newest.get(event.issue.project.id)


def _with_status(terms: list[SearchTerm]) -> list[SearchTerm]:
    """The terms, and the status that follows from the first substatus: excluded when the substatus is."""
    if any(term.key == "status" or (term.key == "is" and term.values[0] in _STATUS) for term in terms):
        return terms
    about_substatus = [
        term for term in terms if term.key == "substatus" or (term.key == "is" and term.values[0] in _SUBSTATUS)
    ]
    first = next((term for term in about_substatus if not term.negated), next(iter(about_substatus), None))
    if first is None:
        return terms
    status = "ignored" if first.values[0].startswith("archived_") else "unresolved"
    return [*terms, SearchTerm("status", (status,), negated=first.negated)]


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    """A value as a pattern: `*` matches any text, and with a backslash before it an asterisk.

    Other backslashes escape the next character in a value with a wildcard, and mean themselves in any other.
    """
    parts = _ESCAPES.split(text)
    escapes = {part for part in parts if len(part) == 2 and part[0] == "\\"}  # noqa: PLR2004 - as a backslash and a character
    if "*" not in parts:
        escapes &= {"\\*"}
    pattern = "".join(".*" if part == "*" else re.escape(part[1:] if part in escapes else part) for part in parts)
    return re.compile(rf"(?s:{pattern})\Z", re.IGNORECASE)


def _any_pattern(values: Iterable[str]) -> Callable[[str], bool]:
    patterns = [_pattern(value) for value in values]
    return lambda text: any(pattern.match(text) for pattern in patterns)


def _number(key: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SearchError(f"Invalid number: {text} for {key}") from None


def _numbers(values: Iterable[str]) -> list[float]:
    return [float(value) for value in values if value.replace(".", "", 1).isdigit()]


_COMPARE: Mapping[str, Callable[[float, float], bool]] = MappingProxyType({
    "=": lambda left, right: left == right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
})  # fmt: skip


def _is(value: str, _scope: SearchContext, _operator: str) -> Callable[[Issue], bool]:
    known: dict[str, Callable[[Issue], bool]] = {
        "unresolved": lambda issue: issue.status == "unresolved",
        "resolved": lambda issue: issue.status == "resolved",
        "assigned": lambda issue: issue.assignee is not None,
        "unassigned": lambda issue: issue.assignee is None,
        "for_review": lambda issue: issue.inbox_reason is not None,
        "linked": lambda issue: bool(issue.external_issues),
        "unlinked": lambda issue: not issue.external_issues,
    }
    if value in {"archived", "ignored", "muted"}:
        return lambda issue: issue.status == "ignored"
    if value in _SUBSTATUS:
        return lambda issue: issue.substatus == value
    if value not in known:
        raise SearchError(f'Invalid value for "is" search, valid values are {sorted([*known, *_SUBSTATUS])}')
    return known[value]


def _assigned(value: str, context: SearchContext, _operator: str) -> Callable[[Issue], bool]:
    if value in {"none", '""', ""}:
        return lambda issue: issue.assignee is None
    teams = {
        team.id for m in context.organization.members if context.user and m.user is context.user for team in m.teams
    }
    if value == "my_teams":
        return lambda issue: (
            issue.assignee is not None and issue.assignee.team is not None and (issue.assignee.team.id in teams)
        )
    if value.startswith("#"):
        return lambda issue: (
            issue.assignee is not None and issue.assignee.team is not None and (issue.assignee.team.slug == value[1:])
        )
    key = context.user.email if value == "me" and context.user else value
    return lambda issue: issue.assignee is not None and issue.assignee.user is not None and key in {
        issue.assignee.user.email, issue.assignee.user.username, issue.assignee.user.id
    }  # fmt: skip


def _assigned_or_suggested(value: str, context: SearchContext, operator: str) -> Callable[[Issue], bool]:
    """As `assigned`, also for the suggested owners of unassigned issues."""
    is_assigned = _assigned(value, context, operator)
    return lambda issue: (
        is_assigned(issue) or any(is_assigned(replace(issue, assignee=owner)) for owner in find_suggested_owners(issue))
    )


def _subscribed(value: str, context: SearchContext, _operator: str) -> Callable[[Issue], bool]:
    user = context.user if value == "me" else next((u for u in context.organization.users() if u.email == value), None)
    return lambda issue: user is not None and user.id in issue.subscribers


def _bookmarked(value: str, context: SearchContext, _operator: str) -> Callable[[Issue], bool]:
    user = context.user if value == "me" else next((u for u in context.organization.users() if u.email == value), None)
    return lambda issue: user is not None and user.id in issue.bookmarked_by


def _times_seen(value: str, _scope: SearchContext, operator: str) -> Callable[[Issue], bool]:
    limit = _number("timesSeen", value)
    return lambda issue: _COMPARE[operator](len(issue.events), limit)


def _first_seen(value: str, context: SearchContext, operator: str) -> Callable[[Issue], bool]:
    test = _instant_test(value, context, operator)
    return lambda issue: test(issue.first_seen)


def _last_seen(value: str, context: SearchContext, operator: str) -> Callable[[Issue], bool]:
    test = _instant_test(value, context, operator)
    return lambda issue: test(issue.last_seen)


def _first_release(value: str, context: SearchContext, _operator: str) -> Callable[[Issue], bool]:
    if value == "latest":
        newest = find_newest_releases(context.organization)
        return lambda issue: _is_newest(issue.events[0], newest)
    fits = _any_pattern([value])
    return lambda issue: (release := issue.events[0].release) is not None and fits(release.version)


def _instant_test(value: str, context: SearchContext, operator: str) -> Callable[[datetime], bool]:
    """`-24h` means newer, `+24h` older; a timestamp is compared, or means its whole day without an operator."""
    if value[:1] in {"-", "+"}:
        length = parse_period(value[1:])
        if length is None:
            raise SearchError(f"{value[1:]!r} is not a valid relative date")
        limit = context.now - length
        return (lambda at: at >= limit) if value[0] == "-" else (lambda at: at <= limit)
    instant = parse_instant(value)
    if instant is None:
        raise SearchError(f"{value!r} is not a valid ISO 8601 date query")
    if operator == "=":
        return lambda at: instant <= at < instant + timedelta(days=1)
    return lambda at: _COMPARE[operator](at.timestamp(), instant.timestamp())


_ISSUE_TESTS: Mapping[str, Callable[[str, SearchContext, str], Callable[[Issue], bool]]] = MappingProxyType({
    "is": _is,
    "assigned": _assigned,
    "assigned_or_suggested": _assigned_or_suggested,
    "assignee": _assigned,
    "bookmarks": _bookmarked,
    "subscribed": _subscribed,
    "timesSeen": _times_seen,
    "age": _first_seen,
    "firstSeen": _first_seen,
    "lastSeen": _last_seen,
    "firstRelease": _first_release,
    "first_release": _first_release,
})  # fmt: skip

_ISSUE_VALUES: Mapping[str, Callable[[Issue], tuple[str, ...]]] = MappingProxyType({
    "message": lambda issue: (issue.title, issue.culprit, issue.short_id),
    "title": lambda issue: (issue.title,),
    "culprit": lambda issue: (issue.culprit,),
    "level": lambda issue: (issue.level,),
    "project": lambda issue: (issue.project.slug, issue.project.id),
    "project.name": lambda issue: (issue.project.slug,),
    "project.id": lambda issue: (issue.project.id,),
    "issue": lambda issue: (issue.short_id,),
    "issue.id": lambda issue: (issue.id,),
    "issue.category": lambda issue: (issue.category,),
    "issue.type": lambda issue: (issue.issue_type,),
    "issue.priority": lambda issue: (issue.priority,),
    "substatus": lambda issue: (issue.substatus or "",),
    "issue.substatus": lambda issue: (issue.substatus or "",),
    "status": lambda issue: (issue.status,),
    "error.type": lambda issue: (issue.type_name,) if issue.is_error else (),
    "error.value": lambda issue: (issue.value,) if issue.is_error else (),
    "error.unhandled": lambda issue: ("true" if issue.is_unhandled else "false", str(int(issue.is_unhandled))),
    "error.handled": lambda issue: ("false" if issue.is_unhandled else "true", str(int(not issue.is_unhandled))),
    "platform": lambda issue: (issue.project.platform,),
    "platform.name": lambda issue: (issue.project.platform,),
    "transaction": lambda issue: (issue.transaction,),
    "stack.filename": lambda issue: tuple(f.file for f in _frames(issue)),
    "stack.function": lambda issue: tuple(f.function for f in _frames(issue)),
})  # fmt: skip


def _frames(issue: Issue) -> tuple[Frame, ...]:
    return LANGUAGES[issue.project.language].templates[issue.template].frames if issue.is_error else ()
