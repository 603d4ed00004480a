"""JSON of alert rules, detectors and workflows."""

from typing import Any

from dexter_graphql.sandbox.serializers.members import serialize_owner
from dexter_graphql.sandbox.world.model import (
    Detector,
    Issue,
    IssueAlertRule,
    MetricAlertRule,
    Organization,
    User,
    Workflow,
)


def serialize_issue_rule(record: IssueAlertRule, organization: Organization) -> dict[str, Any]:
    """An issue alert rule."""
    return {
        "id": record.id,
        "conditions": record.conditions,
        "filters": record.filters,
        "actions": record.actions,
        "actionMatch": record.action_match,
        "filterMatch": record.filter_match,
        "frequency": record.frequency,
        "name": record.name,
        "dateCreated": record.date_created,
        "owner": record.owner,
        "createdBy": _serialize_creator(organization, record.created_by),
        "environment": record.environment,
        "projects": _project_slugs(organization, record.project_id),
        "status": record.status,
        "lastTriggered": record.last_triggered,
        "snooze": record.is_snoozed,
    }


def serialize_metric_rule(record: MetricAlertRule, organization: Organization) -> dict[str, Any]:
    """A metric alert rule; its time window is in minutes."""
    return {
        "id": record.id,
        "name": record.name,
        "organizationId": organization.id,
        "queryType": record.query_type,
        "dataset": record.dataset,
        "query": record.query,
        "aggregate": record.aggregate,
        "thresholdType": record.threshold_type,
        "resolveThreshold": record.resolve_threshold,
        "timeWindow": record.time_window,
        "environment": record.environment,
        "triggers": record.triggers,
        "projects": _project_slugs(organization, record.project_id),
        "owner": record.owner,
        "status": record.status,
        "snooze": record.is_snoozed,
        "originalAlertRuleId": None,
        "comparisonDelta": record.comparison_delta,
        "eventTypes": list(record.event_types),
        "dateModified": record.date_modified,
        "dateCreated": record.date_created,
        # The OpenAPI document has no null here; a missing creator is an empty object.
        "createdBy": _serialize_creator(organization, record.created_by) or {},
    }


def serialize_detector(record: Detector, organization: Organization) -> dict[str, Any]:
    """A detector; its time windows are in seconds."""
    latest = organization.issues.get(record.latest_issue_id or "")
    return {
        "id": record.id,
        "projectId": record.project_id,
        "name": record.name,
        "description": record.description,
        "type": record.type,
        "workflowIds": list(record.workflow_ids),
        "owner": serialize_owner(organization, record.owner),
        "createdBy": record.created_by,
        "dateCreated": record.date_created,
        "dateUpdated": record.date_updated,
        "dataSources": record.data_sources or None,
        "conditionGroup": _shuffle_conditions(record.condition_group),
        "config": dict(record.config),
        "enabled": record.enabled,
        "latestGroup": _serialize_latest_group(latest) if latest else None,
    }


def serialize_workflow(record: Workflow, organization: Organization) -> dict[str, Any]:
    """A workflow; its owner is a reference, unlike a detector's."""
    return {
        "id": record.id,
        "name": record.name,
        "organizationId": organization.id,
        "createdBy": record.created_by,
        "dateCreated": record.date_created,
        "dateUpdated": record.date_updated,
        "triggers": _shuffle_conditions(record.triggers),
        "actionFilters": [_shuffle_conditions(group) for group in record.action_filters],
        "environment": record.environment,
        "config": dict(record.config),
        "detectorIds": list(record.detector_ids),
        "enabled": record.enabled,
        "lastTriggered": record.last_triggered,
        "owner": record.owner,
    }


def _shuffle_conditions(group: dict[str, object] | None) -> dict[str, object] | None:
    """The group with its conditions in another order, as Sentry returns them in any."""
    conditions = None if group is None else group.get("conditions")
    if group is None or not isinstance(conditions, list) or not all("id" in one for one in conditions):
        return group
    return {**group, "conditions": conditions[::-1]}


def _serialize_latest_group(issue: Issue) -> dict[str, Any]:
    project = issue.project
    return {
        "id": issue.id,
        "title": issue.title,
        "culprit": issue.culprit,
        "shortId": issue.short_id,
        "level": issue.level,
        "status": issue.status,
        "substatus": issue.substatus,
        "platform": project.platform,
        "project": {"id": project.id, "name": project.name, "slug": project.slug, "platform": project.platform},
        "type": issue.kind,
        "issueType": issue.issue_type,
        "issueCategory": issue.category,
        "metadata": {"title": issue.title},
        "numComments": len(issue.comments),
        "firstSeen": issue.first_seen,
        "lastSeen": issue.last_seen,
    }


def _serialize_creator(organization: Organization, user_id: str | None) -> dict[str, Any] | None:
    creator: User | None = next((user for user in organization.users() if user.id == user_id), None)
    return {"id": int(creator.id), "name": creator.name, "email": creator.email} if creator else None


def _project_slugs(organization: Organization, project_id: str) -> list[str]:
    project = organization.find_project(project_id)
    return [project.slug] if project else []
