"""Monitors, which Sentry's API calls detectors: an interface, and a type for each kind that is known."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import strawberry

from dexter_graphql.graph.alerts.enums import AlertPriority, MetricDetection, ThresholdComparison
from dexter_graphql.graph.alerts.reading import decoded, member_of, read
from dexter_graphql.graph.alerts.sources import CronSource, MetricQuery, UptimeSource, sourced
from dexter_graphql.graph.common.scalars import JSON, raw
from dexter_graphql.graph.common.web_urls import organization_page_url
from dexter_graphql.graph.declarations.fields import ID, LIST, LazyJSON, batch, computed, entity, plain, value_type
from dexter_graphql.graph.issues.parts import Assignee, IssueType
from dexter_graphql.graph.organizations.backlink import OrganizationType, organization_field
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.actors import ActorKey, actors_by_key
from dexter_graphql.loaders.alerts import AlertKeys, linked_alerts
from dexter_graphql.loaders.issues import IssueKey, issues_by_id
from dexter_graphql.loaders.legacy_rules import METRIC_PREFIX
from dexter_graphql.loaders.monitors import MonitorKey, monitors_by_id
from dexter_graphql.loaders.projects import ProjectName, projects_by_name

if TYPE_CHECKING:
    from dexter_graphql.graph.alerts.types import Alert
    from dexter_graphql.graph.projects.types import Project

AlertType = Annotated["Alert", strawberry.lazy("dexter_graphql.graph.alerts.types")]
ProjectType = Annotated["Project", strawberry.lazy("dexter_graphql.graph.projects.types")]
IDS = list[int | str]
SOURCES, CONFIG = {"dataSources": msgspec.Raw}, {"config": msgspec.Raw}


class Owner(msgspec.Struct, frozen=True, gc=False):
    """`owner` of a detector, which is an object, unlike a workflow's."""

    type: str | None = None
    id: int | str | None = None


class LatestGroup(msgspec.Struct, frozen=True, gc=False):
    """`latestGroup` of a detector."""

    id: int | str | None = None


