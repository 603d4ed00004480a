"""Webhook payloads of errors and alerts, which no REST response carries."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from dexter_graphql.sandbox.serializers.events import serialize_occurrence, serialize_webhook_event
from dexter_graphql.sandbox.serializers.issues import serialize_webhook_issue
from dexter_graphql.sandbox.world.model import Event, Issue, MetricAlertRule, Organization, Workflow
from dexter_graphql.sandbox.world.state import WebhookEvent, World

METRIC_ALERT_ACTIONS: Final = ("critical", "warning", "resolved", "open")
_INCIDENT_STATUS: Mapping[str, int] = MappingProxyType({"open": 1, "resolved": 2, "warning": 10, "critical": 20})
_APP_ACTION: Final = "sentry_app"


def build_error_created(world: World, organization: Organization, event: Event) -> WebhookEvent:
    """The `error.created` webhook."""
    return WebhookEvent(
        organization, "error", "created", {"error": serialize_webhook_event(world, organization, event)}
    )


def build_alert_triggered(world: World, organization: Organization, event: Event, workflow: Workflow) -> WebhookEvent:
    """The `event_alert.triggered` webhook; `issue_alert` is there when the app has settings for the alert."""
    payload, occurrence = serialize_webhook_event(world, organization, event), serialize_occurrence(event)
    if occurrence is not None:
        payload["occurrence"] = occurrence
    data: dict[str, object] = {"event": payload, "triggered_rule": workflow.name}
    settings = _app_settings(workflow)
    if settings:
        data["issue_alert"] = _serialize_alert(organization, workflow, settings)
    return WebhookEvent(organization, "event_alert", "triggered", data)


def build_activity_alert(
    world: World, organization: Organization, issue: Issue, workflow: Workflow, activity: str
) -> WebhookEvent:
    """The `activity_alert.triggered` webhook of an alert on a step of Seer, such as `seer_pr_created`."""
    path = f"organizations/{organization.slug}"
    alert = _serialize_alert(organization, workflow, _app_settings(workflow)) | {
        "url": f"{world.url}/api/0/{path}/workflows/{workflow.id}/",
        "web_url": f"{world.url}/{path}/monitors/alerts/{workflow.id}/",
    }
    data: dict[str, object] = {
        "issue": serialize_webhook_issue(world, organization, issue),
        "activity": {"type": activity, "details": {}},
        "alert": alert,
    }
    return WebhookEvent(organization, "activity_alert", "triggered", data)


def _serialize_alert(organization: Organization, workflow: Workflow, settings: list[object]) -> dict[str, object]:
    rule = next((rule for rule in organization.issue_rules if rule.workflow_id == workflow.id), None)
    return {
        "id": rule.id if rule else workflow.id,
        "title": workflow.name,
        "sentry_app_id": organization.apps[0].id,
        "settings": settings,
    }


def _app_settings(workflow: Workflow) -> list[object]:
    """What the alert's form of the app was filled in with."""
    groups: list[dict[str, Any]] = workflow.action_filters
    actions = [action for group in groups for action in group["actions"] if action["type"] == _APP_ACTION]
    return [setting for action in actions for setting in action["data"].get("settings") or ()]


def build_metric_alert(world: World, organization: Organization, rule: MetricAlertRule, action: str) -> WebhookEvent:
    """A `metric_alert` webhook with action critical, warning, resolved or open; its keys are snake_case."""
    now, number = world.now(), world.new_id()
    project = organization.find_project(rule.project_id)
    incident: dict[str, object] = {
        "id": number,
        "identifier": number[-4:].lstrip("0") or "1",
        "organization_id": organization.id,
        "projects": [project.slug] if project else [],
        "title": rule.name,
        "type": 2,
        "status": _INCIDENT_STATUS[action],
        "status_method": 3,
        "date_created": now,
        "date_detected": now,
        "date_started": now,
        "date_closed": now if action == "resolved" else None,
        "alert_rule": _serialize_rule(organization, rule),
    }
    data: dict[str, object] = {
        "metric_alert": incident,
        "description_title": f"{action.title()}: {rule.name}",
        "description_text": f"{rule.aggregate} in the last {rule.time_window} minutes",
        "web_url": f"{world.url}/organizations/{organization.slug}/alerts/rules/details/{rule.id}/",
    }
    return WebhookEvent(organization, "metric_alert", action, data)


def _serialize_rule(organization: Organization, rule: MetricAlertRule) -> dict[str, object]:
    project = organization.find_project(rule.project_id)
    return {
        "id": rule.id,
        "name": rule.name,
        "organization_id": organization.id,
        "aggregate": rule.aggregate,
        "query": rule.query,
        "dataset": rule.dataset,
        "environment": rule.environment,
        "projects": [project.slug] if project else [],
        "time_window": rule.time_window,
        "resolution": 1,
        "threshold_type": rule.threshold_type,
        "threshold_period": 1,
        "resolve_threshold": rule.resolve_threshold,
        "include_all_projects": False,
        "status": 0,
        "triggers": [_serialize_trigger(trigger) for trigger in rule.triggers],
        "created_by": rule.created_by,
        "date_created": rule.date_created,
        "date_modified": rule.date_modified,
    }


def _serialize_trigger(trigger: dict[str, object]) -> dict[str, object]:
    return {
        "id": trigger["id"],
        "alert_rule_id": trigger["alertRuleId"],
        "label": trigger["label"],
        "threshold_type": trigger["thresholdType"],
        "alert_threshold": trigger["alertThreshold"],
        "resolve_threshold": trigger["resolveThreshold"],
        "date_created": trigger["dateCreated"],
        "actions": [],
    }
