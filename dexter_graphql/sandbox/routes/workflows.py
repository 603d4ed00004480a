"""Workflows, called alerts: what happens when a detector finds something. Detectors are in `routes.monitors`."""

from collections.abc import Callable
from typing import Any, Final

from dexter_graphql.sandbox.http import Answer, Call, Route, not_found, paginate, scopes
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

_READ = scopes("alerts:read", "org:admin", "org:read", "org:write")
_WORKFLOW_WRITE = scopes("alerts:write", "org:admin", "org:write")


def list_workflows(call: Call) -> Answer:
    """The organization's workflows, narrowed by project, ids and `query`, sorted by `sortBy`."""
    rows = arranged(call, _chosen_workflows(call), _WORKFLOW_ORDER)
    return paginate(call, rows, lambda one: alerts.workflow(one, call.organization))


def get_workflow(call: Call) -> object:
    """One workflow."""
    return alerts.workflow(_workflow(call), call.organization)


def create_workflow(call: Call) -> Answer:
    """A new workflow."""
    fields, now = call.fields(), call.world.now()
    workflow = Workflow(call.world.new_id(), checked_name(fields), now, now, None, [], [], {"frequency": 1440})
    workflow.created_by = call.user.id if call.user else None
    _write_workflow(call, workflow, fields)
    call.organization.workflows.append(workflow)
    return Answer(alerts.workflow(workflow, call.organization), 201)


def update_workflow(call: Call) -> object:
    """Overwrite a workflow."""
    workflow, fields = _workflow(call), call.fields()
    workflow.name, workflow.date_updated = checked_name(fields), call.world.now()
    _write_workflow(call, workflow, fields)
    return get_workflow(call)


def switch_workflows(call: Call) -> object:
    """Switch all chosen workflows on or off."""
    must_choose(call)
    chosen, is_enabled = _chosen_workflows(call), checked_enabled(call)
    for workflow in chosen:
        workflow.enabled, workflow.date_updated = is_enabled, call.world.now()
    return [alerts.workflow(one, call.organization) for one in chosen]


def delete_workflows(call: Call) -> Answer:
    """Remove all chosen workflows."""
    must_choose(call)
    for workflow in _chosen_workflows(call):
        _drop_workflow(call.organization, workflow)
    return Answer(None, 204)


def delete_workflow(call: Call) -> Answer:
    """Remove a workflow."""
    _drop_workflow(call.organization, _workflow(call))
    return Answer(None, 204)


def _chosen_workflows(call: Call) -> list[Workflow]:
    wanted, text = tokens(call.text("query"), ("name", "action"))
    ids, projects = chosen_ids(call), {project.id for project in call.projects()}
    is_narrowed = bool(call.texts("project"))
    reached = {one.id for one in call.organization.detectors if one.project_id in projects}
    return [
        one
        for one in call.organization.workflows
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


def _workflow(call: Call) -> Workflow:
    wanted = call.parameters["workflow"]
    return next((one for one in call.organization.workflows if one.id == wanted), None) or not_found()


def _write_workflow(call: Call, workflow: Workflow, fields: dict[str, Any]) -> None:
    workflow.enabled = fields.get("enabled", workflow.enabled)
    workflow.config = fields.get("config") or workflow.config
    workflow.environment, workflow.owner = fields.get("environment"), fields.get("owner")
    workflow.triggers = numbered_group(call, fields.get("triggers") or {"logicType": "any-short"})
    workflow.action_filters = [numbered_group(call, one) for one in fields.get("actionFilters") or ()]
    workflow.detector_ids = [str(one) for one in fields.get("detectorIds") or ()]
    for detector in call.organization.detectors:
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
