"""Detectors, called monitors: what is watched. Alerts are in `routes.workflows`, cron monitors in `routes.crons`."""

from collections.abc import Callable
from typing import Any, Final

from dexter_graphql.sandbox.http import Answer, Call, Route, invalid, not_found, paginate, scopes
from dexter_graphql.sandbox.path_lookups import tokens
from dexter_graphql.sandbox.serializers import alerts
from dexter_graphql.sandbox.serializers.members import owner
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
from dexter_graphql.sandbox.world.services import Detector

_READ = scopes("alerts:read", "org:admin", "org:read", "org:write")
_DETECTOR_WRITE = scopes("alerts:write", "org:admin", "org:read", "org:write")
_CREATABLE: Final = "metric_issue"


def list_detectors(call: Call) -> Answer:
    """The organization's detectors, narrowed by project, ids and `query`, sorted by `sortBy`."""
    organization = call.organization
    rows = arranged(call, _chosen_detectors(call), _detector_order(organization))
    return paginate(call, rows, lambda one: alerts.detector(one, organization))


def get_detector(call: Call) -> object:
    """One detector."""
    return alerts.detector(_detector(call), call.organization)


def create_detector(call: Call) -> Answer:
    """A new detector of the one type that may be created."""
    fields, project, now = call.fields(), call.project, call.world.now()
    if fields.get("type") != _CREATABLE:
        invalid({"type": [f"Unknown detector type '{fields.get('type')}'. Must be one of: {_CREATABLE}"]})
    detector = Detector(call.world.new_id(), project.id, checked_name(fields), _CREATABLE, now, now)
    detector.created_by = call.user.id if call.user else None
    _write_detector(call, detector, fields)
    call.organization.detectors.append(detector)
    return Answer(alerts.detector(detector, call.organization), 201)


def update_detector(call: Call) -> object:
    """Change what is given of a detector."""
    detector, fields = _detector(call), call.fields()
    if "name" in fields:
        detector.name = checked_name(fields)
    _write_detector(call, detector, fields)
    return get_detector(call)


def switch_detectors(call: Call) -> object:
    """Switch all chosen detectors on or off."""
    must_choose(call)
    chosen, is_enabled = _chosen_detectors(call), checked_enabled(call)
    for detector in chosen:
        detector.enabled, detector.date_updated = is_enabled, call.world.now()
    return [alerts.detector(one, call.organization) for one in chosen]


def delete_detectors(call: Call) -> Answer:
    """Remove all chosen detectors."""
    must_choose(call)
    for detector in _chosen_detectors(call):
        _drop_detector(call.organization, detector)
    return Answer(None, 204)


def delete_detector(call: Call) -> Answer:
    """Remove a detector."""
    _drop_detector(call.organization, _detector(call))
    return Answer(None, 204)


def _chosen_detectors(call: Call) -> list[Detector]:
    wanted, text = tokens(call.text("query"), ("name", "type", "assignee"))
    ids, projects = chosen_ids(call), {project.id for project in call.projects()}
    return [
        one
        for one in call.organization.detectors
        if one.project_id in projects
        and (not ids or one.id in ids)
        and text in f"{one.name} {one.type}".lower()
        and all(_is_detector(call.organization, one, key, values) for key, values in wanted.items())
    ]


def _is_detector(organization: Organization, detector: Detector, key: str, values: list[str]) -> bool:
    if key == "name":
        return any(value.lower() in detector.name.lower() for value in values)
    if key == "type":
        return bool({detector.type, detector.type.removesuffix("_issue")} & set(values))
    actor = owner(organization, detector.owner)
    if actor is None:
        return "none" in values
    return bool({actor["name"], f"#{actor['name']}", actor.get("email")} & set(values))


def _detector_order(organization: Organization) -> dict[str, Callable[[Detector], Any]]:
    def last_seen(one: Detector) -> float:
        issue = organization.issues.get(one.latest_issue_id or "")
        return issue.last_seen.timestamp() if issue else 0.0

    return {
        "name": lambda one: (one.name.lower(), int(one.id)),
        "id": lambda one: int(one.id),
        "type": lambda one: (one.type, int(one.id)),
        "connectedWorkflows": lambda one: (len(one.workflow_ids), int(one.id)),
        "latestGroup": lambda one: (last_seen(one), int(one.id)),
        "openIssues": lambda one: (one.latest_issue_id is not None, int(one.id)),
    }


def _detector(call: Call) -> Detector:
    wanted = call.parameters["detector"]
    return next((one for one in call.organization.detectors if one.id == wanted), None) or not_found()


def _write_detector(call: Call, detector: Detector, fields: dict[str, Any]) -> None:
    organization, world = call.organization, call.world
    detector.owner = fields.get("owner", detector.owner)
    detector.description = fields.get("description", detector.description)
    detector.enabled = fields.get("enabled", detector.enabled)
    detector.config = fields.get("config") or detector.config
    detector.date_updated = world.now()
    if "conditionGroup" in fields:
        detector.condition_group = numbered_group(call, fields["conditionGroup"])
    if "dataSources" in fields:
        detector.data_sources = [_data_source(call, source) for source in fields["dataSources"] or ()]
    if "workflowIds" in fields:
        detector.workflow_ids = [str(one) for one in fields["workflowIds"] or ()]
        for workflow in organization.workflows:
            link(workflow.detector_ids, detector.id, is_linked=workflow.id in detector.workflow_ids)


def _data_source(call: Call, fields: dict[str, Any]) -> dict[str, Any]:
    world = call.world
    query = {"environment": None, "eventTypes": ["error"], "query": "", "extrapolationMode": "unknown"} | fields
    return {
        "id": world.new_id(),
        "organizationId": call.organization.id,
        "type": "snuba_query_subscription",
        "sourceId": world.new_id(),
        "queryObj": {
            "id": world.new_id(),
            "status": 0,
            "subscription": world.new_id(),
            "snubaQuery": {"id": world.new_id(), **query},
        },
    }


def _drop_detector(organization: Organization, detector: Detector) -> None:
    organization.detectors.remove(detector)
    for workflow in organization.workflows:
        link(workflow.detector_ids, detector.id, is_linked=False)


_DETECTORS = "/organizations/{organization}/detectors/"

ROUTES = (
    Route("GET", _DETECTORS, list_detectors, _READ),
    Route("PUT", _DETECTORS, switch_detectors, _DETECTOR_WRITE),
    Route("DELETE", _DETECTORS, delete_detectors, _DETECTOR_WRITE),
    Route("GET", _DETECTORS + "{detector}/", get_detector, _READ),
    Route("PUT", _DETECTORS + "{detector}/", update_detector, _DETECTOR_WRITE),
    Route("DELETE", _DETECTORS + "{detector}/", delete_detector, _DETECTOR_WRITE),
    Route(
        "POST",
        "/organizations/{organization}/projects/{project}/detectors/",
        create_detector,
        scopes("alerts:write", "project:admin", "project:write"),
    ),
)
