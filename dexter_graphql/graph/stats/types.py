"""Usage statistics of organizations and projects."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.common.series import Series, TimeSeries
from dexter_graphql.graph.common.time_ranges import PERIOD, TimeRangeInput, UsedRange, seconds_of, time_range_of
from dexter_graphql.graph.declarations.fields import batch, computed, value_type
from dexter_graphql.graph.declarations.wire_types import enum_member
from dexter_graphql.graph.relay.list_options import repeated_parameter
from dexter_graphql.graph.stats.enums import UsageCategory, UsageGrouping, UsageOutcome
from dexter_graphql.loaders.parameters import QueryParameters
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id
from dexter_graphql.loaders.stats import QUANTITY, Quantity, UsageOptions, UsageReport
from dexter_graphql.loaders.stats import GroupUsage as GroupSource
from dexter_graphql.loaders.time_ranges import DAY_S, HOUR_S, TimeRange

if TYPE_CHECKING:
    from dexter_graphql.graph.projects.types import Project

DEFAULT_RANGE = TimeRangeInput(last="24h")

UsageRange = Annotated[
    TimeRangeInput | None, strawberry.argument(description="Time range of the figures. Default: the last 24 hours.")
]
category_of, outcome_of = enum_member(UsageCategory), enum_member(UsageOutcome)


@value_type
class ProjectUsage:
    """Quantity of one category and outcome in a project."""

    @computed()
    def category(row: Quantity) -> UsageCategory:
        """Category of the data."""
        return category_of(row.category)

    @computed()
    def category_raw(row: Quantity) -> str:
        """Value of `category`, as sent by Sentry."""
        return row.category

    @computed()
    def outcome(row: Quantity) -> UsageOutcome:
        """Outcome of the data."""
        return outcome_of(row.outcome)

    @computed()
    def outcome_raw(row: Quantity) -> str:
        """Value of `outcome`, as sent by Sentry."""
        return row.outcome

    @computed()
    def quantity(row: Quantity) -> BigInt:
        """Number of items; bytes or milliseconds for categories that are measured that way."""
        return BigInt(row.quantity)


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
        """Total quantity within the range."""
        return BigInt(row.total)

    @computed()
    def series(row: GroupSource) -> TimeSeries | None:
        """Quantity per interval; null when grouped by project."""
        if row.values is None or row.start is None:
            return None
        return Series(QUANTITY, None, row.start, row.interval_s, row.values)

    project: Annotated["Project", strawberry.lazy("dexter_graphql.graph.projects.types")] | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.organization, str(row.by["project"])) if row.by.get("project") else None,
        reads={},
        description="Project that received the data; null when not grouped by project.",
    )


@value_type
class Usage:
    """Usage of an organization's plan."""

    @computed()
    def start(report: UsageReport) -> datetime | None:
        """Start of the range that Sentry evaluated."""
        return report.start

    @computed()
    def end(report: UsageReport) -> datetime | None:
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


def usage_range(range: TimeRangeInput | None, interval_s: int = HOUR_S) -> TimeRange:
    """Time range of a usage or session query. Sentry's smallest interval for these is one hour."""
    return time_range_of(range or DEFAULT_RANGE, interval_s)


def usage_filter(
    categories: list[UsageCategory] | None, outcomes: list[UsageOutcome] | None, projects: list[str] | None
) -> QueryParameters:
    """Filter parameters of usage statistics; raises BadUserInput for values that Sentry refuses."""
    return (
        *_words("category", categories, "categories"),
        *_words("outcome", outcomes, "outcomes"),
        *repeated_parameter("project", projects, "projects"),
    )


def usage_options(
    by: list[UsageGrouping], range: TimeRangeInput | None, interval: str, narrowed: QueryParameters
) -> UsageOptions:
    """Loader options for usage statistics; raises BadUserInput for values that Sentry refuses."""
    if not by:
        raise BadUserInput("'groupBy' requires at least one value")
    groups = tuple(("groupBy", one.value) for one in dict.fromkeys(by))
    interval_s = _seconds(interval)
    return UsageOptions((*groups, *narrowed, ("interval", interval)), usage_range(range, interval_s), interval_s)


def _words(name: str, values: list[Any] | None, argument: str) -> QueryParameters:
    words = [one.value for one in values or ()]
    if "unknown" in words:
        raise BadUserInput(f"'{argument}' does not accept UNKNOWN")
    if name == "category" and "attachment" in words and len(words) > 1:
        raise BadUserInput("'ATTACHMENT' is measured in bytes and cannot be combined with other categories")
    return repeated_parameter(name, words, argument)


def _seconds(interval: str) -> int:
    """Seconds of an interval; raises BadUserInput unless it is whole hours that divide a day."""
    seconds = seconds_of(interval, "interval") if PERIOD.fullmatch(interval) else 0
    if not HOUR_S <= seconds <= DAY_S or DAY_S % seconds or seconds % HOUR_S:
        raise BadUserInput("'interval' must be 1h, 2h, 3h, 4h, 6h, 8h, 12h or 1d")
    return seconds


def _word(row: GroupSource, name: str, convert: Any) -> Any:
    found = row.by.get(name)
    return None if found is None else convert(found)
