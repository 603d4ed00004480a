"""Loaders of usage statistics: of an organization by groups, and of many projects at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.lists import by_organization
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.loaders.search import UnresolvedQuery, resolve_query
from dexter_graphql.loaders.time_ranges import Interval, TimeRange
from dexter_graphql.sentry.catalogue import stats as catalogue
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


class UsageOptions(NamedTuple):
    """Filter and grouping parameters, time range and interval length of usage statistics."""

    query: UnresolvedQuery
    time_range: TimeRange
    interval_s: int


@dataclass(frozen=True, slots=True)
class GroupUsage:
    """Quantity of one group: in total and, where Sentry has it, per interval."""

    organization: OrganizationRef
    by: Mapping[str, str | int | None]
    total: int
    values: list[Number | None] | None
    start: datetime | None
    interval_s: int


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Usage of an organization or a project; the requested interval, and the one that Sentry evaluated."""

    interval: Interval
    start: datetime | None
    end: datetime | None
    groups: list[GroupUsage]


@fan_out(target="Usage", uses=(catalogue.USAGE, *REFERENCE_ENDPOINTS))
async def organization_usage(organization: OrganizationRef, load_context: LoadContext) -> UsageReport:
    """The usage of an organization: one call; options are UsageOptions."""
    options: UsageOptions = load_context.options
    interval = load_context.interval(options.time_range)
    query = await resolve_query(options.query, organization, load_context)
    usage = await _fetch_usage(organization, (*query, *interval.query), load_context)
    starts = usage.intervals if isinstance(usage.intervals, list) else []
    start, interval_s = (starts[0] if starts else usage.start), _interval_s(starts) or options.interval_s
    groups = [
        GroupUsage(organization, group.by, _total(group), group.series.get(QUANTITY), start, interval_s)
        for group in usage.groups
    ]
    return UsageReport(interval, usage.start, usage.end, groups)


@bulk(target="Usage", uses=(catalogue.USAGE,), is_shared=False)
async def project_usage(keys: Sequence[ProjectKey], load_context: LoadContext) -> Mapping[ProjectKey, Any]:
    """The usage of projects by category and outcome: one call per 100; options are a TimeRange."""
    interval = load_context.interval(load_context.options)

    async def answer(organization: OrganizationRef, own_keys: Sequence[ProjectKey]) -> Mapping[ProjectKey, Any]:
        projects = repeated("project", (key.id for key in own_keys))
        usage = await _fetch_usage(organization, (*PROJECT_GROUPING, *projects, *interval.query), load_context)
        reports = {key: UsageReport(interval, usage.start, usage.end, []) for key in own_keys}
        for group in usage.groups:
            report = reports.get(ProjectKey(organization, str(group.by.get("project"))))
            if report is not None:
                report.groups.append(GroupUsage(organization, group.by, _total(group), None, None, 0))
        return reports

    return await by_organization(keys, answer)


async def _fetch_usage(organization: OrganizationRef, query: QueryParameters, load_context: LoadContext) -> Any:
    """Usage as a record with valid members; raises InvalidValue when one of them is not."""
    usage = await load_context.get(
        catalogue.USAGE, Parents(organization), query=(("field", QUANTITY), *query), projection=USAGE
    )
    invalid = first_invalid(usage, *(member.attr for member in USAGE.members))
    if invalid is not None:
        raise invalid
    return usage


def _total(group: StatsGroup) -> int:
    return int(group.totals.get(QUANTITY) or 0)


def _interval_s(starts: Sequence[datetime]) -> int | None:
    return int((starts[1] - starts[0]).total_seconds()) if len(starts) > 1 else None
