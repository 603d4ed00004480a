"""Monitors of metrics, and their thresholds."""

from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.alerts.enums import AlertPriority
from dexter_graphql.graph.alerts.json_values import decoded, in_order, is_object, member_of, read
from dexter_graphql.graph.common.scalars import JSON
from dexter_graphql.graph.declarations.fields import LazyJSON, computed, plain, value_type
from dexter_graphql.graph.monitors.data_sources import MetricQuery, sourced
from dexter_graphql.graph.monitors.enums import MetricDetection, ThresholdComparison
from dexter_graphql.graph.monitors.types import CONFIG, SOURCES, Monitor, known, type_field


class MetricConfig(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`config` of a metric detector."""

    detection_type: str | None = None
    comparison_delta: int | None = None


class Conditions(msgspec.Struct, frozen=True, gc=False):
    """`conditionGroup` of a detector."""

    conditions: msgspec.Raw = msgspec.Raw(b"null")


class Anomaly(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`comparison` of an anomaly condition."""

    sensitivity: str | None = None
    seasonality: str | None = None


@value_type
class MonitorCondition:
    """Threshold of a metric monitor and the priority that results when it is crossed."""

    condition_id: strawberry.ID | None = plain(
        "id", description="ID of the condition in Sentry; null on servers that have only alert rules."
    )
    comparison: ThresholdComparison | None = plain("type", description="How the value is compared with the threshold.")
    comparison_raw: str | None = plain("type", description="Value of `comparison`, as sent by Sentry.")
    comparison_data: JSON | None = plain("comparison", description="Comparison data, as sent by Sentry.")

    @computed(comparison=msgspec.Raw)
    def threshold(row: Any) -> float | None:
        """Threshold value; null when it is not a number."""
        value = decoded(row.comparison, bool | float | str | dict[str, object], "comparison")
        return value if isinstance(value, float) else None

    @computed(conditionResult=bool | int | str | None)
    def priority(row: Any) -> AlertPriority | None:
        """Priority of the resulting issue; RESOLVED when the condition marks a recovery."""
        return None if isinstance(row.conditionResult, bool) else member_of(AlertPriority, row.conditionResult)

    @computed(conditionResult=bool | int | str | None)
    def priority_raw(row: Any) -> str | None:
        """Value of `priority`, as sent by Sentry."""
        value = row.conditionResult
        return None if value is None or isinstance(value, bool) else str(value)

    @computed(comparison=msgspec.Raw)
    def sensitivity(row: Any) -> str | None:
        """Sensitivity of anomaly detection: `low`, `medium` or `high`; null for other comparisons."""
        return _anomaly(row).sensitivity

    @computed(comparison=msgspec.Raw)
    def seasonality(row: Any) -> str | None:
        """Seasonality of anomaly detection, for example `auto`; null for other comparisons."""
        return _anomaly(row).seasonality


def _anomaly(row: Any) -> Anomaly:
    return (read(row.comparison, Anomaly, "comparison") if is_object(row.comparison) else None) or Anomaly()


def _metric(row: Any) -> MetricQuery:
    return sourced(row.dataSources, MetricQuery, ("aggregate", "timeWindow")) or MetricQuery()


def _metric_config(row: Any) -> MetricConfig:
    return read(row.config, MetricConfig, "config") or MetricConfig()


@strawberry.type
class MetricFields:
    """Fields of what is made of a metric detector."""

    @computed(SOURCES)
    def aggregate(row: Any) -> str | None:
        """Aggregate that is measured, for example `count()`."""
        return _metric(row).aggregate

    @computed(SOURCES)
    def search(row: Any) -> str | None:
        """Filter on events in Sentry's search syntax; empty for all events."""
        return _metric(row).query

    @computed(SOURCES)
    def dataset(row: Any) -> str | None:
        """Dataset that is queried, as named by Sentry, for example `events`."""
        return _metric(row).dataset

    @computed(SOURCES)
    def time_window_seconds(row: Any) -> int | None:
        """Length of the measured interval in seconds."""
        return _metric(row).time_window

    @computed(SOURCES)
    def environment(row: Any) -> str | None:
        """Name of the environment that is measured; null for all environments."""
        return _metric(row).environment

    @computed(SOURCES)
    def event_types(row: Any) -> list[str] | None:
        """Types of events that are counted, as named by Sentry."""
        return _metric(row).event_types

    @computed(CONFIG)
    def detection(row: Any) -> MetricDetection | None:
        """How the value is evaluated."""
        return member_of(MetricDetection, _metric_config(row).detection_type)

    @computed(CONFIG)
    def detection_raw(row: Any) -> str | None:
        """Value of `detection`, as sent by Sentry."""
        return _metric_config(row).detection_type

    @computed(CONFIG)
    def comparison_delta_seconds(row: Any) -> int | None:
        """Age of the interval to compare with, in seconds; null unless `detection` is PERCENT."""
        return _metric_config(row).comparison_delta

    @computed(conditionGroup=Conditions | None)
    def conditions(row: Any) -> list[MonitorCondition] | None:
        """Thresholds of the monitor; null when Sentry sends none."""
        group = row.conditionGroup
        return None if group is None else LazyJSON("MonitorCondition", in_order(group.conditions), is_list=True)


@known
class MetricMonitor(MetricFields, Monitor):
    """Compares a metric with thresholds. Metric rules of servers that have only alert rules are shown as these."""

    type: str | None = type_field("metric_issue")
