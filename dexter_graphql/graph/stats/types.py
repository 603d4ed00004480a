"""What an organization and its projects used of their plan."""

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
from dexter_graphql.loaders.lists import QueryParameters
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id
from dexter_graphql.loaders.stats import QUANTITY, Quantity, UsageOptions, UsageReport
from dexter_graphql.loaders.stats import UsageGroup as GroupSource
from dexter_graphql.loaders.time_ranges import DAY_S, HOUR_S, TimeRange

if TYPE_CHECKING:
    from dexter_graphql.graph.projects.types import Project

DEFAULT_RANGE = TimeRangeInput(last="24h")

UsageRange = Annotated[
    TimeRangeInput | None, strawberry.argument(description="Which stretch of time; the last 24 hours when left out.")
]
category_of, outcome_of = enum_member(UsageCategory), enum_member(UsageOutcome)


@value_type
class ProjectUsage:
    """How much of a category a project sent, by what became of it."""

    @computed()
    def category(row: Quantity) -> UsageCategory:
        """What is counted."""
        return category_of(row.category)

    @computed()
    def category_raw(row: Quantity) -> str:
        """`category` in Sentry's own word."""
        return row.category

    @computed()
    def outcome(row: Quantity) -> UsageOutcome:
        """What became of it."""
        return outcome_of(row.outcome)

    @computed()
    def outcome_raw(row: Quantity) -> str:
        """`outcome` in Sentry's own word."""
        return row.outcome

    @computed()
    def quantity(row: Quantity) -> BigInt:
        """How much."""
        return BigInt(row.quantity)


@value_type
class UsageGroup:
    """How much of the plan one group used."""

    @computed()
    def category(row: GroupSource) -> UsageCategory | None:
        """What is counted; null when not grouped by category."""
        return _word(row, "category", category_of)

    @computed()
    def category_raw(row: GroupSource) -> str | None:
        """`category` in Sentry's own word."""
        return _word(row, "category", str)

    @computed()
    def outcome(row: GroupSource) -> UsageOutcome | None:
        """What became of it; null when not grouped by outcome."""
        return _word(row, "outcome", outcome_of)

    @computed()
    def outcome_raw(row: GroupSource) -> str | None:
        """`outcome` in Sentry's own word."""
        return _word(row, "outcome", str)

    @computed()
    def reason(row: GroupSource) -> str | None:
        """Why that became of it, in Sentry's words; null when not grouped by reason."""
        return _word(row, "reason", str)

    @computed()
    def total(row: GroupSource) -> BigInt:
        """Quantity over the whole range."""
        return BigInt(row.total)

    @computed()
    def series(row: GroupSource) -> TimeSeries | None:
        """Quantity interval by interval; null when grouped by project."""
        if row.values is None or row.start is None:
            return None
        return Series(QUANTITY, None, row.start, row.interval_s, row.values)

    project: Annotated["Project", strawberry.lazy("dexter_graphql.graph.projects.types")] | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.organization, str(row.by["project"])) if row.by.get("project") else None,
        reads={},
        description="Where it was sent to; null when not grouped by project.",
    )


@value_type
class Usage:
    """What an organization used of its plan."""

    @computed()
    def start(report: UsageReport) -> datetime | None:
        """Beginning of the range that Sentry used."""
        return report.start

    @computed()
    def end(report: UsageReport) -> datetime | None:
        """End of the range that Sentry used."""
        return report.end

    @computed()
    def range(report: UsageReport) -> UsedRange:
        """The stretch that was asked for, in whole intervals unless it was given to the second."""
        return report.interval

    @computed()
    def groups(report: UsageReport) -> list[UsageGroup]:
        """One for each combination of values that occurred."""
        return report.groups


def usage_range(range: TimeRangeInput | None, interval_s: int = HOUR_S) -> TimeRange:
    """The stretch of a question about usage or sessions, which Sentry counts by the hour at the finest."""
    return time_range_of(range or DEFAULT_RANGE, interval_s)


def usage_filter(
    categories: list[UsageCategory] | None, outcomes: list[UsageOutcome] | None, projects: list[str] | None
) -> QueryParameters:
    """The parameters that narrow usage; raises BadUserInput for what Sentry would refuse."""
    return (
        *_words("category", categories, "categories"),
        *_words("outcome", outcomes, "outcomes"),
        *repeated_parameter("project", projects, "projects"),
    )


def usage_options(
    by: list[UsageGrouping], range: TimeRangeInput | None, interval: str, narrowed: QueryParameters
) -> UsageOptions:
    """What is asked of the usage; raises BadUserInput for what Sentry would refuse."""
    if not by:
        raise BadUserInput("'groupBy' needs at least one value")
    groups = tuple(("groupBy", one.value) for one in dict.fromkeys(by))
    interval_s = _seconds(interval)
    return UsageOptions((*groups, *narrowed, ("interval", interval)), usage_range(range, interval_s), interval_s)


def _words(name: str, values: list[Any] | None, argument: str) -> QueryParameters:
    words = [one.value for one in values or ()]
    if "unknown" in words:
        raise BadUserInput(f"'{argument}' cannot ask for UNKNOWN")
    if name == "category" and "attachment" in words and len(words) > 1:
        raise BadUserInput("ATTACHMENT is measured in bytes and cannot be combined with other categories")
    return repeated_parameter(name, words, argument)


def _seconds(interval: str) -> int:
    """Length of an interval: whole hours that divide a day."""
    seconds = seconds_of(interval, "interval") if PERIOD.fullmatch(interval) else 0
    if not HOUR_S <= seconds <= DAY_S or DAY_S % seconds or seconds % HOUR_S:
        raise BadUserInput("'interval' must be whole hours that divide a day: 1h, 2h, 3h, 4h, 6h, 8h, 12h or 1d")
    return seconds


def _word(row: GroupSource, name: str, convert: Any) -> Any:
    found = row.by.get(name)
    return None if found is None else convert(found)
