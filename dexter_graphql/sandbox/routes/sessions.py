"""Release health over time: `sessions/`. Knows fields and groups; the sums come from `explore.health`."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dexter_graphql.sandbox.discover.query import QueryError, parse
from dexter_graphql.sandbox.discover.rows import latest_releases
from dexter_graphql.sandbox.http import Call, Route, bad_request, page_size, scopes
from dexter_graphql.sandbox.stats.intervals import IntervalError, hourly
from dexter_graphql.sandbox.stats.release_health import Sample, Scope, Tally, samples, tallies
from dexter_graphql.sandbox.time_buckets import MAX_POINTS, Buckets, TooManyPointsError
from dexter_graphql.sandbox.time_ranges import parse_period, time_range

_STATUSES: Final = ("healthy", "errored", "crashed", "abnormal", "unhandled")
_GROUPS: Final = ("project", "release", "environment", "session.status")
_FIELD = re.compile(
    r"sum\(session\)|count_unique\(user\)|(?:crash_rate|crash_free_rate|errored_rate|healthy_rate)\((?:session|user)\)"
    r"|(?:avg|max|p50|p75|p90|p95|p99)\(session\.duration\)|anr_rate\(\)|foreground_anr_rate\(\)"
)
_MEAN_DURATION_MS: Final = 42_000


@dataclass(frozen=True, slots=True)
class _HealthRow:
    """A sample under the names a search may use."""

    sample: Sample
    latest: frozenset[int]

    def get(self, name: str, /) -> object:
        """Value of the member."""
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
class _Question:
    """What a call asks for, checked."""

    fields: list[str]
    groups: list[str]
    buckets: Buckets
    samples: list[Sample]
    has_totals: bool
    has_series: bool


def get_sessions(call: Call) -> object:
    """Groups with totals and series of the fields asked for."""
    try:
        question = _question(call)
    except (IntervalError, TooManyPointsError, QueryError) as problem:
        bad_request(str(problem))
    window = time_range(call)
    groups = _order(call, question, _groups(question))
    return {
        "start": _text(question.buckets.instants[0]),
        "end": _text(window.end),
        "intervals": [_text(moment) for moment in question.buckets.instants],
        "groups": groups[: _limit(call, question)],
        "query": call.text("query") or "",
    }


def _question(call: Call) -> _Question:
    fields, groups = call.texts("field"), call.texts("groupBy")
    if not fields:
        raise QueryError('Request is missing a "field"')
    for field in fields:
        if not _FIELD.fullmatch(field):
            raise QueryError(f'Invalid field: "{field}"')
    for group in groups:
        if group not in _GROUPS:
            raise QueryError(f'Invalid groupBy: "{group}"')
    window = time_range(call)
    interval = call.text("interval")
    buckets = hourly(window.start, window.end, parse_period(interval) if interval else None)
    scope = Scope(call.projects(), [one.name for one in call.environment_records()], buckets.instants[0], window.end)
    where = parse(call.text("query") or "")
    latest = latest_releases(call.organization)
    found = [one for one in samples(call.organization, scope) if where.matches(_HealthRow(one, latest))]
    wants_totals, wants_series = call.text("includeTotals") != "0", call.text("includeSeries") != "0"
    return _Question(fields, groups, buckets, found, wants_totals, wants_series)


def _groups(question: _Question) -> list[dict[str, Any]]:
    keys = [_READERS[name] for name in question.groups if name != "session.status"]
    piles: dict[tuple[Any, ...], list[Sample]] = {}
    for sample in question.samples:
        piles.setdefault(tuple(read(sample) for read in keys), []).append(sample)
    if not piles and not keys:
        piles[()] = []
    names = [name for name in question.groups if name != "session.status"]
    statuses: Sequence[str | None] = _STATUSES if "session.status" in question.groups else (None,)
    return [
        _group(question, dict(zip(names, key, strict=True)), pile, status)
        for key, pile in sorted(piles.items(), key=lambda item: item[0])
        for status in statuses
    ]


def _group(question: _Question, by: dict[str, Any], pile: list[Sample], status: str | None) -> dict[str, Any]:
    buckets = question.buckets
    total = tallies(pile, lambda _: None).get(None, Tally())
    answer: dict[str, Any] = {
        "by": by | ({"session.status": status} if status else {}),
        "totals": {field: _value(field, total, status) for field in question.fields} if question.has_totals else {},
        "series": {},
    }
    if question.has_series:
        parts = tallies(pile, lambda one: buckets.index(one.hour.timestamp()))
        cells = [parts.get(place, Tally()) for place in range(buckets.count)]
        answer["series"] = {field: [_value(field, cell, status) for cell in cells] for field in question.fields}
    return answer


def _value(field: str, tally: Tally, status: str | None) -> float | None:
    function, _, argument = field.rstrip(")").partition("(")
    if function == "sum":
        return tally.of_status(status) if status else tally.sessions
    if function == "count_unique":
        share = tally.of_status(status) / tally.sessions if status and tally.sessions else 1
        return int(tally.users * share)
    if argument == "session.duration":
        return _MEAN_DURATION_MS if tally.sessions and status in {None, "healthy"} else None
    crashed = tally.share_crashed(argument or "session")
    if crashed is None or status:
        return None
    rates: dict[str, Callable[[], float]] = {
        "crash_rate": lambda: crashed,
        "crash_free_rate": lambda: 1 - crashed,
        "errored_rate": lambda: tally.errored / tally.sessions,
        "healthy_rate": lambda: tally.healthy / tally.sessions,
    }
    return rates[function]() if function in rates else 0.0


def _order(call: Call, question: _Question, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    order = call.text("orderBy")
    if not order:
        return groups
    field = order.removeprefix("-")
    if field not in question.fields:
        bad_request("'orderBy' must be one of the provided 'fields'")
    totals = [_group_total(group, field) for group in groups]
    ranked = sorted(range(len(groups)), key=lambda place: (totals[place], -place), reverse=order.startswith("-"))
    return [groups[place] for place in ranked]


def _group_total(group: dict[str, Any], field: str) -> float:
    if group["totals"]:
        return float(group["totals"][field] or 0)
    return float(sum(value or 0 for value in group["series"].get(field, ())))


def _limit(call: Call, question: _Question) -> int:
    # An answer holds at most so many numbers per field, counting a total as one more point of its series.
    points = (question.buckets.count if question.has_series else 0) + 1
    fitting = max(1, MAX_POINTS // points)
    return min(fitting, page_size(call)) if call.text("per_page") else fitting


def _text(moment: datetime) -> str:
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


_READERS: dict[str, Callable[[Sample], Any]] = {
    "project": lambda sample: int(sample.project.id),
    "release": lambda sample: sample.release.version,
    "environment": lambda sample: sample.environment,
}

ROUTES = (
    Route("GET", "/organizations/{organization}/sessions/", get_sessions, scopes("org:admin", "org:read", "org:write")),
)
