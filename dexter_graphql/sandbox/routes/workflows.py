"""Workflows, called alerts: what happens when a detector finds something. Detectors are in `routes.monitors`."""

from collections.abc import Callable
from typing import Any, Final

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, paginate, raise_not_found
from dexter_graphql.sandbox.path_lookups import tokens
from dexter_graphql.sandbox.serializers import alerts
from dexter_graphql.sandbox.workflow_engine import (
    arranged,
    checked_enabled,
    checked_name,
    chosen_ids,
    link,
    must_choose,
    numbered_group,
)
from dexter_graphql.sandbox.world.model import Organization
from dexter_graphql.sandbox.world.services import Workflow

_READ = any_scope("alerts:read", "org:admin", "org:read", "org:write")
_WORKFLOW_WRITE = any_scope("alerts:write", "org:admin", "org:write")


def list_workflows(request: Request) -> Response:
    """The organization's workflows, narrowed by project, ids and `query`, sorted by `sortBy`."""
    rows = arranged(request, _chosen_workflows(request), _WORKFLOW_ORDER)
    return paginate(request, rows, lambda one: alerts.serialize_workflow(one, request.organization))


def get_workflow(request: Request) -> object:
    """One workflow."""
    return alerts.serialize_workflow(_workflow(request), request.organization)


def create_workflow(request: Request) -> Response:
    """A new workflow."""
    fields, now = request.json_object(), request.world.now()
    workflow = Workflow(request.world.new_id(), checked_name(fields), now, now, None, [], [], {"frequency": 1440})
    workflow.created_by = request.user.id if request.user else None
    _write_workflow(request, workflow, fields)
    request.organization.workflows.append(workflow)
    return Response(alerts.serialize_workflow(workflow, request.organization), 201)


def update_workflow(request: Request) -> object:
    """Overwrite a workflow."""
    workflow, fields = _workflow(request), request.json_object()
    workflow.name, workflow.date_updated = checked_name(fields), request.world.now()
    _write_workflow(request, workflow, fields)
    return get_workflow(request)


def switch_workflows(request: Request) -> object:
    """Switch all chosen workflows on or off."""
    must_choose(request)
    chosen, is_enabled = _chosen_workflows(request), checked_enabled(request)
    for workflow in chosen:
        workflow.enabled, workflow.date_updated = is_enabled, request.world.now()
    return [alerts.serialize_workflow(one, request.organization) for one in chosen]


def delete_workflows(request: Request) -> Response:
    """Remove all chosen workflows."""
    must_choose(request)
    for workflow in _chosen_workflows(request):
        _drop_workflow(request.organization, workflow)
    return Response(None, 204)


def delete_workflow(request: Request) -> Response:
    """Remove a workflow."""
    _drop_workflow(request.organization, _workflow(request))
    return Response(None, 204)


def _chosen_workflows(request: Request) -> list[Workflow]:
    wanted, text = tokens(request.param("query"), ("name", "action"))
    ids, projects = chosen_ids(request), {project.id for project in request.selected_projects()}
    is_narrowed = bool(request.param_list("project"))
    reached = {one.id for one in request.organization.detectors if one.project_id in projects}
    return [
        one
        for one in request.organization.workflows
        if (not is_narrowed or reached & set(one.detector_ids))
        and (not ids or one.id in ids)
        and text in one.name.lower()
        and all(any(value.lower() in one.name.lower() for value in wanted[key]) for key in wanted if key == "name")
        and set(wanted.get("action", ())) <= _action_types(one)
    ]


def _action_types(workflow: Workflow) -> set[object]:
    found: set[object] = set()
    for group in workflow.action_filters:
        actions = group.get("actions")
        if isinstance(actions, list):
            found |= {action.get("type") for action in actions}
    return found


def _workflow(request: Request) -> Workflow:
    wanted = request.path_params["workflow"]
    return next((one for one in request.organization.workflows if one.id == wanted), None) or raise_not_found()


def _write_workflow(request: Request, workflow: Workflow, fields: dict[str, Any]) -> None:
    workflow.enabled = fields.get("enabled", workflow.enabled)
    workflow.config = fields.get("config") or workflow.config
    workflow.environment, workflow.owner = fields.get("environment"), fields.get("owner")
    workflow.triggers = numbered_group(request, fields.get("triggers") or {"logicType": "any-short"})
    workflow.action_filters = [numbered_group(request, one) for one in fields.get("actionFilters") or ()]
    workflow.detector_ids = [str(one) for one in fields.get("detectorIds") or ()]
    for detector in request.organization.detectors:
        link(detector.workflow_ids, workflow.id, is_linked=detector.id in workflow.detector_ids)


def _drop_workflow(organization: Organization, workflow: Workflow) -> None:
    organization.workflows.remove(workflow)
    for detector in organization.detectors:
        link(detector.workflow_ids, workflow.id, is_linked=False)


_WORKFLOW_ORDER: Final[dict[str, Callable[[Workflow], Any]]] = {
    "name": lambda one: (one.name.lower(), int(one.id)),
    "id": lambda one: int(one.id),
    "dateCreated": lambda one: (one.date_created, int(one.id)),
    "dateUpdated": lambda one: (one.date_updated, int(one.id)),
    "connectedDetectors": lambda one: (len(one.detector_ids), int(one.id)),
    "actions": lambda one: (len(_action_types(one)), int(one.id)),
    "priorityDetector": lambda one: (one.detector_ids[:1], int(one.id)),
}

_WORKFLOWS = "/organizations/{organization}/workflows/"

ROUTES = (
    Route("GET", _WORKFLOWS, list_workflows, _READ),
    Route("POST", _WORKFLOWS, create_workflow, _WORKFLOW_WRITE),
    Route("PUT", _WORKFLOWS, switch_workflows, _WORKFLOW_WRITE),
    Route("DELETE", _WORKFLOWS, delete_workflows, _WORKFLOW_WRITE),
    Route("GET", _WORKFLOWS + "{workflow}/", get_workflow, _READ),
    Route("PUT", _WORKFLOWS + "{workflow}/", update_workflow, _WORKFLOW_WRITE),
    Route("DELETE", _WORKFLOWS + "{workflow}/", delete_workflow, _WORKFLOW_WRITE),
)
