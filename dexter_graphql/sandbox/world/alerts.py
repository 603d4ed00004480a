"""Generated alerts: each one as a legacy rule and as a detector with workflows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random

from dexter_graphql.sandbox.world.model import (
    Detector,
    Issue,
    IssueAlertRule,
    MetricAlertRule,
    Organization,
    Project,
    Workflow,
)

_FIRST_SEEN = "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"
_REGRESSION = "sentry.rules.conditions.regression_event.RegressionEventCondition"
_MAIL = "sentry.mail.actions.NotifyEmailAction"
_SLACK = "sentry.integrations.slack.notify_action.SlackNotifyServiceAction"
SEER_STEPS = ("rca_completed", "solution_completed", "coding_completed", "pr_created")
"""Steps that an alert on Seer may wait for."""
_LEVEL = "sentry.rules.filters.level.LevelFilter"


@dataclass(slots=True)
class _AlertGenerator:
    """Generator of one organization's alerts; ids count up from the first."""

    rng: Random
    organization: Organization
    ids: "count[int]"
    now: datetime

    def next_id(self) -> str:
        """The next id."""
        return str(next(self.ids))

    def add_project_alerts(self, project: Project, number: int) -> None:
        """Add two issue alerts, a metric alert and the default detectors of a project."""
        errors = self._add_detector(project, "error", "Error Monitor")
        stream = self._add_detector(project, "issue_stream", "Issue Stream")
        metric = self._add_metric_alert(project, number)
        for name, old, new in (
            ("Notify the owners of new issues", _FIRST_SEEN, "first_seen_event"),
            ("Tell the channel about regressions", _REGRESSION, "regression_event"),
        ):
            self._add_issue_alert(project, name, old, new, stream if new == "regression_event" else errors)
        self._add_metric_workflow(project, metric)
        if number % 3 == 0:
            self._add_uptime_detector(project)

    def _add_detector(self, project: Project, kind: str, name: str) -> Detector:
        created = project.date_created
        detector = Detector(self.next_id(), project.id, name, kind, created, created)
        detector.latest_issue_id = _newest_issue_id(self.organization, project, "error")
        self.organization.detectors.append(detector)
        return detector

    def _add_metric_alert(self, project: Project, number: int) -> Detector:
        detector = self._add_detector(project, "metric_issue", f"High error rate in {project.slug}")
        threshold = 100 + 10 * number
        detector.owner = f"team:{project.teams[0].id}"
        detector.created_by = _first_user_id(self.organization)
        detector.config = {"detectionType": "static", "comparisonDelta": None}
        detector.data_sources = [self._make_data_source()]
        detector.condition_group = self._make_group(
            "any",
            [
                {"type": "gt", "comparison": threshold, "conditionResult": 75},
                {"type": "gt", "comparison": threshold // 2, "conditionResult": 50},
                {"type": "lte", "comparison": threshold // 2, "conditionResult": 0},
            ],
        )
        detector.latest_issue_id = _newest_issue_id(self.organization, project, "metric")
        self.organization.metric_rules.append(_make_metric_rule(detector, threshold))
        return detector

    def _make_data_source(self) -> dict[str, object]:
        source_id = self.next_id()
        query = {
            "id": self.next_id(),
            "dataset": "events",
            "query": "level:error",
            "aggregate": "count()",
            "timeWindow": 3600,
            "environment": "production",
            "eventTypes": ["error", "default"],
            "extrapolationMode": "unknown",
        }
        return {
            "id": source_id,
            "organizationId": self.organization.id,
            "type": "snuba_query_subscription",
            "sourceId": self.next_id(),
            "queryObj": {"id": self.next_id(), "status": 0, "subscription": self.next_id(), "snubaQuery": query},
        }

    def _make_group(
        self, logic: str, conditions: list[dict[str, object]], actions: list[dict[str, object]] | None = None
    ) -> dict[str, object]:
        return {
            "id": self.next_id(),
            "organizationId": self.organization.id,
            "logicType": logic,
            "conditions": [{"id": self.next_id(), **condition} for condition in conditions],
            "actions": [{"id": self.next_id(), **action} for action in actions or []],
        }

    def _add_issue_alert(self, project: Project, name: str, old: str, new: str, detector: Detector) -> None:
        triggered = self.now - timedelta(hours=self.rng.randint(1, 200))
        is_email = new == "first_seen_event"
        level = {"type": "level", "comparison": {"level": 40, "match": "gte"}, "conditionResult": True}
        workflow = Workflow(
            self.next_id(),
            name,
            project.date_created,
            project.date_created,
            self._make_group("any-short", [{"type": new, "comparison": True, "conditionResult": True}]),
            [self._make_group("all", [level], [self._make_email_action() if is_email else self._make_slack_action()])],
            [detector.id],
            {"frequency": 30},
            created_by=_first_user_id(self.organization),
            last_triggered=triggered,
        )
        detector.workflow_ids.append(workflow.id)
        self.organization.workflows.append(workflow)
        rule = IssueAlertRule(
            self.next_id(),
            project.id,
            name,
            [{"id": old, "name": "A new issue is created" if is_email else "An issue comes back"}],
            [{"id": _LEVEL, "match": "gte", "level": "40"}],
            [_make_legacy_email_action() if is_email else self._make_legacy_slack_action()],
            30,
            project.date_created,
            created_by=_first_user_id(self.organization),
            last_triggered=triggered,
            workflow_id=workflow.id,
            is_snoozed=not is_email,
        )
        self.organization.issue_rules.append(rule)

    def _add_metric_workflow(self, project: Project, detector: Detector) -> None:
        condition = {"type": "issue_priority_greater_or_equal", "comparison": 75, "conditionResult": True}
        workflow = Workflow(
            self.next_id(),
            f"Page when errors pile up in {project.slug}",
            project.date_created,
            project.date_created,
            self._make_group("any", []),
            [self._make_group("any", [condition], [self._make_pagerduty_action()])],
            [detector.id],
            {"frequency": 60},
            environment="production",
            owner=detector.owner,
            created_by=detector.created_by,
        )
        detector.workflow_ids.append(workflow.id)
        self.organization.workflows.append(workflow)

    def _add_uptime_detector(self, project: Project) -> None:
        detector = self._add_detector(project, "uptime_domain_failure", f"Uptime of {project.slug}.example")
        detector.config = {"mode": 1, "environment": "production", "recoveryThreshold": 1, "downtimeThreshold": 3}
        subscription = {"url": f"https://{project.slug}.example/", "method": "GET", "intervalSeconds": 60}
        detector.data_sources = [
            {
                "id": self.next_id(),
                "organizationId": self.organization.id,
                "type": "uptime_subscription",
                "sourceId": self.next_id(),
                "queryObj": subscription | {"timeoutMs": 5000, "headers": [], "body": None, "traceSampling": False},
            }
        ]
        detector.latest_issue_id = _newest_issue_id(self.organization, project, "outage")

    def add_monitor_detectors(self) -> None:
        """Add a detector for each cron monitor."""
        for monitor in self.organization.monitors:
            project = self.organization.find_project(monitor.project_id)
            if project is not None:
                detector = self._add_detector(project, "monitor_check_in_failure", monitor.name)
                detector.data_sources = [
                    {
                        "id": self.next_id(),
                        "organizationId": self.organization.id,
                        "type": "cron_monitor",
                        "sourceId": monitor.id,
                        "queryObj": {"id": monitor.guid, "slug": monitor.slug, "name": monitor.name},
                    }
                ]
                detector.owner = monitor.owner
                detector.latest_issue_id = _newest_issue_id(self.organization, project, "outage")

    def _integration_id(self, provider: str) -> str | None:
        return next((i.id for i in self.organization.integrations if i.provider_key == provider), None)

    def _make_email_action(self) -> dict[str, object]:
        return {
            "type": "email",
            "integrationId": None,
            "data": {"fallthroughType": "ActiveMembers"},
            "config": {"targetType": "issue_owners", "targetDisplay": None, "targetIdentifier": None},
            "status": "active",
        }

    def _make_slack_action(self) -> dict[str, object]:
        return {
            "type": "slack",
            "integrationId": self._integration_id("slack"),
            "data": {"tags": "environment,level", "notes": ""},
            "config": {"targetType": "specific", "targetDisplay": "#alerts", "targetIdentifier": "C0ALERTS"},
            "status": "active",
        }

    def _make_pagerduty_action(self) -> dict[str, object]:
        return {
            "type": "pagerduty",
            "integrationId": self._integration_id("pagerduty"),
            "data": {"priority": "critical"},
            "config": {"targetType": "specific", "targetDisplay": "on-call", "targetIdentifier": "77"},
            "status": "active",
        }

    def _make_legacy_slack_action(self) -> dict[str, object]:
        return {
            "id": _SLACK,
            "workspace": self._integration_id("slack"),
            "channel": "#alerts",
            "channel_id": "C0ALERTS",
            "tags": "environment,level",
        }


def make_alerts(rng: Random, organization: Organization, first_id: int, now: datetime) -> None:
    """Add the alerts of all projects to the organization."""
    generator = _AlertGenerator(rng, organization, count(first_id), now)
    for number, project in enumerate(organization.projects):
        generator.add_project_alerts(project, number)
    generator.add_monitor_detectors()


def add_seer_alert(organization: Organization, project: Project, now: datetime, new_id: Callable[[], str]) -> None:
    """Add the alert of a project on all steps of Seer, which notifies the organization's app, unless it is there."""
    name = f"Follow Seer in {project.slug}"
    if any(workflow.name == name for workflow in organization.workflows):
        return
    action = {
        "id": new_id(),
        "type": "sentry_app",
        "integrationId": None,
        "data": {"settings": [{"name": "channel", "value": "#seer"}]},
        "config": {"targetType": "sentry_app", "targetDisplay": None, "targetIdentifier": organization.apps[0].uuid},
        "status": "active",
    }
    trigger = {"id": new_id(), "type": "seer_activity_trigger", "comparison": list(SEER_STEPS), "conditionResult": True}
    group = {"organizationId": organization.id, "conditions": [], "actions": []}
    workflow = Workflow(
        new_id(),
        name,
        now,
        now,
        group | {"id": new_id(), "logicType": "any-short", "conditions": [trigger]},
        [group | {"id": new_id(), "logicType": "all", "actions": [action]}],
        [],
        {"frequency": 0},
    )
    detector = next(d for d in organization.detectors if d.project_id == project.id and d.type == "issue_stream")
    workflow.detector_ids.append(detector.id)
    detector.workflow_ids.append(workflow.id)
    organization.workflows.append(workflow)


def remove_migrated_rules(organization: Organization) -> None:
    """Undo the migration of every other rule: it keeps its legacy form and loses its workflow or detector."""
    for issue_rule in organization.issue_rules[::2]:
        organization.workflows = [w for w in organization.workflows if w.id != issue_rule.workflow_id]
        issue_rule.workflow_id = None
    for metric_rule in organization.metric_rules[::2]:
        organization.detectors = [d for d in organization.detectors if d.id != metric_rule.detector_id]
        metric_rule.detector_id = None
    detector_ids = {detector.id for detector in organization.detectors}
    organization.workflows = [w for w in organization.workflows if detector_ids & set(w.detector_ids)]
    workflow_ids = {workflow.id for workflow in organization.workflows}
    for detector in organization.detectors:
        detector.workflow_ids = [key for key in detector.workflow_ids if key in workflow_ids]


def _make_legacy_email_action() -> dict[str, object]:
    return {"id": _MAIL, "targetType": "IssueOwners", "targetIdentifier": "", "fallthroughType": "ActiveMembers"}


def _make_metric_rule(detector: Detector, threshold: int) -> MetricAlertRule:
    triggers: list[dict[str, object]] = [
        {
            "id": f"{detector.id}{index}",
            "alertRuleId": f"{detector.id}9",
            "label": label,
            "thresholdType": 0,
            "alertThreshold": float(limit),
            "resolveThreshold": None,
            "dateCreated": detector.date_created,
            "actions": [],
        }
        for index, (label, limit) in enumerate((("critical", threshold), ("warning", threshold // 2)))
    ]
    return MetricAlertRule(
        f"{detector.id}9",
        detector.project_id,
        detector.name,
        "events",
        "level:error",
        "count()",
        60,
        0,
        triggers,
        detector.date_created,
        detector.date_updated,
        resolve_threshold=float(threshold // 2),
        environment="production",
        owner=detector.owner,
        created_by=detector.created_by,
        detector_id=detector.id,
    )


def _first_user_id(organization: Organization) -> str | None:
    return next((user.id for user in organization.users()), None)


def _newest_issue_id(organization: Organization, project: Project, category: str) -> str | None:
    candidates = (i for i in organization.issues.values() if i.project is project and i.category == category)
    newest: Issue | None = max(candidates, key=lambda issue: issue.last_seen, default=None)
    return newest.id if newest else None
