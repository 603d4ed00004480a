"""Knows how usage is looked up: of an organization by groups, and of many projects at once. Knows no release health."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.lists import QueryParameters, by_organization
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.loaders.time_ranges import Interval, TimeRange
from dexter_graphql.sentry.catalogue import stats as catalogue
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

QUANTITY = "sum(quantity)"
FIELD: QueryParameters = (("field", QUANTITY),)
Number = float | int


class Group(msgspec.Struct, frozen=True, gc=False):
    """A group on the wire. `by` holds what it was grouped by; projects are numbers."""

    by: dict[str, str | int | None] = {}
    totals: dict[str, Number | None] = {}
    series: dict[str, list[Number | None]] = {}


USAGE = Projection(
    "Usage",
    "list",
    (
        Field("end", "end", datetime),
        Field("groups", "groups", list[Group], is_required=True),
        Field("intervals", "intervals", list[datetime]),
        Field("start", "start", datetime),
    ),
)


class UsageOptions(NamedTuple):
    """What is asked of the usage of an organization: parameters, a stretch of time, and the length of an interval."""

    query: QueryParameters
    time_range: TimeRange
    interval_s: int


@dataclass(frozen=True, slots=True)
class UsageGroup:
    """Quantity of one group: in total, and interval by interval where Sentry has that."""

    organization: OrganizationRef
    by: Mapping[str, str | int | None]
    total: int
    values: list[Number | None] | None
    start: datetime | None
    interval_s: int


@dataclass(frozen=True, slots=True)
class UsageReport:
    """The groups of an organization's usage; the stretch that was asked for, and the one that Sentry says it used."""

    interval: Interval
    start: datetime | None
    end: datetime | None
    groups: list[UsageGroup]


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much of a category met an outcome."""

    category: str
    outcome: str
    quantity: int


@fan_out(target="Usage", uses=(catalogue.USAGE,))
async def organization_usage(organization: OrganizationRef, load_context: LoadContext) -> UsageReport:
    """The usage of an organization: one call; options are a UsageOptions."""
    question: UsageOptions = load_context.options
    interval = load_context.interval(question.time_range)
    answer = await _usage(organization, (*question.query, *interval.query), load_context)
    starts = answer.intervals if isinstance(answer.intervals, list) else []
    begin, length = (starts[0] if starts else answer.start), _length_s(starts) or question.interval_s
    groups = [
        UsageGroup(organization, one.by, _total(one), one.series.get(QUANTITY), begin, length) for one in answer.groups
    ]
    return UsageReport(interval, answer.start, answer.end, groups)


@bulk(target="ProjectUsage", uses=(catalogue.USAGE,), is_shared=False)
async def project_usage(keys: Sequence[ProjectKey], load_context: LoadContext) -> Mapping[ProjectKey, Any]:
    """The usage of projects by category and outcome: one call per hundred; options are a Stretch."""
    by: QueryParameters = (("groupBy", "project"), ("groupBy", "category"), ("groupBy", "outcome"))

    async def answered(organization: OrganizationRef, mine: Sequence[ProjectKey]) -> Mapping[ProjectKey, Any]:
        query = (*by, *(("project", key.id) for key in mine), *load_context.interval(load_context.options).query)
        answer = await _usage(organization, query, load_context)
        found: dict[ProjectKey, list[Quantity]] = {key: [] for key in mine}
        for one in answer.groups:
            rows = found.get(ProjectKey(organization, str(one.by.get("project"))))
            if rows is not None:
                rows.append(Quantity(str(one.by.get("category")), str(one.by.get("outcome")), _total(one)))
        return found

    return await by_organization(keys, answered)


async def _usage(organization: OrganizationRef, query: QueryParameters, load_context: LoadContext) -> Any:
    """The answer as a record whose groups fit; raises the InvalidValue when they do not."""
    found = await load_context.client.one(
        catalogue.USAGE, load_context.call_context, USAGE, parents=Parents(organization), query=(*FIELD, *query)
    )
    invalid = first_invalid(found, *(member.attr for member in USAGE.members))
    if invalid is not None:
        raise invalid
    return found


def _total(group: Group) -> int:
    return int(group.totals.get(QUANTITY) or 0)


def _length_s(starts: Sequence[datetime]) -> int | None:
    return int((starts[1] - starts[0]).total_seconds()) if len(starts) > 1 else None
