"""Usage of an organization by project and category."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.common.time_ranges import UsedRange
from dexter_graphql.graph.declarations.fields import ID, LazyJSON, batch, computed, plain, value_type
from dexter_graphql.graph.lazy_types import ProjectType
from dexter_graphql.graph.stats.enums import UsageCategory, UsageOutcome
from dexter_graphql.graph.stats.types import category_of, outcome_of
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id
from dexter_graphql.loaders.stats import MEASURES, SummaryReport
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.lenient import complete_list, raise_invalid
from dexter_graphql.sentry.parents import Parents

COUNTS = dict[str, float | int | None] | None
SINGULAR = {"replays": "replay", "profiles": "profile"}
"""Categories that the summary names in the plural."""


def _count(totals: Mapping[str, Any] | None, *names: str) -> BigInt | None:
    """The first of these members that is there; raises InvalidValue when it is not a number."""
    value = raise_invalid(next((totals[name] for name in names if name in totals), None) if totals else None)
    return None if value is None else BigInt(int(value))


@value_type
class UsageOutcomeCount:
    """Usage with one outcome."""

    @computed()
    def outcome(pair: tuple[str, float]) -> UsageOutcome | None:
        """Outcome of the data."""
        return outcome_of(pair[0])

    @computed()
    def outcome_raw(pair: tuple[str, float]) -> str | None:
        """Value of `outcome`, as sent by Sentry."""
        return pair[0]

    @computed()
    def total(pair: tuple[str, float]) -> BigInt:
        """Total within the range."""
        return BigInt(int(pair[1]))


@value_type
class CategoryUsage:
    """Usage of one category of data."""

    @computed(category=str | None)
    def category(row: Any) -> UsageCategory | None:
        """Category of the data."""
        value = row.category
        return None if value is None else category_of(SINGULAR.get(value, value))

    category_raw: str | None = plain("category", description="Value of `category`, as sent by Sentry.")

    @computed(totals=COUNTS)
    def dropped(row: Any) -> BigInt | None:
        """Total that was rate limited or dropped as abuse."""
        return _count(row.totals, "dropped")

    @computed(totals=COUNTS)
    def total(row: Any) -> BigInt | None:
        """Total within the range: a number of items, or bytes or milliseconds for categories measured so."""
        return _count(row.totals, *MEASURES)

    @computed(outcomes=COUNTS)
    def outcomes(row: Any) -> list[UsageOutcomeCount]:
        """Totals by outcome."""
        counts: Mapping[str, Any] = row.outcomes or {}
        pairs = [(name, count) for name, count in counts.items() if isinstance(count, (int, float))]
        return complete_list(pairs, [count for count in counts.values() if isinstance(count, InvalidValue)])


@value_type
class ProjectUsageSummary:
    """Usage of a project."""

    categories: list[CategoryUsage] | None = plain("stats", description="Usage by category of data.")
    project: ProjectType | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.parents.organization, str(row.id)),
        reads={"id": ID},
        description="Project that received the data.",
    )


@value_type
class UsageSummary:
    """Usage of an organization by project."""

    @computed()
    def starts_at(report: SummaryReport) -> datetime | None:
        """Start of the range that Sentry evaluated."""
        return report.start

    @computed()
    def ends_at(report: SummaryReport) -> datetime | None:
        """End of the range that Sentry evaluated."""
        return report.end

    @computed()
    def range(report: SummaryReport) -> UsedRange:
        """Requested time range, in whole hours unless `exactly` or `between` was used."""
        return report.interval

    @computed()
    def projects(report: SummaryReport) -> list[ProjectUsageSummary] | None:
        """Projects that received data."""
        return LazyJSON("ProjectUsageSummary", report.projects, is_list=True, parents=Parents(report.organization))
