"""Usage of organizations and projects by groups."""

from datetime import datetime
from typing import Any

from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.common.series import TimeSeries
from dexter_graphql.graph.common.time_ranges import UsedRange
from dexter_graphql.graph.declarations.fields import batch, computed, value_type
from dexter_graphql.graph.declarations.wire_types import enum_member
from dexter_graphql.graph.lazy_types import ProjectType
from dexter_graphql.graph.stats.enums import UsageCategory, UsageOutcome
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id
from dexter_graphql.loaders.series import Series
from dexter_graphql.loaders.stats import GroupUsage as GroupSource
from dexter_graphql.loaders.stats import UsageReport

category_of, outcome_of = enum_member(UsageCategory), enum_member(UsageOutcome)


@value_type
class UsageGroup:
    """Usage of one group."""

    @computed()
    def category(row: GroupSource) -> UsageCategory | None:
        """Category of the data; null when not grouped by category."""
        return _word(row, "category", category_of)

    @computed()
    def category_raw(row: GroupSource) -> str | None:
        """Value of `category`, as sent by Sentry."""
        return _word(row, "category", str)

    @computed()
    def outcome(row: GroupSource) -> UsageOutcome | None:
        """Outcome of the data; null when not grouped by outcome."""
        return _word(row, "outcome", outcome_of)

    @computed()
    def outcome_raw(row: GroupSource) -> str | None:
        """Value of `outcome`, as sent by Sentry."""
        return _word(row, "outcome", str)

    @computed()
    def reason(row: GroupSource) -> str | None:
        """Reason of the outcome, as named by Sentry; null when not grouped by reason."""
        return _word(row, "reason", str)

    @computed()
    def total(row: GroupSource) -> BigInt:
        """Total within the range: a number of items, or bytes or milliseconds for categories measured so."""
        return BigInt(row.total)

    @computed()
    def series(row: GroupSource) -> TimeSeries | None:
        """Usage per interval; null when grouped by project, and in the usage of a project."""
        if row.values is None or row.start is None:
            return None
        return Series(row.measure, None, row.start, row.interval_s, row.values)

    project: ProjectType | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.organization, str(row.by["project"])) if row.by.get("project") else None,
        reads={},
        description="Project that received the data; null when not grouped by project.",
    )


@value_type
class Usage:
    """Usage of the plan, by an organization or one of its projects."""

    @computed()
    def starts_at(report: UsageReport) -> datetime | None:
        """Start of the range that Sentry evaluated."""
        return report.start

    @computed()
    def ends_at(report: UsageReport) -> datetime | None:
        """End of the range that Sentry evaluated."""
        return report.end

    @computed()
    def range(report: UsageReport) -> UsedRange:
        """Requested time range, in whole intervals unless `exactly` or `between` was used."""
        return report.interval

    @computed()
    def groups(report: UsageReport) -> list[UsageGroup]:
        """One group per combination of values that occurs."""
        return report.groups


def _word(row: GroupSource, name: str, convert: Any) -> Any:
    value = row.by.get(name)
    return None if value is None else convert(value)
