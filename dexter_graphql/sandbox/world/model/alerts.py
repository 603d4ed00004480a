"""Records of alerts: the rules of the legacy API, and the detectors and workflows that replace them."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, eq=False)
class IssueAlertRule:
    """An issue alert rule of the legacy API. The owner is `user:ID`, `team:ID` or None."""

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
    is_snoozed: bool = False


@dataclass(slots=True, eq=False)
class MetricAlertRule:
    """A metric alert rule of the legacy API. `time_window` is in minutes; `triggers` have their JSON shape."""

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
    status: int = 0
    """0, or 5 for a disabled rule."""
    is_snoozed: bool = False


@dataclass(slots=True, eq=False)
class Detector:
    """A detector. `data_sources` and `condition_group` have their JSON shape (camelCase).

    Types: error, issue_stream, metric_issue, uptime_domain_failure, monitor_check_in_failure.
    `created_by` is a user id; time windows in data sources are in seconds.
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
    """A workflow. `triggers` and `action_filters` have their JSON shape (camelCase)."""

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
