"""Knows the records around issues: alerts in both back ends, cron monitors, integrations, apps. No behaviour."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, eq=False)
class IssueAlertRule:
    """An issue alert of the retired back end. Owner is `user:ID`, `team:ID` or None."""

    id: str
    project_id: str
    name: str
    conditions: list[dict[str, object]]
    filters: list[dict[str, object]]
    actions: list[dict[str, object]]
    frequency: int
    date_created: datetime
    action_match: str = "any"
    filter_match: str = "all"
    environment: str | None = None
    owner: str | None = None
    created_by: str | None = None
    status: str = "active"
    last_triggered: datetime | None = None
    workflow_id: str | None = None


@dataclass(slots=True, eq=False)
class MetricAlertRule:
    """A metric alert of the retired back end; `time_window` is minutes, `triggers` are kept as answered."""

    id: str
    project_id: str
    name: str
    dataset: str
    query: str
    aggregate: str
    time_window: int
    threshold_type: int
    triggers: list[dict[str, object]]
    date_created: datetime
    date_modified: datetime
    query_type: int = 0
    event_types: list[str] = field(default_factory=lambda: ["error", "default"])
    resolve_threshold: float | None = None
    comparison_delta: int | None = None
    environment: str | None = None
    owner: str | None = None
    created_by: str | None = None
    detector_id: str | None = None


@dataclass(slots=True, eq=False)
class Detector:
    """A monitor of the new back end; `data_sources` and `condition_group` are kept as answered (camelCase).

    Types: error, issue_stream, metric_issue, uptime_domain_failure, monitor_check_in_failure.
    `created_by` is a user id; `time_window` inside a data source is seconds.
    """

    id: str
    project_id: str
    name: str
    type: str
    date_created: datetime
    date_updated: datetime
    data_sources: list[dict[str, object]] = field(default_factory=list)
    condition_group: dict[str, object] | None = None
    config: dict[str, object] = field(default_factory=dict)
    workflow_ids: list[str] = field(default_factory=list)
    owner: str | None = None
    created_by: str | None = None
    description: str | None = None
    enabled: bool = True
    latest_issue_id: str | None = None


@dataclass(slots=True, eq=False)
class Workflow:
    """An alert of the new back end; `triggers` and `action_filters` are kept as answered (camelCase)."""

    id: str
    name: str
    date_created: datetime
    date_updated: datetime
    triggers: dict[str, object] | None
    action_filters: list[dict[str, object]]
    detector_ids: list[str]
    config: dict[str, object]
    environment: str | None = None
    owner: str | None = None
    created_by: str | None = None
    enabled: bool = True
    last_triggered: datetime | None = None


@dataclass(slots=True, eq=False)
class CheckIn:
    """One check-in of a cron monitor; `duration` is milliseconds."""

    id: str
    environment: str
    status: str
    duration: int | None
    date_added: datetime
    expected_time: datetime


@dataclass(slots=True, eq=False)
class CronMonitor:
    """A cron monitor with its newest check-ins first; `config` is kept as answered (snake_case)."""

    id: str
    guid: str
    slug: str
    name: str
    project_id: str
    config: dict[str, object]
    date_created: datetime
    environments: dict[str, str] = field(default_factory=dict)
    check_ins: list[CheckIn] = field(default_factory=list)
    status: str = "active"
    is_muted: bool = False
    owner: str | None = None


@dataclass(slots=True, eq=False)
class Integration:
    """An installed integration: provider slack, github, jira, pagerduty."""

    id: str
    name: str
    provider_key: str
    provider_name: str
    domain_name: str
    external_id: str
    features: tuple[str, ...]
    status: str = "active"
    config_data: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class ExternalIssue:
    """A ticket tied to an issue; of an app when `installation_uuid`, of an integration when `integration_id`."""

    id: str
    issue_id: str
    service_type: str
    display_name: str
    web_url: str
    installation_uuid: str | None = None
    integration_id: str | None = None


@dataclass(slots=True, eq=False)
class SentryApp:
    """An internal integration; `client_secret` signs its webhooks."""

    id: int
    uuid: str
    slug: str
    name: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    events: tuple[str, ...]
    webhook_url: str | None
    date_created: datetime


@dataclass(slots=True, eq=False)
class Installation:
    """An app installed in the organization that holds this record."""

    uuid: str
    app: SentryApp
    status: str = "installed"
