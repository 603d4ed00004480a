"""Inputs of the settings of metric and cron monitors, and the members that those of all are translated to."""

from collections.abc import Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.alerts.references import environment_name
from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.common.optional_members import is_given, null_mistake, optional
from dexter_graphql.graph.crons.inputs import CronScheduleInput, config_of
from dexter_graphql.graph.monitors.uptime_inputs import UptimeSettingsInput, uptime_of
from dexter_graphql.graph.relay.references import ONE_NAME, EnvironmentReference, member
from dexter_graphql.loaders.alert_rules.workflows import HIGH, MEDIUM, RESOLVED
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.monitor_writes import MonitorChanges, query_type
from dexter_graphql.sentry.parents import OrganizationRef

OPPOSITE: Mapping[object, str] = MappingProxyType({"gt": "lte", "lt": "gte"})
"""Comparison that a value on the other side of a threshold has."""


@strawberry.enum(description="Dataset that a metric monitor measures.")
class MetricDataset(Enum):
    """`dataset` on the wire."""

    EVENTS = wire_value("events", "Errors of the project.")
    SPANS = wire_value("events_analytics_platform", "Spans and logs.")
    TRANSACTIONS = wire_value("transactions", "Transactions of the project.")


@strawberry.enum(description="Side of a threshold on which a value is a problem.")
class ThresholdDirection(Enum):
    """`type` of a threshold on the wire."""

    ABOVE = wire_value("gt", "Values above the threshold.")
    BELOW = wire_value("lt", "Values below the threshold.")


@strawberry.enum(description="Direction of an anomaly.")
class AnomalyDirection(Enum):
    """`thresholdType` on the wire."""

    ABOVE = strawberry.enum_value(0, description="Values above the predicted range.")
    BELOW = strawberry.enum_value(1, description="Values below the predicted range.")
    BOTH = strawberry.enum_value(2, description="Values outside of the predicted range.")


@strawberry.enum(description="Sensitivity of the detection of anomalies.")
class AnomalySensitivity(Enum):
    """`sensitivity` on the wire."""

    LOW = wire_value("low", "Large anomalies only.")
    MEDIUM = wire_value("medium", "Medium and large anomalies.")
    HIGH = wire_value("high", "Small anomalies, too.")


@strawberry.input(description="What a metric monitor measures.")
class MetricMeasureInput:
    """Input."""

    aggregate: str = strawberry.field(description="Aggregate, for example `count()` or `p95(span.duration)`.")
    dataset: MetricDataset = strawberry.field(description="Dataset that is measured.")
    search: str = strawberry.field(default="", description="Filter on events in Sentry's search syntax.")
    environment: EnvironmentReference | None = strawberry.field(
        default=None, description="Environment that is measured. Default: all."
    )
    time_window_seconds: int = strawberry.field(description="Length of the measured interval in seconds.")
    event_types: list[str] | None = strawberry.field(
        default=None, description="Types of events, as named by Sentry, for example `error`. Default: Sentry's default."
    )


@strawberry.input(description="Changes of what a metric monitor measures. Members that are omitted are not changed.")
class MetricMeasureChangeInput:
    """Input."""

    aggregate: str | None = optional("Aggregate, for example `count()` or `p95(span.duration)`.")
    dataset: MetricDataset | None = optional("Dataset that is measured.")
    search: str | None = optional("Filter on events in Sentry's search syntax; empty for all events.")
    environment: EnvironmentReference | None = optional("Environment that is measured; null for all.")
    time_window_seconds: int | None = optional("Length of the measured interval in seconds.")
    event_types: list[str] | None = optional("Types of events, as named by Sentry, for example `error`.")


@strawberry.input(description="Thresholds of a metric monitor.")
class ThresholdsInput:
    """Input."""

    direction: ThresholdDirection = strawberry.field(description="Side of the thresholds on which there is a problem.")
    high: float = strawberry.field(description="Threshold of issues with high priority.")
    medium: float | None = strawberry.field(default=None, description="Threshold of issues with medium priority.")
    resolved: float | None = strawberry.field(
        default=None, description="Threshold that resolves the issue. Default: that of the lowest priority."
    )


@strawberry.input(description="Thresholds of the change of a metric, in percent.")
class ChangeThresholdsInput(ThresholdsInput):
    """Input."""

    compared_with_seconds: int = strawberry.field(
        description="Age of the interval to compare with, in seconds: 300, 900, 3600, 86400, 604800 or 2592000."
    )


@strawberry.input(description="Detection of anomalies.")
class AnomalyInput:
    """Input."""

    sensitivity: AnomalySensitivity = strawberry.field(description="Sensitivity of the detection.")
    direction: AnomalyDirection = strawberry.field(description="Direction of an anomaly.")


@strawberry.input(one_of=True, description=f"How the value of a metric monitor is evaluated. {ONE_NAME}")
class MetricDetectInput:
    """Input."""

    fixed: ThresholdsInput | None = member("Comparison with fixed thresholds.")
    change: ChangeThresholdsInput | None = member("Comparison with an earlier interval.")
    anomaly: AnomalyInput | None = member("Comparison with a range that Sentry predicts.")


