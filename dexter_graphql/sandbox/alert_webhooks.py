"""Webhook payloads of errors and alerts, which no REST response carries."""

from collections.abc import Mapping
from types import MappingProxyType

from dexter_graphql.sandbox.serializers.events import serialize_webhook_event
from dexter_graphql.sandbox.world.model import Event, MetricAlertRule, Organization, Workflow
from dexter_graphql.sandbox.world.state import WebhookEvent, World

_INCIDENT_STATUS: Mapping[str, int] = MappingProxyType({"open": 1, "resolved": 2, "warning": 10, "critical": 20})


def build_error_created(world: World, organization: Organization, event: Event) -> WebhookEvent:
    """The `error.created` webhook."""
    return WebhookEvent(
        organization, "error", "created", {"error": serialize_webhook_event(world, organization, event)}
    )


def build_alert_triggered(world: World, organization: Organization, event: Event, workflow: Workflow) -> WebhookEvent:
    """The `event_alert.triggered` webhook."""
    data: dict[str, object] = {
        "event": serialize_webhook_event(world, organization, event),
        "triggered_rule": workflow.name,
    }
    return WebhookEvent(organization, "event_alert", "triggered", data)


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
