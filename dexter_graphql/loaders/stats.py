"""Loaders of usage statistics: of an organization by groups or projects, of many projects at once, of one project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.explore.series_values import EventSeries, SeriesPoint
from dexter_graphql.loaders.lists import by_organization
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.projects import ProjectKey, project_parents
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.loaders.search import UnresolvedQuery, resolve_query
from dexter_graphql.loaders.series import Series
from dexter_graphql.loaders.time_ranges import Interval, TimeRange
from dexter_graphql.sentry.catalogue import projects
from dexter_graphql.sentry.catalogue import stats as catalogue
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadResponse
from dexter_graphql.sentry.lenient import UNREADABLE
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

QUANTITY = "sum(quantity)"
PROJECT_GROUPING = repeated("groupBy", ("project", "category", "outcome"))
Number = float | int


class StatsGroup(msgspec.Struct, frozen=True, gc=False):
    """A group of usage or session statistics. `by` holds its grouping; projects are numbers."""

    by: dict[str, str | int | None] = {}
    totals: dict[str, Number | None] = {}
    series: dict[str, list[Number | None]] = {}


USAGE = Projection(
    "Usage",
    "list",
    (
        Field("end", "end", datetime),
        Field("groups", "groups", list[StatsGroup], is_required=True, is_strict=True),
        Field("intervals", "intervals", list[datetime], is_strict=True),
        Field("start", "start", datetime),
    ),
)


SUMMARY = Projection(
    "UsageSummary",
    "list",
    (
        Field("end", "end", datetime),
        Field("projects", "projects", msgspec.Raw, is_required=True),
        Field("start", "start", datetime),
    ),
)
MEASURES = (QUANTITY, "sum(times_seen)")


class UsageOptions(NamedTuple):
    """Filter and grouping parameters, time range, interval length and measure of usage statistics."""

    query: UnresolvedQuery
    time_range: TimeRange
    interval_s: int
    measure: str = QUANTITY


class EventSeriesOptions(NamedTuple):
    """The statistic, time range and interval of a series of event counts; `interval` is that on the wire."""

    stat: str
    time_range: TimeRange
    interval: str
    interval_s: int


@dataclass(frozen=True, slots=True)
class GroupUsage:
    """Usage of one group: in total and, where Sentry has it, per interval."""

    organization: OrganizationRef
    by: Mapping[str, str | int | None]
    total: int
    measure: str = QUANTITY
    values: list[Number | None] | None = None
    start: datetime | None = None
    interval_s: int = 0


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Usage of an organization or a project; the requested interval, and the one that Sentry evaluated."""

    interval: Interval
    start: datetime | None
    end: datetime | None
    groups: list[GroupUsage]


@dataclass(frozen=True, slots=True)
class SummaryReport:
    """Usage of an organization by project; the projects are undecoded."""

    organization: OrganizationRef
    interval: Interval
    start: datetime | None
    end: datetime | None
    projects: msgspec.Raw


@fan_out(target="Usage", uses=(catalogue.USAGE, *REFERENCE_ENDPOINTS))
async def organization_usage(organization: OrganizationRef, load_context: LoadContext) -> UsageReport:
    """The usage of an organization: one call; options are UsageOptions."""
    options: UsageOptions = load_context.options
    interval = load_context.interval(options.time_range)
    query = await resolve_query(options.query, organization, load_context)
    usage = await _fetch_usage(organization, (*query, *interval.query), load_context, options.measure)
    starts = usage.intervals if isinstance(usage.intervals, list) else []
    start, interval_s = (starts[0] if starts else usage.start), _interval_s(starts) or options.interval_s
    measure = options.measure
    groups = [
        GroupUsage(
            organization, group.by, _total(group, measure), measure, group.series.get(measure), start, interval_s
        )
        for group in usage.groups
    ]
    return UsageReport(interval, usage.start, usage.end, groups)


@fan_out(target="UsageSummary", uses=(catalogue.SUMMARY, *REFERENCE_ENDPOINTS))
async def usage_summary(organization: OrganizationRef, load_context: LoadContext) -> SummaryReport:
    """The usage of an organization by project and category: one call; options are UsageOptions."""
    options: UsageOptions = load_context.options
    interval = load_context.interval(options.time_range)
    query = (("field", options.measure), *await resolve_query(options.query, organization, load_context))
    summary = await _fetch(catalogue.SUMMARY, organization, (*query, *interval.query), load_context, SUMMARY)
    return SummaryReport(organization, interval, summary.start, summary.end, summary.projects)


@fan_out(target="TimeSeries", uses=(projects.STATS,))
async def project_event_series(key: ProjectKey, load_context: LoadContext) -> Series:
    """The numbers of a project's events per interval: one call per project; options are EventSeriesOptions."""
    options: EventSeriesOptions = load_context.options
    interval = load_context.interval(options.time_range)
    # Sentry includes the interval that contains `until`, and the end of a range is outside of it.
    query = (
        ("stat", options.stat),
        ("since", str(int(interval.start.timestamp()))),
        ("until", str(int(interval.end.timestamp()) - 1)),
        ("resolution", options.interval),
    )
    path = {"project": key.id}
    reply = await load_context.send(projects.STATS, project_parents(key), path=path, query=query)
    try:
        counts = msgspec.json.decode(reply.body, type=list[tuple[float, float | None]])
    except UNREADABLE:
        raise BadResponse("Sentry's answer has no event counts", title=projects.STATS.title) from None
    points = [SeriesPoint(start, count) for start, count in counts]
    return EventSeries(options.stat, None, points, options.interval_s, None).over(interval, options.interval_s)


@bulk(target="Usage", uses=(catalogue.USAGE,), is_shared=False)
async def project_usage(keys: Sequence[ProjectKey], load_context: LoadContext) -> Mapping[ProjectKey, Any]:
    """The usage of projects by category and outcome: one call per 100; options are a TimeRange."""
    interval = load_context.interval(load_context.options)

    async def answer(organization: OrganizationRef, own_keys: Sequence[ProjectKey]) -> Mapping[ProjectKey, Any]:
        numbers = repeated("project", (key.id for key in own_keys))
        usage = await _fetch_usage(organization, (*PROJECT_GROUPING, *numbers, *interval.query), load_context)
        reports = {key: UsageReport(interval, usage.start, usage.end, []) for key in own_keys}
        for group in usage.groups:
            report = reports.get(ProjectKey(organization, str(group.by.get("project"))))
            if report is not None:
                report.groups.append(GroupUsage(organization, group.by, _total(group, QUANTITY)))
        return reports

    return await by_organization(keys, answer)


async def _fetch_usage(
    organization: OrganizationRef, query: QueryParameters, load_context: LoadContext, measure: str = QUANTITY
) -> Any:
    return await _fetch(catalogue.USAGE, organization, (("field", measure), *query), load_context, USAGE)


async def _fetch(
    endpoint: Endpoint,
    organization: OrganizationRef,
    query: QueryParameters,
    load_context: LoadContext,
    projection: Projection,
) -> Any:
    """A record with valid members; raises InvalidValue when one of them is not."""
    record = await load_context.get(endpoint, Parents(organization), query=query, projection=projection)
    invalid = first_invalid(record, *(member.attr for member in projection.members))
    if invalid is not None:
        raise invalid
    return record


def _total(group: StatsGroup, measure: str) -> int:
    return int(group.totals.get(measure) or 0)


def _interval_s(starts: Sequence[datetime]) -> int | None:
    return int((starts[1] - starts[0]).total_seconds()) if len(starts) > 1 else None