@strawberry.input(description="Settings of a metric monitor.")
class MetricSettingsInput:
    """Input."""

    measure: MetricMeasureInput = strawberry.field(description="What is measured.")
    detect: MetricDetectInput = strawberry.field(description="How the value is evaluated.")


@strawberry.input(description="Settings of a cron monitor.")
class CronSettingsInput:
    """Input."""

    schedule: CronScheduleInput = strawberry.field(description="When the job is expected to run.")
    slug: str | None = strawberry.field(default=None, description="Slug for check-ins. Default: made of the name.")
    margin_seconds: int | None = optional("Seconds by which a check-in may be late.")
    max_runtime_seconds: int | None = optional("Seconds after which a running job counts as timed out.")
    timezone: str | None = optional("Time zone of the schedule, for example `Europe/Berlin`.")
    failure_threshold: int | None = optional("Number of failed check-ins in a row that create an issue.")
    recovery_threshold: int | None = optional("Number of successful check-ins in a row that resolve the issue.")


@strawberry.input(one_of=True, description=f"Kind of a monitor and its settings. {ONE_NAME}")
class MonitorSettingsInput:
    """Input."""

    metric: MetricSettingsInput | None = member("A metric with thresholds.")
    cron: CronSettingsInput | None = member("Check-ins of a scheduled job.")
    uptime: UptimeSettingsInput | None = member("Responses of a URL.")


async def settings_of(
    value: MonitorSettingsInput, name: str, organization: OrganizationRef, load_context: LoadContext
) -> MonitorChanges:
    """The members of a new monitor that its settings are translated to."""
    if value.metric:
        with within("metric"):
            source = await measure_of(value.metric.measure, organization, load_context, "measure")
            with within("detect"):
                config, conditions = detection_of(value.metric.detect)
        members = {"type": "metric_issue", "config": config}
        return MonitorChanges(members, {"eventTypes": ["error", "default"], **source}, conditions)
    if value.cron:
        with within("cron"):
            return _cron(value.cron, name)
    if value.uptime:
        with within("uptime"):
            return await uptime_of(value.uptime, organization, load_context)
    raise BadUserInput("The settings must be those of a metric, cron or uptime monitor")


async def measure_of(
    value: MetricMeasureInput | MetricMeasureChangeInput,
    organization: OrganizationRef,
    load_context: LoadContext,
    *field: str,
) -> dict[str, Any]:
    """The given members of a query; raises BadUserInput for null where there is none."""
    source: dict[str, Any] = {}
    for attribute, (name, wire) in QUERY_MEMBERS.items():
        given = getattr(value, attribute)
        if not is_given(given) or (given is None and attribute == "event_types"):
            continue
        if given is None:
            raise null_mistake(*field, name)
        source[wire] = given.value if isinstance(given, Enum) else given
    if is_given(value.environment):
        source["environment"] = await environment_name(
            value.environment, organization, load_context, *field, "environment"
        )
    return source if "dataset" not in source else {**source, "queryType": query_type(source["dataset"])}


def detection_of(value: MetricDetectInput) -> tuple[dict[str, Any], Sequence[dict[str, Any]]]:
    """The `config` and the conditions of a metric detector."""
    if value.anomaly:
        comparison = {
            "seasonality": "auto",
            "sensitivity": value.anomaly.sensitivity.value,
            "thresholdType": value.anomaly.direction.value,
        }
        condition = {"type": "anomaly_detection", "comparison": comparison, "conditionResult": HIGH}
        return {"detectionType": "dynamic", "comparisonDelta": None}, [condition]
    if value.change:
        delta = value.change.compared_with_seconds
        return {"detectionType": "percent", "comparisonDelta": delta}, _thresholds(value.change)
    if value.fixed:
        return {"detectionType": "static", "comparisonDelta": None}, _thresholds(value.fixed)
    raise BadUserInput("The detection must be fixed, a change or an anomaly")


def _thresholds(value: ThresholdsInput) -> list[dict[str, Any]]:
    crossed = value.direction.value
    lowest = value.high if value.medium is None else value.medium
    resolved = lowest if value.resolved is None else value.resolved
    conditions = [{"type": crossed, "comparison": value.high, "conditionResult": HIGH}]
    if value.medium is not None:
        conditions.append({"type": crossed, "comparison": value.medium, "conditionResult": MEDIUM})
    return [*conditions, {"type": OPPOSITE[crossed], "comparison": resolved, "conditionResult": RESOLVED}]


def _cron(value: Any, name: str) -> MonitorChanges:
    source = {"name": name, "config": config_of(value)} | ({"slug": value.slug} if value.slug else {})
    return MonitorChanges({"type": "monitor_check_in_failure", "config": {}}, source)


QUERY_MEMBERS = MappingProxyType(
    {
        "aggregate": ("aggregate", "aggregate"),
        "dataset": ("dataset", "dataset"),
        "search": ("search", "query"),
        "time_window_seconds": ("timeWindowSeconds", "timeWindow"),
        "event_types": ("eventTypes", "eventTypes"),
    }
)
"""Attribute of a measure → its name in the schema, and the member of Sentry's query."""