class MetricConfig(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`config` of a metric's detector."""

    detection_type: str | None = None
    comparison_delta: int | None = None


class UptimeConfig(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`config` of an address's detector."""

    environment: str | None = None
    downtime_threshold: int | None = None
    recovery_threshold: int | None = None


class Conditions(msgspec.Struct, frozen=True, gc=False):
    """`conditionGroup` of a detector."""

    conditions: msgspec.Raw = msgspec.Raw(b"null")


class Anomaly(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`comparison` of a condition that looks for what is unusual."""

    sensitivity: str | None = None
    seasonality: str | None = None


def sentry_number(row: Any) -> str:
    """Sentry's own id, also of what was translated from a rule."""
    return str(row.id).rpartition("-")[2]


def sentry_id() -> Any:
    """The `sentryId` field of what may have been translated from a rule."""

    def function(row: Any) -> str:
        """Sentry's own numeric id: of the rule, on servers with old rules."""
        return sentry_number(row)

    function.__annotations__["return"] = strawberry.ID
    return computed({"id": ID})(function)


def _owner(row: Any) -> ActorKey | None:
    found = row.owner
    is_actor = found is not None and found.type in {"user", "team"} and found.id is not None
    return ActorKey(row.parents.organization, found.type, str(found.id)) if is_actor else None


def _latest(row: Any) -> IssueKey | None:
    found = row.latestGroup
    return IssueKey(row.parents.organization, str(found.id)) if found is not None and found.id is not None else None


@entity(key=MonitorKey, load=monitors_by_id, representations=(), always_reads={"projectId": ID}, is_interface=True)
class Monitor(Node):
    """Something that Sentry watches, and that makes issues when it goes wrong; its type says what it watches."""

    sentry_id: strawberry.ID = sentry_id()
    name: str = plain(description="Name for people.")
    description: str | None = plain(description="What to know about it.")
    enabled: bool | None = plain(description="False while it is switched off.")
    created_at: datetime | None = plain("dateCreated", description="When it was made.")
    updated_at: datetime | None = plain("dateUpdated", description="When it was last changed.")
    organization: OrganizationType = organization_field()
    owner: Assignee | None = batch(
        actors_by_key,
        key=_owner,
        reads={"owner": Owner | None},
        description="Who looks after it. One call for all of an organization.",
    )
    project: ProjectType | None = batch(
        projects_by_name,
        key=lambda row: ProjectName(row.parents.organization, str(row.projectId)) if row.projectId else None,
        reads={"projectId": ID},
        description="Project that it watches.",
    )
    latest_issue: IssueType | None = batch(
        issues_by_id,
        key=_latest,
        reads={"latestGroup": LatestGroup | None},
        description="Newest issue that it made; null before that, and on servers with old rules.",
    )
    alerts: list[AlertType | None] | None = batch(
        linked_alerts,
        key=lambda row: AlertKeys(row.parents.organization, tuple(map(str, row.workflowIds or ()))),
        reads={"workflowIds": IDS},
        description="Alerts that are tied to it. One call for all monitors of a list.",
    )

    @computed()
    def type(row: Any) -> str | None:
        """Sentry's own word for what it watches."""
        raise NotImplementedError(type(row))

    @computed({"id": ID})
    def web_url(row: Any) -> str | None:
        """Address of its page in Sentry; null when Sentry does not say where its pages are."""
        number, organization = str(row.id), row.parents.organization
        if number.startswith(METRIC_PREFIX):
            return organization_page_url(organization, "issues", "alerts", "rules", "details", sentry_number(row))
        return organization_page_url(organization, "monitors", number)


def _type_field(word: str) -> Any:
    """The `type` field of a monitor whose type is known."""

    def type_(_row: Any) -> str | None:
        """Sentry's own word for what it watches."""
        return word

    return computed(name="type")(type_)


known = entity(representations=(LIST,))
"""What all types of monitors have in common."""


@known
class ErrorMonitor(Monitor):
    """Watches the errors of a project; every project has one."""

    type: str | None = _type_field("error")


@known
class IssueStreamMonitor(Monitor):
    """Watches all issues of a project."""

    type: str | None = _type_field("issue_stream")


@value_type
class MonitorCondition:
    """A threshold of a monitor, and what it means to cross it."""

    condition_id: strawberry.ID | None = plain("id", description="Sentry's id of it; null on servers with old rules.")
    comparison: ThresholdComparison | None = plain("type", description="How the value relates to the threshold.")
    comparison_raw: str | None = plain("type", description="`comparison` in Sentry's own word.")
    comparison_data: JSON | None = plain("comparison", description="What is compared with, as Sentry sent it.")

    @computed(comparison=msgspec.Raw)
    def threshold(row: Any) -> float | None:
        """The threshold; null when it is not a number."""
        value = decoded(row.comparison, bool | float | str | dict[str, object])
        return value if isinstance(value, float) else None

    @computed(conditionResult=bool | int | str | None)
    def priority(row: Any) -> AlertPriority | None:
        """Priority of the issue that is made, or that the monitor is fine again."""
        return None if isinstance(row.conditionResult, bool) else member_of(AlertPriority, row.conditionResult)

    @computed(comparison=msgspec.Raw)
    def sensitivity(row: Any) -> str | None:
        """How unusual a value must be: `low`, `medium` or `high`; null for other comparisons."""
        return _anomaly(row).sensitivity

    @computed(comparison=msgspec.Raw)
    def seasonality(row: Any) -> str | None:
        """What repeats in the values, for example `auto`; null for other comparisons."""
        return _anomaly(row).seasonality


def _anomaly(row: Any) -> Anomaly:
    is_object = bytes(row.comparison).lstrip()[:1] == b"{"
    return (read(row.comparison, Anomaly) if is_object else None) or Anomaly()


def _metric(row: Any) -> MetricQuery:
    return sourced(row.dataSources, MetricQuery, ("aggregate", "timeWindow")) or MetricQuery()


def _metric_config(row: Any) -> MetricConfig:
    return read(row.config, MetricConfig) or MetricConfig()


@known
class MetricMonitor(Monitor):
    """Watches a metric and its thresholds. Metric rules of servers with old rules are translated into these."""

    type: str | None = _type_field("metric_issue")

    @computed(SOURCES)
    def aggregate(row: Any) -> str | None:
        """What is measured, for example `count()`."""
        return _metric(row).aggregate

    @computed(SOURCES)
    def query(row: Any) -> str | None:
        """Which events count, in Sentry's search syntax; empty for all."""
        return _metric(row).query

    @computed(SOURCES)
    def dataset(row: Any) -> str | None:
        """Where the events are from, in Sentry's own word, for example `events`."""
        return _metric(row).dataset

    @computed(SOURCES)
    def time_window_seconds(row: Any) -> int | None:
        """Length of the stretch of time that is measured, in seconds."""
        return _metric(row).time_window

    @computed(SOURCES)
    def environment(row: Any) -> str | None:
        """Name of the environment that it is narrowed to; null for all."""
        return _metric(row).environment

    @computed(SOURCES)
    def event_types(row: Any) -> list[str] | None:
        """Types of events that count, in Sentry's own words."""
        return _metric(row).event_types

    @computed(CONFIG)
    def detection(row: Any) -> MetricDetection | None:
        """How the metric is compared with its thresholds."""
        return member_of(MetricDetection, _metric_config(row).detection_type)

    @computed(CONFIG)
    def detection_raw(row: Any) -> str | None:
        """`detection` in Sentry's own word."""
        return _metric_config(row).detection_type

    @computed(CONFIG)
    def comparison_delta_seconds(row: Any) -> int | None:
        """How long ago the stretch is that is compared with, in seconds; null unless `detection` is PERCENT."""
        return _metric_config(row).comparison_delta

    @computed(conditionGroup=Conditions | None)
    def conditions(row: Any) -> list[MonitorCondition | None] | None:
        """Its thresholds; null when Sentry tells none."""
        found = row.conditionGroup
        return None if found is None else LazyJSON("MonitorCondition", found.conditions, is_list=True)


def _uptime(row: Any) -> UptimeSource:
    return sourced(row.dataSources, UptimeSource, ("url", "intervalSeconds")) or UptimeSource()


def _uptime_config(row: Any) -> UptimeConfig:
    return read(row.config, UptimeConfig) or UptimeConfig()


@known
class UptimeMonitor(Monitor):
    """Calls a web address again and again, and watches whether it answers."""

    type: str | None = _type_field("uptime_domain_failure")

    @computed(SOURCES)
    def url(row: Any) -> str | None:
        """The address."""
        return _uptime(row).url

    @computed(SOURCES)
    def method(row: Any) -> str | None:
        """HTTP method of the call."""
        return _uptime(row).method

    @computed(SOURCES)
    def interval_seconds(row: Any) -> int | None:
        """Seconds between two calls."""
        return _uptime(row).interval_seconds

    @computed(SOURCES)
    def timeout_seconds(row: Any) -> float | None:
        """Seconds after which a call counts as failed."""
        found = _uptime(row).timeout_ms
        return None if found is None else found / 1000

    @computed(CONFIG)
    def environment(row: Any) -> str | None:
        """Name of the environment that its issues are of."""
        return _uptime_config(row).environment

    @computed(CONFIG)
    def downtime_threshold(row: Any) -> int | None:
        """Failures in a row that make an issue."""
        return _uptime_config(row).downtime_threshold

    @computed(CONFIG)
    def recovery_threshold(row: Any) -> int | None:
        """Answers in a row that resolve it."""
        return _uptime_config(row).recovery_threshold


def _cron(row: Any) -> CronSource:
    return sourced(row.dataSources, CronSource, ("slug", "isMuted")) or CronSource()


@known
class CronMonitor(Monitor):
    """Watches whether a job checks in when it should."""

    type: str | None = _type_field("monitor_check_in_failure")

    @computed(SOURCES)
    def slug(row: Any) -> str | None:
        """Short name under which the job checks in."""
        return _cron(row).slug

    @computed(SOURCES)
    def status(row: Any) -> str | None:
        """`active` or `disabled`; null when Sentry does not tell."""
        return _cron(row).status

    @computed(SOURCES)
    def is_muted(row: Any) -> bool | None:
        """True when failures make no noise; null when Sentry does not tell."""
        return _cron(row).is_muted


@known
class UnknownMonitor(Monitor):
    """Watches something that is newer than this server, for example slow queries."""

    type: str | None = plain(description="Sentry's own word for what it watches.")

    @computed({**SOURCES, **CONFIG}, conditionGroup=msgspec.Raw)
    def data(row: Any) -> JSON:
        """Its settings as Sentry sent them: `config`, `dataSources` and `conditionGroup`."""
        return raw({"config": row.config, "dataSources": row.dataSources, "conditionGroup": row.conditionGroup})


MONITOR_TYPES: tuple[type, ...] = (
    ErrorMonitor,
    IssueStreamMonitor,
    MetricMonitor,
    UptimeMonitor,
    CronMonitor,
    UnknownMonitor,
)
"""Types that no field names, but that stand behind Monitor."""
