"""Usage: `stats_v2/`, `stats-summary/`, received events of projects, the retired totals. No release health."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dexter_graphql.sandbox.discover.query import QueryError
from dexter_graphql.sandbox.http import Answer, Call, Route, bad_request, scopes
from dexter_graphql.sandbox.path_lookups import team_of
from dexter_graphql.sandbox.stats.intervals import IntervalError, hourly
from dexter_graphql.sandbox.stats.usage import CATEGORIES, OUTCOMES, Flow, flows
from dexter_graphql.sandbox.time_buckets import Buckets, TooManyPointsError
from dexter_graphql.sandbox.time_ranges import parse_period, time_range
from dexter_graphql.sandbox.world.model import Project

_ORGANIZATION_READ = scopes("org:admin", "org:read", "org:write")
_FIELDS: Final = ("sum(quantity)", "sum(times_seen)")
_GROUPS: Final = ("outcome", "category", "reason", "project")
_HOUR_S: Final = 3600
_RESOLUTIONS: Final = {"10s": 10, "1h": 3600, "1d": 86_400}
_STATS: Final = ("received", "rejected", "blacklisted", "generated")
# What arrives in one piece counts as often as it weighs; attachments are bytes, of some 30 kB each.
_ATTACHMENT_BYTES: Final = 30_000


@dataclass(frozen=True, slots=True)
class _Question:
    """What a call asks for, checked."""

    field: str
    groups: list[str]
    buckets: Buckets
    flows: list[Flow]


def get_usage(call: Call) -> object:
    """Totals by group, and series unless the groups are projects."""
    question = _checked(call, needs_groups=True)
    piles: dict[tuple[tuple[str, Any], ...], list[Flow]] = {}
    for flow in question.flows:
        key = tuple((name, _READERS[name](flow)) for name in question.groups)
        piles.setdefault(key, []).append(flow)
    has_series = "project" not in question.groups
    instants = question.buckets.instants if has_series else []
    window = time_range(call)
    return {
        "start": _text(question.buckets.instants[0]),
        "end": _text(window.end),
        "intervals": [_text(moment) for moment in instants],
        "groups": [_group(question, dict(key), pile, has_series=has_series) for key, pile in piles.items()],
    }


def get_summary(call: Call) -> object:
    """Totals by project and category; `download` gives them as CSV."""
    question = _checked(call, needs_groups=False)
    rows: dict[str, list[Flow]] = {}
    for flow in question.flows:
        rows.setdefault(flow.project.id, []).append(flow)
    projects = [_summary(question, pile[0].project, pile) for pile in rows.values()]
    if call.flag("download"):
        return _download(projects, question.field)
    return {
        "start": _text(question.buckets.instants[0]),
        "end": _text(time_range(call).end),
        "projects": projects,
    }


def get_project_stats(call: Call) -> object:
    """`[[epochSeconds, count], …]` of a project's errors."""
    return _old_series(call, [call.project])


def get_organization_stats(call: Call) -> object:
    """The retired totals of the organization, in the shape of a project's."""
    return _old_series(call, call.organization.projects)


def get_team_stats(call: Call) -> object:
    """The retired totals of a team, in the shape of a project's."""
    team = team_of(call)
    return _old_series(call, [one for one in call.organization.projects if team in one.teams])


def _checked(call: Call, *, needs_groups: bool) -> _Question:
    try:
        return _question(call, needs_groups=needs_groups)
    except (QueryError, IntervalError, TooManyPointsError) as problem:
        bad_request(str(problem))


def _question(call: Call, *, needs_groups: bool) -> _Question:
    field, groups = call.text("field"), call.texts("groupBy")
    if field is None:
        raise QueryError('Request is missing a "field"')
    if field not in _FIELDS:
        raise QueryError(f'Invalid field: "{field}"')
    if needs_groups and not groups:
        raise QueryError('At least one "groupBy" is required.')
    for group in groups:
        if group not in _GROUPS:
            raise QueryError(f'Invalid groupBy: "{group}"')
    if not call.text("statsPeriod") and not call.text("start"):
        raise QueryError("statsPeriod or start and end are required.")
    window, interval = time_range(call), call.text("interval")
    buckets = hourly(window.start, window.end, parse_period(interval) if interval else None)
    return _Question(field, groups, buckets, list(_wanted(call)))


def _wanted(call: Call) -> Iterable[Flow]:
    categories = _filter(call, "category", CATEGORIES)
    outcomes = _filter(call, "outcome", OUTCOMES)
    reasons = call.texts("reason")
    if "attachment" in categories and len(categories) > 1:
        raise QueryError("if filtering by attachment no other category may be present")
    return (
        flow
        for flow in flows(call.projects())
        # Attachments are bytes: they never add up with what is counted.
        if (
            flow.category in categories
            if categories
            else flow.category != "attachment" or "category" in call.texts("groupBy")
        )
        and (not outcomes or flow.outcome in outcomes)
        and (not reasons or flow.reason in reasons)
    )


