"""Arguments of usage statistics."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.time_ranges import TimeRangeInput, time_range_of
from dexter_graphql.graph.relay.list_options import project_parameters
from dexter_graphql.graph.relay.references import ProjectReference, bounded
from dexter_graphql.graph.stats.enums import EventStat, UsageCategory, UsageGrouping, UsageMeasure, UsageOutcome
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.search import UnresolvedQuery
from dexter_graphql.loaders.stats import EventSeriesOptions, UsageOptions
from dexter_graphql.loaders.time_ranges import DAY_S, HOUR_S, Interval, TimeRange, period_seconds

DEFAULT_RANGE = TimeRangeInput(last="24h")
MAX_COUNTS = 10_000
"""Intervals of a series of event counts, at most."""
COUNT_INTERVALS: Mapping[str, int] = MappingProxyType({"10s": 10, "1h": HOUR_S, "1d": DAY_S})
SUMMARY_CATEGORIES: Mapping[UsageCategory, str] = MappingProxyType(
    {
        UsageCategory.ERROR: "error",
        UsageCategory.TRANSACTION: "transaction",
        UsageCategory.ATTACHMENT: "attachment",
        UsageCategory.REPLAY: "replays",
        UsageCategory.PROFILE: "profiles",
    }
)
"""Categories of the summary, which names two of them differently."""

UsageRange = Annotated[
    TimeRangeInput | None, strawberry.argument(description="Time range of the figures. Default: the last 24 hours.")
]
Measure = Annotated[UsageMeasure, strawberry.argument(description="What is counted.")]
Reason = Annotated[
    str | None, strawberry.argument(description="Reason of the outcome, as named by Sentry. Default: all reasons.")
]


def usage_range(range: TimeRangeInput | None, interval_s: int = HOUR_S) -> TimeRange:
    """Time range of a usage or session query. Sentry's smallest interval for these is one hour."""
    return time_range_of(range or DEFAULT_RANGE, interval_s)


def usage_filter(
    categories: list[UsageCategory] | None,
    outcomes: list[UsageOutcome] | None,
    projects: list[ProjectReference] | None,
    reason: str | None,
) -> UnresolvedQuery:
    """Filter parameters of usage statistics; raises BadUserInput for values that Sentry refuses."""
    return (
        *_words("category", categories, "categories"),
        *_words("outcome", outcomes, "outcomes"),
        *_reason(reason),
        *project_parameters(projects),
    )


def usage_options(
    by: list[UsageGrouping],
    range: TimeRangeInput | None,
    interval: str,
    measure: UsageMeasure,
    narrowed: UnresolvedQuery,
) -> UsageOptions:
    """Loader options for usage statistics; raises BadUserInput for values that Sentry refuses."""
    if not by:
        raise BadUserInput("'groupBy' requires at least one value", ("groupBy",))
    groups = tuple(("groupBy", one.value) for one in dict.fromkeys(by))
    interval_s = _seconds(interval)
    query = (*groups, *narrowed, ("interval", interval))
    return UsageOptions(query, usage_range(range, interval_s), interval_s, measure.value)


def summary_options(range: TimeRangeInput | None, measure: UsageMeasure, narrowed: UnresolvedQuery) -> UsageOptions:
    """Loader options for the summary of usage."""
    return UsageOptions(narrowed, usage_range(range), HOUR_S, measure.value)


def summary_filter(
    category: UsageCategory | None,
    outcome: UsageOutcome | None,
    projects: list[ProjectReference] | None,
    reason: str | None,
) -> UnresolvedQuery:
    """Filter parameters of the summary; raises BadUserInput for values that Sentry refuses."""
    if category is not None and category not in SUMMARY_CATEGORIES:
        raise BadUserInput(
            f"'category' must be one of {', '.join(each.name for each in SUMMARY_CATEGORIES)}", ("category",)
        )
    return (
        *(() if category is None else (("category", SUMMARY_CATEGORIES[category]),)),
        *_words("outcome", None if outcome is None else [outcome], "outcome"),
        *_reason(reason),
        *project_parameters(projects),
    )


def event_series_options(stat: EventStat, range: TimeRangeInput | None, interval: str) -> EventSeriesOptions:
    """Loader options of event counts; raises BadUserInput for values that Sentry refuses, and for too many counts."""
    interval_s = COUNT_INTERVALS.get(interval)
    if interval_s is None:
        raise BadUserInput(f"'interval' must be one of {', '.join(COUNT_INTERVALS)}", ("interval",))
    time_range = time_range_of(range or DEFAULT_RANGE, interval_s)
    if _length_s(time_range) > MAX_COUNTS * interval_s:
        raise BadUserInput(f"'range' has more than {MAX_COUNTS:,} intervals of {interval}", ("range",))
    return EventSeriesOptions(stat.value, time_range, interval, interval_s)


def _length_s(time_range: TimeRange) -> float:
    if isinstance(time_range, Interval):
        return (time_range.end - time_range.start).total_seconds()
    return time_range.length_s


def _reason(reason: str | None) -> QueryParameters:
    return (("reason", reason),) if reason else ()


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
    seconds = period_seconds(interval) or 0
    if not HOUR_S <= seconds <= DAY_S or DAY_S % seconds or seconds % HOUR_S:
        raise BadUserInput("'interval' must be 1h, 2h, 3h, 4h, 6h, 8h, 12h or 1d", ("interval",))
    return seconds
