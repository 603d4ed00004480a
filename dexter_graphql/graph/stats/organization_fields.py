"""Fields of organizations for usage."""

from typing import Annotated

import strawberry

from dexter_graphql.graph.declarations.fields import batch
from dexter_graphql.graph.relay.list_options import Projects
from dexter_graphql.graph.stats.arguments import (
    Measure,
    Reason,
    UsageRange,
    summary_filter,
    summary_options,
    usage_filter,
    usage_options,
)
from dexter_graphql.graph.stats.enums import UsageCategory, UsageGrouping, UsageMeasure, UsageOutcome
from dexter_graphql.graph.stats.summary import UsageSummary
from dexter_graphql.graph.stats.types import Usage
from dexter_graphql.loaders.stats import organization_usage, usage_summary


@strawberry.type
class UsageFields:
    """Fields of Organization."""

    @batch(organization_usage)
    def usage(  # the arguments of the field
        *,
        group_by: Annotated[
            list[UsageGrouping], strawberry.argument(description="Grouping of the usage, at least one value.")
        ],
        range: UsageRange = None,
        interval: Annotated[
            str,
            strawberry.argument(
                description="Length of an interval: `1h`, `2h`, `3h`, `4h`, `6h`, `8h`, `12h` or `1d`."
            ),
        ] = "1h",
        measure: Measure = UsageMeasure.QUANTITY,
        categories: Annotated[
            list[UsageCategory] | None, strawberry.argument(description="Categories of data. Default: all categories.")
        ] = None,
        outcomes: Annotated[
            list[UsageOutcome] | None, strawberry.argument(description="Outcomes of data. Default: all outcomes.")
        ] = None,
        reason: Reason = None,
        projects: Projects = None,
    ) -> Usage | None:
        """Usage of the organization's plan. One call."""
        return usage_options(group_by, range, interval, measure, usage_filter(categories, outcomes, projects, reason))

    @batch(usage_summary)
    def usage_summary(
        *,
        range: UsageRange = None,
        measure: Measure = UsageMeasure.QUANTITY,
        category: Annotated[
            UsageCategory | None,
            strawberry.argument(
                description="ERROR, TRANSACTION, ATTACHMENT, REPLAY or PROFILE. Default: all that are not in bytes."
            ),
        ] = None,
        outcome: Annotated[
            UsageOutcome | None, strawberry.argument(description="Outcome of data. Default: all outcomes.")
        ] = None,
        reason: Reason = None,
        projects: Projects = None,
    ) -> UsageSummary | None:
        """Usage of the organization's plan by project and category, without series. One call."""
        return summary_options(range, measure, summary_filter(category, outcome, projects, reason))
