"""Makes up alerts twice: as retired rules and as detectors with workflows that say the same thing."""

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
_LEVEL = "sentry.rules.filters.level.LevelFilter"


@dataclass(slots=True)
class _Maker:
    """Makes the alerts of one organization; ids run upwards from the first."""

    rng: Random
    organization: Organization
    ids: "count[int]"
    now: datetime

    def next_id(self) -> str:
        """The next id, as text."""
        return str(next(self.ids))

    def of_project(self, project: Project, number: int) -> None:
        """Two issue alerts on the project's errors, a metric alert, and detectors for the rest."""
        errors = self._detector(project, "error", "Error Monitor")
        stream = self._detector(project, "issue_stream", "Issue Stream")
        metric = self._metric(project, number)
        for name, old, new in (
            ("Notify the owners of new issues", _FIRST_SEEN, "first_seen_event"),
            ("Tell the channel about regressions", _REGRESSION, "regression_event"),
        ):
            self._issue_alert(project, name, old, new, stream if new == "regression_event" else errors)
        self._metric_workflow(project, metric)
        if number % 3 == 0:
            self._uptime(project)

    def _detector(self, project: Project, kind: str, name: str) -> Detector:
        created = project.date_created
        detector = Detector(self.next_id(), project.id, name, kind, created, created)
        detector.latest_issue_id = _newest(self.organization, project, "error")
        self.organization.detectors.append(detector)
        return detector

    def _metric(self, project: Project, number: int) -> Detector:
        detector = self._detector(project, "metric_issue", f"High error rate in {project.slug}")
        threshold = 100 + 10 * number
        detector.owner = f"team:{project.teams[0].id}"
        detector.created_by = _creator(self.organization)
        detector.config = {"detectionType": "static", "comparisonDelta": None}
        detector.data_sources = [self._data_source()]
        detector.condition_group = self._group(
            "any",
            [
                {"type": "gt", "comparison": threshold, "conditionResult": 75},
                {"type": "gt", "comparison": threshold // 2, "conditionResult": 50},
                {"type": "lte", "comparison": threshold // 2, "conditionResult": 0},
            ],
        )
        detector.latest_issue_id = _newest(self.organization, project, "metric")
        self.organization.metric_rules.append(_metric_rule(detector, threshold))
        return detector

    def _data_source(self) -> dict[str, object]:
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

    def _group(
        self, logic: str, conditions: list[dict[str, object]], actions: list[dict[str, object]] | None = None
    ) -> dict[str, object]:
        return {
            "id": self.next_id(),
            "organizationId": self.organization.id,
            "logicType": logic,
            "conditions": [{"id": self.next_id(), **condition} for condition in conditions],
            "actions": [{"id": self.next_id(), **action} for action in actions or []],
        }

    def _issue_alert(self, project: Project, name: str, old: str, new: str, detector: Detector) -> None:
        triggered = self.now - timedelta(hours=self.rng.randint(1, 200))
        by_mail = new == "first_seen_event"
        level = {"type": "level", "comparison": {"level": 40, "match": "gte"}, "conditionResult": True}
        workflow = Workflow(
            self.next_id(),
            name,
            project.date_created,
            project.date_created,
            self._group("any-short", [{"type": new, "comparison": True, "conditionResult": True}]),
            [self._group("all", [level], [self._mail() if by_mail else self._slack()])],
            [detector.id],
            {"frequency": 30},
            created_by=_creator(self.organization),
            last_triggered=triggered,
        )
        detector.workflow_ids.append(workflow.id)
        self.organization.workflows.append(workflow)
        rule = IssueAlertRule(
            self.next_id(),
            project.id,
            name,
            [{"id": old, "name": "A new issue is created" if by_mail else "An issue comes back"}],
            [{"id": _LEVEL, "match": "gte", "level": "40"}],
            [_old_mail() if by_mail else self._old_slack()],
            30,
            project.date_created,
            created_by=_creator(self.organization),
            last_triggered=triggered,
            workflow_id=workflow.id,
        )
        self.organization.issue_rules.append(rule)

    def _metric_workflow(self, project: Project, detector: Detector) -> None:
        condition = {"type": "issue_priority_greater_or_equal", "comparison": 75, "conditionResult": True}
        workflow = Workflow(
            self.next_id(),
            f"Page when errors pile up in {project.slug}",
            project.date_created,
            project.date_created,
            self._group("any", []),
            [self._group("any", [condition], [self._pager()])],
            [detector.id],
            {"frequency": 60},
            environment="production",
            owner=detector.owner,
            created_by=detector.created_by,
        )
        detector.workflow_ids.append(workflow.id)
        self.organization.workflows.append(workflow)

    def _uptime(self, project: Project) -> None:
        detector = self._detector(project, "uptime_domain_failure", f"Uptime of {project.slug}.example")
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
        detector.latest_issue_id = _newest(self.organization, project, "outage")

    def of_monitors(self) -> None:
        """A detector for each cron monitor."""
        for monitor in self.organization.monitors:
            project = self.organization.find_project(monitor.project_id)
            if project is not None:
                detector = self._detector(project, "monitor_check_in_failure", monitor.name)
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
                detector.latest_issue_id = _newest(self.organization, project, "outage")

    def _integration_id(self, provider: str) -> str | None:
        return next((i.id for i in self.organization.integrations if i.provider_key == provider), None)

    def _mail(self) -> dict[str, object]:
        return {
            "type": "email",
            "integrationId": None,
            "data": {"fallthroughType": "ActiveMembers"},
            "config": {"targetType": "issue_owners", "targetDisplay": None, "targetIdentifier": None},
            "status": "active",
        }

    def _slack(self) -> dict[str, object]:
        return {
            "type": "slack",
            "integrationId": self._integration_id("slack"),
            "data": {"tags": "environment,level", "notes": ""},
            "config": {"targetType": "specific", "targetDisplay": "#alerts", "targetIdentifier": "C0ALERTS"},
            "status": "active",
        }

    def _pager(self) -> dict[str, object]:
        return {
            "type": "pagerduty",
            "integrationId": self._integration_id("pagerduty"),
            "data": {"priority": "critical"},
            "config": {"targetType": "specific", "targetDisplay": "on-call", "targetIdentifier": "77"},
            "status": "active",
        }

    def _old_slack(self) -> dict[str, object]:
        return {
            "id": _SLACK,
            "workspace": self._integration_id("slack"),
            "channel": "#alerts",
            "channel_id": "C0ALERTS",
            "tags": "environment,level",
        }


def make_alerts(rng: Random, organization: Organization, first_id: int, now: datetime) -> None:
    """Fill both alert back ends of the organization, project by project."""
    maker = _Maker(rng, organization, count(first_id), now)
    for number, project in enumerate(organization.projects):
        maker.of_project(project, number)
    maker.of_monitors()


def _old_mail() -> dict[str, object]:
    return {"id": _MAIL, "targetType": "IssueOwners", "targetIdentifier": "", "fallthroughType": "ActiveMembers"}


def _metric_rule(detector: Detector, threshold: int) -> MetricAlertRule:
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


def _creator(organization: Organization) -> str | None:
    return next((user.id for user in organization.users()), None)


def _newest(organization: Organization, project: Project, category: str) -> str | None:
    candidates = (i for i in organization.issues.values() if i.project is project and i.category == category)
    newest: Issue | None = max(candidates, key=lambda issue: issue.last_seen, default=None)
    return newest.id if newest else None
