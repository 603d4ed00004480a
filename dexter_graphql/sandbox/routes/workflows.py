"""Routes of workflows, which Sentry's interface calls alerts."""

from collections.abc import Callable
from typing import Any, Final

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, find_or_404
from dexter_graphql.sandbox.list_filters import parse_filters
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.serializers import alerts
from dexter_graphql.sandbox.workflow_engine import (
    build_condition_group,
    parse_enabled,
    parse_ids,
    parse_name,
    require_selection,
    set_link,
    sort_records,
)
from dexter_graphql.sandbox.world.model import Organization, Workflow

_READ = any_scope("alerts:read", "org:admin", "org:read", "org:write")
_WORKFLOW_WRITE = any_scope("alerts:write", "org:admin", "org:write")


def list_workflows(request: Request) -> Response:
    """List the organization's workflows, filtered by project, ids and `query`, sorted by `sortBy`."""
    rows = sort_records(request, _select_workflows(request), _SORT_KEYS)
    return paginate(request, rows, lambda workflow: alerts.serialize_workflow(workflow, request.organization))


def get_workflow(request: Request) -> object:
    """Get a workflow."""
    return alerts.serialize_workflow(_workflow_in_path(request), request.organization)


def create_workflow(request: Request) -> Response:
    """Create a workflow."""
    fields, now = request.json_object(), request.world.now()
    workflow = Workflow(request.world.new_id(), parse_name(fields), now, now, None, [], [], {"frequency": 1440})
    workflow.created_by = request.user.id if request.user else None
    _apply_fields(request, workflow, fields)
    request.organization.workflows.append(workflow)
    return Response(alerts.serialize_workflow(workflow, request.organization), 201)


def update_workflow(request: Request) -> object:
    """Replace a workflow."""
    workflow, fields = _workflow_in_path(request), request.json_object()
    workflow.name, workflow.date_updated = parse_name(fields), request.world.now()
    _apply_fields(request, workflow, fields)
    return get_workflow(request)


def set_workflows_enabled(request: Request) -> object:
    """Enable or disable the selected workflows."""
    require_selection(request)
    workflows, is_enabled = _select_workflows(request), parse_enabled(request)
    for workflow in workflows:
        workflow.enabled, workflow.date_updated = is_enabled, request.world.now()
    return [alerts.serialize_workflow(workflow, request.organization) for workflow in workflows]


def delete_workflows(request: Request) -> Response:
    """Delete the selected workflows."""
    require_selection(request)
    for workflow in _select_workflows(request):
        _remove_workflow(request.organization, workflow)
    return Response(None, 204)


def delete_workflow(request: Request) -> Response:
    """Delete a workflow."""
    _remove_workflow(request.organization, _workflow_in_path(request))
    return Response(None, 204)


def list_available_actions(request: Request) -> Response:
    """List the kinds of actions that alerts may have, filtered by `type`."""
    types = request.param_list("type")
    actions = [*_integration_actions(request.organization), *_app_actions(request.organization), *_OTHER_ACTIONS]
    return paginate(request, [one for one in actions if not types or one["type"] in types], dict)


def _integration_actions(organization: Organization) -> list[dict[str, Any]]:
    """A kind of action for each provider that has an integration; those of PagerDuty have services."""
    installed: dict[str, list[dict[str, Any]]] = {}
    for integration in organization.integrations:
        services = {"services": [{"id": "77", "name": "on-call"}]} if integration.provider_key == "pagerduty" else {}
        row = {"id": integration.id, "name": integration.name, **services}
        installed.setdefault(integration.provider_key, []).append(row)
    return [
        {
            "type": provider,
            "handlerGroup": "ticket_creation" if provider in _TRACKERS else "notification",
            "configSchema": _TARGET_SCHEMA,
            "dataSchema": _NO_SCHEMA,
            "integrations": integrations,
        }
        for provider, integrations in installed.items()
    ]


def _app_actions(organization: Organization) -> list[dict[str, Any]]:
    return [
        {
            "type": "sentry_app",
            "handlerGroup": "other",
            "configSchema": _TARGET_SCHEMA,
            "dataSchema": _NO_SCHEMA,
            "sentryApp": {
                "id": str(installation.app.id),
                "name": installation.app.name,
                "installationId": str(installation.app.id),
                "installationUuid": installation.uuid,
                "status": 1,
            },
        }
        for installation in organization.installations
    ]