def _filter(call: Call, name: str, known: tuple[str, ...]) -> list[str]:
    values = call.texts(name)
    for value in values:
        if value not in known and value.removesuffix("s") not in known:
            raise QueryError(f'Invalid {name}: "{value}"')
    return [value if value in known else value.removesuffix("s") for value in values]


def _group(question: _Question, by: dict[str, Any], pile: list[Flow], *, has_series: bool) -> dict[str, Any]:
    values = _values(pile, question.buckets, question.field)
    totals, series = {question.field: sum(values)}, {question.field: values}
    return {"by": by, "totals": totals, "series": series if has_series else {}}


def _values(pile: Iterable[Flow], buckets: Buckets, field: str) -> list[int]:
    """Quantity of each bucket, added up over the flows."""
    step = buckets.interval // _HOUR_S
    hours = [0] * (buckets.count * step)
    for flow in pile:
        scale = _ATTACHMENT_BYTES if flow.category == "attachment" and field == "sum(times_seen)" else 1
        for place, quantity in enumerate(flow.hours(buckets.starts[0] // _HOUR_S, len(hours))):
            hours[place] += quantity // scale
    return [sum(hours[place : place + step]) for place in range(0, len(hours), step)]


def _summary(question: _Question, project: Project, pile: list[Flow]) -> dict[str, Any]:
    stats = []
    for category in dict.fromkeys(flow.category for flow in pile):
        outcomes = dict.fromkeys(OUTCOMES, 0)
        for flow in pile:
            if flow.category == category:
                outcomes[flow.outcome] += sum(_values([flow], question.buckets, question.field))
        dropped = outcomes["rate_limited"] + outcomes["abuse"]
        totals = {"dropped": dropped, question.field: sum(outcomes.values())}
        stats.append({"category": category, "outcomes": outcomes, "totals": totals})
    return {"id": project.id, "slug": project.slug, "stats": stats}


def _download(projects: list[dict[str, Any]], field: str) -> Answer:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["project_id", "project_slug", "category", *OUTCOMES, "dropped", field])
    for project in projects:
        for stat in project["stats"]:
            rows.writerow(
                [project["id"], project["slug"], stat["category"], *stat["outcomes"].values(), *stat["totals"].values()]
            )
    headers = {"Content-Type": "text/csv", "Content-Disposition": 'attachment; filename="usage.csv"'}
    return Answer(text.getvalue().encode(), headers=headers)


def _old_series(call: Call, projects: Iterable[Project]) -> list[list[int]]:
    stat, resolution = call.text("stat") or "received", call.text("resolution") or "1h"
    if stat not in _STATS:
        bad_request(f"Invalid stat: {stat}")
    if resolution not in _RESOLUTIONS:
        bad_request("Invalid resolution")
    width = _RESOLUTIONS[resolution]
    until = _epoch(call, "until", call.world.now().timestamp())
    since = _epoch(call, "since", until - 86_400)
    found = [flow for flow in flows(list(projects)) if flow.category == "error" and _is_in(flow, stat)]
    starts = range(int(since) // width * width, int(until) + 1, width)
    return [[start, _step(found, start, width)] for start in starts]


def _step(pile: Iterable[Flow], start: int, width: int) -> int:
    # Below an hour the hour's quantity is spread evenly.
    quantity = sum(sum(flow.hours(start // _HOUR_S, max(1, width // _HOUR_S))) for flow in pile)
    return quantity * min(width, _HOUR_S) // _HOUR_S


def _is_in(flow: Flow, stat: str) -> bool:
    if stat == "received":
        return flow.outcome != "client_discard"
    return flow.outcome == {"rejected": "rate_limited", "blacklisted": "filtered"}.get(stat)


def _epoch(call: Call, name: str, default: float) -> float:
    text = call.text(name)
    try:
        return float(text) if text else default
    except ValueError:
        bad_request(f"{name} must be a numeric timestamp.")


def _text(moment: datetime) -> str:
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


_READERS: dict[str, Callable[[Flow], Any]] = {
    "outcome": lambda flow: flow.outcome,
    "category": lambda flow: flow.category,
    "reason": lambda flow: flow.reason or "none",
    "project": lambda flow: int(flow.project.id),
}

ROUTES = (
    Route("GET", "/organizations/{organization}/stats_v2/", get_usage, _ORGANIZATION_READ),
    Route("GET", "/organizations/{organization}/stats-summary/", get_summary, _ORGANIZATION_READ),
    Route(
        "GET",
        "/projects/{organization}/{project}/stats/",
        get_project_stats,
        scopes("project:admin", "project:read", "project:write"),
    ),
    Route("GET", "/organizations/{organization}/stats/", get_organization_stats, scopes("org:read")),
    Route("GET", "/teams/{organization}/{team}/stats/", get_team_stats, scopes("team:read")),
)
