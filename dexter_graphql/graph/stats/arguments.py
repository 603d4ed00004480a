"""Arguments of usage statistics."""

from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.time_ranges import PERIOD, TimeRangeInput, seconds_of, time_range_of
from dexter_graphql.graph.relay.list_options import project_parameters
from dexter_graphql.graph.relay.references import ProjectReference, bounded
from dexter_graphql.graph.stats.enums import UsageCategory, UsageGrouping, UsageOutcome
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.search import UnresolvedQuery
from dexter_graphql.loaders.stats import UsageOptions
from dexter_graphql.loaders.time_ranges import DAY_S, HOUR_S, TimeRange

DEFAULT_RANGE = TimeRangeInput(last="24h")


UsageRange = Annotated[
    TimeRangeInput | None, strawberry.argument(description="Time range of the figures. Default: the last 24 hours.")
]


def usage_range(range: TimeRangeInput | None, interval_s: int = HOUR_S) -> TimeRange:
    """Time range of a usage or session query. Sentry's smallest interval for these is one hour."""
    return time_range_of(range or DEFAULT_RANGE, interval_s)


def usage_filter(
    categories: list[UsageCategory] | None,
    outcomes: list[UsageOutcome] | None,
    projects: list[ProjectReference] | None,
) -> UnresolvedQuery:
    """Filter parameters of usage statistics; raises BadUserInput for values that Sentry refuses."""
    return (
        *_words("category", categories, "categories"),
        *_words("outcome", outcomes, "outcomes"),
        *project_parameters(projects),
    )


def usage_options(
    by: list[UsageGrouping], range: TimeRangeInput | None, interval: str, narrowed: UnresolvedQuery
) -> UsageOptions:
    """Loader options for usage statistics; raises BadUserInput for values that Sentry refuses."""
    if not by:
        raise BadUserInput("'groupBy' requires at least one value", ("groupBy",))
    groups = tuple(("groupBy", one.value) for one in dict.fromkeys(by))
    interval_s = _seconds(interval)
    return UsageOptions((*groups, *narrowed, ("interval", interval)), usage_range(range, interval_s), interval_s)


def _words(name: str, values: list[Any] | None, argument: str) -> QueryParameters:
    words = [one.value for one in bounded(values, argument)]
    if "unknown" in words:
        raise BadUserInput(f"'{argument}' does not accept UNKNOWN", (argument,))
    if name == "category" and "attachment" in words and len(words) > 1:
        message = "'ATTACHMENT' is measured in bytes and cannot be combined with other categories"
        raise BadUserInput(message, (argument,))
    return repeated(name, words)


def _seconds(interval: str) -> int:
    """Seconds of an interval; raises BadUserInput unless it is whole hours that divide a day."""
    seconds = seconds_of(interval, "interval") if PERIOD.fullmatch(interval) else 0
    if not HOUR_S <= seconds <= DAY_S or DAY_S % seconds or seconds % HOUR_S:
        raise BadUserInput("'interval' must be 1h, 2h, 3h, 4h, 6h, 8h, 12h or 1d", ("interval",))
    return seconds