def _select_workflows(request: Request) -> list[Workflow]:
    filters, text = parse_filters(request.param("query"), ("name", "action"))
    ids, project_ids = parse_ids(request), {project.id for project in request.selected_projects()}
    is_narrowed = bool(request.param_list("project")) and not ids  # by ID, Sentry ignores the projects
    detector_ids = {detector.id for detector in request.organization.detectors if detector.project_id in project_ids}
    return [
        workflow
        for workflow in request.organization.workflows
        if (not is_narrowed or detector_ids & set(workflow.detector_ids))
        and (not ids or workflow.id in ids)
        and text in workflow.name.lower()
        and all(
            any(value.lower() in workflow.name.lower() for value in filters[key]) for key in filters if key == "name"
        )
        and set(filters.get("action", ())) <= _action_types(workflow)
    ]


def _action_types(workflow: Workflow) -> set[object]:
    types: set[object] = set()
    for group in workflow.action_filters:
        actions = group.get("actions")
        if isinstance(actions, list):
            types |= {action.get("type") for action in actions}
    return types


def _workflow_in_path(request: Request) -> Workflow:
    return find_or_404(request.organization.workflows, request.path_params["workflow"])


def _apply_fields(request: Request, workflow: Workflow, fields: dict[str, Any]) -> None:
    workflow.enabled = fields.get("enabled", workflow.enabled)
    workflow.config = fields.get("config") or workflow.config
    workflow.environment, workflow.owner = fields.get("environment"), fields.get("owner")
    workflow.triggers = build_condition_group(request, fields.get("triggers") or {"logicType": "any-short"})
    workflow.action_filters = [build_condition_group(request, group) for group in fields.get("actionFilters") or ()]
    workflow.detector_ids = [str(detector_id) for detector_id in fields.get("detectorIds") or ()]
    for detector in request.organization.detectors:
        set_link(detector.workflow_ids, workflow.id, is_linked=detector.id in workflow.detector_ids)


def _remove_workflow(organization: Organization, workflow: Workflow) -> None:
    organization.workflows.remove(workflow)
    for detector in organization.detectors:
        set_link(detector.workflow_ids, workflow.id, is_linked=False)


_SORT_KEYS: Final[dict[str, Callable[[Workflow], Any]]] = {
    "name": lambda workflow: (workflow.name.lower(), int(workflow.id)),
    "id": lambda workflow: int(workflow.id),
    "dateCreated": lambda workflow: (workflow.date_created, int(workflow.id)),
    "dateUpdated": lambda workflow: (workflow.date_updated, int(workflow.id)),
    "connectedDetectors": lambda workflow: (len(workflow.detector_ids), int(workflow.id)),
    "actions": lambda workflow: (len(_action_types(workflow)), int(workflow.id)),
    "priorityDetector": lambda workflow: (workflow.detector_ids[:1], int(workflow.id)),
}

_NO_SCHEMA: Final[dict[str, Any]] = {"type": "object", "properties": {}}
_TARGET_SCHEMA: Final[dict[str, Any]] = {"type": "object", "properties": {"targetType": {"type": "string"}}}
_TRACKERS: Final = frozenset({"github", "jira"})
_OTHER_ACTIONS: Final[tuple[dict[str, Any], ...]] = (
    {"type": "email", "handlerGroup": "notification", "configSchema": _TARGET_SCHEMA, "dataSchema": _NO_SCHEMA},
    {
        "type": "webhook",
        "handlerGroup": "other",
        "configSchema": _TARGET_SCHEMA,
        "dataSchema": _NO_SCHEMA,
        "services": [{"slug": "webhooks", "name": "WebHooks"}],
    },
)

_WORKFLOWS = "/organizations/{organization}/workflows/"

ROUTES = (
    Route("GET", "/organizations/{organization}/available-actions/", list_available_actions, _READ),
    Route("GET", _WORKFLOWS, list_workflows, _READ),
    Route("POST", _WORKFLOWS, create_workflow, _WORKFLOW_WRITE),
    Route("PUT", _WORKFLOWS, set_workflows_enabled, _WORKFLOW_WRITE),
    Route("DELETE", _WORKFLOWS, delete_workflows, _WORKFLOW_WRITE),
    Route("GET", _WORKFLOWS + "{workflow}/", get_workflow, _READ),
    Route("PUT", _WORKFLOWS + "{workflow}/", update_workflow, _WORKFLOW_WRITE),
    Route("DELETE", _WORKFLOWS + "{workflow}/", delete_workflow, _WORKFLOW_WRITE),
)
