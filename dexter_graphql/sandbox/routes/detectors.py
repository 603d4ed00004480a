"""Detectors, called monitors: what is watched. Alerts are in `routes.workflows`, cron monitors in `routes.crons`."""

from collections.abc import Callable
from typing import Any, Final

from dexter_graphql.sandbox.http import (
    Request,
    Response,
    Route,
    any_scope,
    paginate,
    raise_not_found,
    raise_validation_error,
)
from dexter_graphql.sandbox.path_lookups import tokens
from dexter_graphql.sandbox.serializers import alerts
from dexter_graphql.sandbox.serializers.members import serialize_owner
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

_READ = any_scope("alerts:read", "org:admin", "org:read", "org:write")
_DETECTOR_WRITE = any_scope("alerts:write", "org:admin", "org:read", "org:write")
_CREATABLE: Final = "metric_issue"


def list_detectors(request: Request) -> Response:
    """The organization's detectors, narrowed by project, ids and `query`, sorted by `sortBy`."""
    organization = request.organization
    rows = arranged(request, _chosen_detectors(request), _detector_order(organization))
    return paginate(request, rows, lambda one: alerts.serialize_detector(one, organization))


def get_detector(request: Request) -> object:
    """One detector."""
    return alerts.serialize_detector(_detector(request), request.organization)


def create_detector(request: Request) -> Response:
    """A new detector of the one type that may be created."""
    fields, project, now = request.json_object(), request.project, request.world.now()
    if fields.get("type") != _CREATABLE:
        raise_validation_error(
            {"type": [f"Unknown detector type '{fields.get('type')}'. Must be one of: {_CREATABLE}"]}
        )
    detector = Detector(request.world.new_id(), project.id, checked_name(fields), _CREATABLE, now, now)
    detector.created_by = request.user.id if request.user else None
    _write_detector(request, detector, fields)
    request.organization.detectors.append(detector)
    return Response(alerts.serialize_detector(detector, request.organization), 201)


def update_detector(request: Request) -> object:
    """Change what is given of a detector."""
    detector, fields = _detector(request), request.json_object()
    if "name" in fields:
        detector.name = checked_name(fields)
    _write_detector(request, detector, fields)
    return get_detector(request)


def switch_detectors(request: Request) -> object:
    """Switch all chosen detectors on or off."""
    must_choose(request)
    chosen, is_enabled = _chosen_detectors(request), checked_enabled(request)
    for detector in chosen:
        detector.enabled, detector.date_updated = is_enabled, request.world.now()
    return [alerts.serialize_detector(one, request.organization) for one in chosen]


def delete_detectors(request: Request) -> Response:
    """Remove all chosen detectors."""
    must_choose(request)
    for detector in _chosen_detectors(request):
        _drop_detector(request.organization, detector)
    return Response(None, 204)


def delete_detector(request: Request) -> Response:
    """Remove a detector."""
    _drop_detector(request.organization, _detector(request))
    return Response(None, 204)


def _chosen_detectors(request: Request) -> list[Detector]:
    wanted, text = tokens(request.param("query"), ("name", "type", "assignee"))
    ids, projects = chosen_ids(request), {project.id for project in request.selected_projects()}
    return [
        one
        for one in request.organization.detectors
        if one.project_id in projects
        and (not ids or one.id in ids)
        and text in f"{one.name} {one.type}".lower()
        and all(_is_detector(request.organization, one, key, values) for key, values in wanted.items())
    ]


def _is_detector(organization: Organization, detector: Detector, key: str, values: list[str]) -> bool:
    if key == "name":
        return any(value.lower() in detector.name.lower() for value in values)
    if key == "type":
        return bool({detector.type, detector.type.removesuffix("_issue")} & set(values))
    actor = serialize_owner(organization, detector.owner)
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


def _detector(request: Request) -> Detector:
    wanted = request.path_params["detector"]
    return next((one for one in request.organization.detectors if one.id == wanted), None) or raise_not_found()


def _write_detector(request: Request, detector: Detector, fields: dict[str, Any]) -> None:
    organization, world = request.organization, request.world
    detector.owner = fields.get("owner", detector.owner)
    detector.description = fields.get("description", detector.description)
    detector.enabled = fields.get("enabled", detector.enabled)
    detector.config = fields.get("config") or detector.config
    detector.date_updated = world.now()
    if "conditionGroup" in fields:
        detector.condition_group = numbered_group(request, fields["conditionGroup"])
    if "dataSources" in fields:
        detector.data_sources = [_data_source(request, source) for source in fields["dataSources"] or ()]
    if "workflowIds" in fields:
        detector.workflow_ids = [str(one) for one in fields["workflowIds"] or ()]
        for workflow in organization.workflows:
            link(workflow.detector_ids, detector.id, is_linked=workflow.id in detector.workflow_ids)


def _data_source(request: Request, fields: dict[str, Any]) -> dict[str, Any]:
    world = request.world
    query = {"environment": None, "eventTypes": ["error"], "query": "", "extrapolationMode": "unknown"} | fields
    return {
        "id": world.new_id(),
        "organizationId": request.organization.id,
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
        any_scope("alerts:write", "project:admin", "project:write"),
    ),
)
