"""Monitors (detectors in Sentry's API): the `Monitor` interface and its types."""

from datetime import datetime
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.alerts.enums import AlertPriority
from dexter_graphql.graph.alerts.json_values import decoded, in_order, is_object, member_of, read
from dexter_graphql.graph.common.scalars import JSON, raw
from dexter_graphql.graph.common.statuses import ObjectStatus, object_status
from dexter_graphql.graph.common.web_urls import organization_page_url
from dexter_graphql.graph.crons.types import CheckIn, CronJob
from dexter_graphql.graph.declarations.fields import ID, LIST, LazyJSON, batch, computed, entity, plain, value_type
from dexter_graphql.graph.lazy_types import AlertType, IssueType, OrganizationType, ProjectType
from dexter_graphql.graph.members.actors import Assignee
from dexter_graphql.graph.monitors.data_sources import CronSource, MetricQuery, UptimeSource, sourced
from dexter_graphql.graph.monitors.enums import MetricDetection, ThresholdComparison
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.actors import ActorKey, actor_key, actors_by_key
from dexter_graphql.loaders.alert_rules.workflows import METRIC_PREFIX
from dexter_graphql.loaders.alerts import AlertKeys, linked_alerts
from dexter_graphql.loaders.crons import CronKey, check_in_pages, cron_jobs
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.job_detectors import CRON_PREFIX
from dexter_graphql.loaders.monitors import MonitorKey, monitors_by_id
from dexter_graphql.loaders.projects import ProjectName, projects_by_name

SOURCES, CONFIG = {"dataSources": msgspec.Raw}, {"config": msgspec.Raw}


class Owner(msgspec.Struct, frozen=True, gc=False):
    """`owner` of a detector. A workflow's owner is a string instead."""

    type: str | None = None
    id: int | str | None = None


class LatestGroup(msgspec.Struct, frozen=True, gc=False):
    """`latestGroup` of a detector."""

    id: int | str | None = None


class MetricConfig(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`config` of a metric detector."""

    detection_type: str | None = None
    comparison_delta: int | None = None


class UptimeConfig(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`config` of an uptime detector."""

    environment: str | None = None
    downtime_threshold: int | None = None
    recovery_threshold: int | None = None


class Conditions(msgspec.Struct, frozen=True, gc=False):
    """`conditionGroup` of a detector."""

    conditions: msgspec.Raw = msgspec.Raw(b"null")


class Anomaly(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`comparison` of an anomaly condition."""

    sensitivity: str | None = None
    seasonality: str | None = None


def sentry_number(row: Any) -> str:
    """Numeric ID in Sentry, also for objects translated from a rule."""
    number = str(row.id)
    return number.removeprefix(CRON_PREFIX) if number.startswith(CRON_PREFIX) else number.rpartition("-")[2]


def sentry_id() -> Any:
    """`sentryId` field of a type whose objects may be translated from a rule."""

    def function(row: Any) -> str:
        """Numeric ID in Sentry's API; the ID of the rule or of the job on servers without monitors."""
        return sentry_number(row)

    function.__annotations__["return"] = strawberry.ID
    return computed({"id": ID})(function)


def _owner(row: Any) -> ActorKey | None:
    owner = row.owner
    return None if owner is None else actor_key(row.parents.organization, owner.type, owner.id)


def _latest(row: Any) -> IssueKey | None:
    group = row.latestGroup
    return IssueKey(row.parents.organization, str(group.id)) if group is not None and group.id is not None else None


@entity(key=MonitorKey, load=monitors_by_id, representations=(), always_reads={"projectId": ID}, is_interface=True)
class Monitor(Node):
    """Condition that Sentry monitors. It creates issues on failure. The concrete type depends on the kind."""

    sentry_id: strawberry.ID = sentry_id()
    name: str | None = plain(description="Display name of the monitor.")
    description: str | None = plain(description="Description of the monitor; null when it has none.")
    is_enabled: bool | None = plain("enabled", description="False while the monitor is disabled.")
    created_at: datetime | None = plain("dateCreated", description="Time when the monitor was created.")
    updated_at: datetime | None = plain("dateUpdated", description="Time of the last change of the monitor.")
    organization: OrganizationType = organization_field()
    owner: Assignee | None = batch(
        actors_by_key,
        key=_owner,
        reads={"owner": Owner | None},
        description="User or team that owns the monitor; null when it has no owner. One call per organization.",
    )
    project: ProjectType | None = batch(
        projects_by_name,
        key=lambda row: ProjectName(row.parents.organization, str(row.projectId)) if row.projectId else None,
        reads={"projectId": ID},
        description="Project that the monitor belongs to.",
    )
    latest_issue: IssueType | None = batch(
        issues_by_id,
        key=_latest,
        reads={"latestGroup": LatestGroup | None},
        description="Newest issue of the monitor; null when there is none, and on servers that have only alert rules.",
    )

    @batch(
        linked_alerts,
        key=lambda row: AlertKeys(row.parents.organization, tuple(map(str, row.workflowIds or ()))),
        reads={"workflowIds": list[int | str]},
    )
    @paged
    def alerts(*, page: PageArguments) -> Connection[AlertType] | None:
        """Alerts connected to the monitor. One call for all monitors of a list."""
        return list_options(page)

    @computed()
    def type(row: Any) -> str | None:
        """Kind of the monitor, as sent by Sentry."""
        raise NotImplementedError(type(row))

    @computed({"id": ID})
    def web_url(row: Any) -> str | None:
        """URL of the monitor in Sentry; null when the web address of the organization is unknown."""
        number, organization = str(row.id), row.parents.organization
        if number.startswith(METRIC_PREFIX):
            return organization_page_url(organization, "issues", "alerts", "rules", "details", sentry_number(row))
        if number.startswith(CRON_PREFIX):
            return organization_page_url(organization, "crons")
        return organization_page_url(organization, "monitors", number)


def _type_field(word: str) -> Any:
    """`type` field of a monitor of a known kind."""

    def type_(_row: Any) -> str | None:
        """Kind of the monitor, as sent by Sentry."""
        return word

    return computed(name="type")(type_)


known = entity(representations=(LIST,))
"""Declaration shared by all monitor types."""


@known
class ErrorMonitor(Monitor):
    """Creates issues from the errors of a project. Every project has one."""

    type: str | None = _type_field("error")


@known
class IssueStreamMonitor(Monitor):
    """Covers all issues of a project."""

    type: str | None = _type_field("issue_stream")


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


@known
class MetricMonitor(Monitor):
    """Compares a metric with thresholds. Metric rules of servers that have only alert rules are shown as these."""

    type: str | None = _type_field("metric_issue")

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


def _uptime(row: Any) -> UptimeSource:
    return sourced(row.dataSources, UptimeSource, ("url", "intervalSeconds")) or UptimeSource()


def _uptime_config(row: Any) -> UptimeConfig:
    return read(row.config, UptimeConfig, "config") or UptimeConfig()


@known
class UptimeMonitor(Monitor):
    """Checks at regular intervals whether a URL responds."""

    type: str | None = _type_field("uptime_domain_failure")

    @computed(SOURCES)
    def url(row: Any) -> str | None:
        """URL that is checked."""
        return _uptime(row).url

    @computed(SOURCES)
    def method(row: Any) -> str | None:
        """HTTP method of the check."""
        return _uptime(row).method

    @computed(SOURCES)
    def interval_seconds(row: Any) -> int | None:
        """Seconds between two checks."""
        return _uptime(row).interval_seconds

    @computed(SOURCES)
    def timeout_seconds(row: Any) -> float | None:
        """Seconds after which a check fails."""
        milliseconds = _uptime(row).timeout_ms
        return None if milliseconds is None else milliseconds / 1000

    @computed(CONFIG)
    def environment(row: Any) -> str | None:
        """Environment of the issues that the monitor creates."""
        return _uptime_config(row).environment

    @computed(CONFIG)
    def downtime_threshold(row: Any) -> int | None:
        """Number of consecutive failures that create an issue."""
        return _uptime_config(row).downtime_threshold

    @computed(CONFIG)
    def recovery_threshold(row: Any) -> int | None:
        """Number of consecutive successes that resolve the issue."""
        return _uptime_config(row).recovery_threshold


def _cron(row: Any) -> CronSource:
    return sourced(row.dataSources, CronSource, ("slug", "isMuted")) or CronSource()


def cron_key(row: Any) -> CronKey | None:
    """The job of a cron monitor; None when its data sources do not name one."""
    slug = _cron(row).slug
    return None if slug is None else CronKey(row.parents.organization, slug, row.parents.project)


@known
class CronMonitor(Monitor):
    """Checks that a scheduled job reports its check-ins on time."""

    type: str | None = _type_field("monitor_check_in_failure")

    @computed(SOURCES)
    def check_in_slug(row: Any) -> str | None:
        """Slug that the job uses for its check-ins."""
        return _cron(row).slug

    @computed(SOURCES)
    def status(row: Any) -> ObjectStatus | None:
        """Status of the monitor; null when Sentry does not send it."""
        value = _cron(row).status
        return None if value is None else object_status(value)

    @computed(SOURCES)
    def status_raw(row: Any) -> str | None:
        """Value of `status`, as sent by Sentry."""
        return _cron(row).status

    @computed(SOURCES)
    def is_muted(row: Any) -> bool | None:
        """True when notifications are muted; null when Sentry does not send it."""
        return _cron(row).is_muted

    job: CronJob | None = batch(
        cron_jobs,
        key=cron_key,
        reads=SOURCES,
        description="Job whose check-ins are watched. Null when Sentry does not name it. One call per monitor, or per"
        " organization for several.",
    )

    @batch(check_in_pages, key=cron_key, reads=SOURCES)
    @paged
    def check_ins(*, page: PageArguments) -> Connection[CheckIn] | None:
        """Check-ins of the job, newest first."""
        return list_options(page)


@known
class UnknownMonitor(Monitor):
    """Monitor of a kind that this server does not know."""

    type: str | None = plain(description="Kind of the monitor, as sent by Sentry.")

    @computed({**SOURCES, **CONFIG}, conditionGroup=msgspec.Raw)
    def data(row: Any) -> JSON | None:
        """Settings as sent by Sentry: `config`, `dataSources` and `conditionGroup`."""
        return raw({"config": row.config, "dataSources": row.dataSources, "conditionGroup": row.conditionGroup})


MONITOR_TYPES: tuple[type, ...] = (
    ErrorMonitor,
    IssueStreamMonitor,
    MetricMonitor,
    UptimeMonitor,
    CronMonitor,
    UnknownMonitor,
)
"""Implementations of `Monitor`, which no field refers to."""
