"""Routes of detectors, which Sentry's interface calls monitors."""

import re
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from dexter_graphql.sandbox.http import (
    Request,
    Response,
    Route,
    any_scope,
    find_or_404,
    raise_validation_error,
)
from dexter_graphql.sandbox.list_filters import parse_filters
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.serializers import alerts
from dexter_graphql.sandbox.serializers.members import serialize_owner
from dexter_graphql.sandbox.workflow_engine import (
    build_condition_group,
    parse_enabled,
    parse_ids,
    parse_name,
    require_selection,
    set_link,
    sort_records,
)
from dexter_graphql.sandbox.world.model import CronMonitor, Detector, Organization

_READ = any_scope("alerts:read", "org:admin", "org:read", "org:write")
_DETECTOR_WRITE = any_scope("alerts:write", "org:admin", "org:read", "org:write")
_CREATABLE: Final = {
    "metric_issue": "snuba_query_subscription",
    "uptime_domain_failure": "uptime_subscription",
    "monitor_check_in_failure": "cron_monitor",
}
"""Types of detectors that can be created, and the types of their data sources."""


def list_detectors(request: Request) -> Response:
    """List the organization's detectors, filtered by project, ids and `query`, sorted by `sortBy`."""
    organization = request.organization
    rows = sort_records(request, _select_detectors(request), _sort_keys(organization))
    return paginate(request, rows, lambda detector: alerts.serialize_detector(detector, organization))


def get_detector(request: Request) -> object:
    """Get a detector."""
    return alerts.serialize_detector(_detector_in_path(request), request.organization)


def create_detector(request: Request) -> Response:
    """Create a metric, uptime or cron detector; a cron monitor comes into being with its detector."""
    fields, project, now = request.json_object(), request.project, request.world.now()
    kind = fields.get("type")
    if kind not in _CREATABLE:
        raise_validation_error({"type": [f"Unknown detector type '{kind}'. Must be one of: {', '.join(_CREATABLE)}"]})
    detector = Detector(request.world.new_id(), project.id, parse_name(fields), str(kind), now, now)
    detector.created_by = request.user.id if request.user else None
    _apply_fields(request, detector, fields)
    request.organization.detectors.append(detector)
    return Response(alerts.serialize_detector(detector, request.organization), 201)


def update_detector(request: Request) -> object:
    """Change the given fields of a detector."""
    detector, fields = _detector_in_path(request), request.json_object()
    if "name" in fields:
        detector.name = parse_name(fields)
    _apply_fields(request, detector, fields)
    return get_detector(request)


def set_detectors_enabled(request: Request) -> object:
    """Enable or disable the selected detectors."""
    require_selection(request)
    detectors, is_enabled = _select_detectors(request), parse_enabled(request)
    for detector in detectors:
        detector.enabled, detector.date_updated = is_enabled, request.world.now()
    return [alerts.serialize_detector(detector, request.organization) for detector in detectors]


def delete_detectors(request: Request) -> Response:
    """Delete the selected detectors."""
    require_selection(request)
    for detector in _select_detectors(request):
        _remove_detector(request.organization, detector)
    return Response(None, 204)


def delete_detector(request: Request) -> Response:
    """Delete a detector."""
    _remove_detector(request.organization, _detector_in_path(request))
    return Response(None, 204)


def _select_detectors(request: Request) -> list[Detector]:
    filters, text = parse_filters(request.param("query"), ("name", "type", "assignee"))
    ids, project_ids = parse_ids(request), {project.id for project in request.selected_projects()}
    return [
        detector
        for detector in request.organization.detectors
        if (detector.id in ids if ids else detector.project_id in project_ids)  # by ID, Sentry ignores the projects
        and text in f"{detector.name} {detector.type}".lower()
        and all(_matches_filter(request.organization, detector, key, values) for key, values in filters.items())
    ]


def _matches_filter(organization: Organization, detector: Detector, key: str, values: list[str]) -> bool:
    if key == "name":
        return any(value.lower() in detector.name.lower() for value in values)
    if key == "type":
        return bool({detector.type, detector.type.removesuffix("_issue")} & set(values))
    actor = serialize_owner(organization, detector.owner)
    if actor is None:
        return "none" in values
    return bool({actor["name"], f"#{actor['name']}", actor.get("email")} & set(values))


def _sort_keys(organization: Organization) -> dict[str, Callable[[Detector], Any]]:
    def last_seen(detector: Detector) -> float:
        issue = organization.issues.get(detector.latest_issue_id or "")
        return issue.last_seen.timestamp() if issue else 0.0

    return {
        "name": lambda detector: (detector.name.lower(), int(detector.id)),
        "id": lambda detector: int(detector.id),
        "type": lambda detector: (detector.type, int(detector.id)),
        "connectedWorkflows": lambda detector: (len(detector.workflow_ids), int(detector.id)),
        "latestGroup": lambda detector: (last_seen(detector), int(detector.id)),
        "openIssues": lambda detector: (detector.latest_issue_id is not None, int(detector.id)),
    }


def _detector_in_path(request: Request) -> Detector:
    return find_or_404(request.organization.detectors, request.path_params["detector"])


def _apply_fields(request: Request, detector: Detector, fields: dict[str, Any]) -> None:
    organization, world = request.organization, request.world
    detector.owner = fields.get("owner", detector.owner)
    detector.description = fields.get("description", detector.description)
    detector.enabled = fields.get("enabled", detector.enabled)
    detector.config = fields.get("config") or detector.config
    detector.date_updated = world.now()
    if "conditionGroup" in fields:
        detector.condition_group = build_condition_group(request, fields["conditionGroup"])
    if "dataSources" in fields:
        detector.data_sources = [_make_data_source(request, detector, source) for source in fields["dataSources"] or ()]
    if "workflowIds" in fields:
        detector.workflow_ids = [str(workflow_id) for workflow_id in fields["workflowIds"] or ()]
        for workflow in organization.workflows:
            set_link(workflow.detector_ids, detector.id, is_linked=workflow.id in detector.workflow_ids)


def _make_data_source(request: Request, detector: Detector, fields: dict[str, Any]) -> dict[str, Any]:
    world = request.world
    source = {
        "id": world.new_id(),
        "organizationId": request.organization.id,
        "type": _CREATABLE.get(detector.type),
        "sourceId": world.new_id(),
    }
    if detector.type == "monitor_check_in_failure":
        monitor = _make_cron_monitor(request, detector, fields)
        query = {"id": monitor.guid, "slug": monitor.slug, "name": monitor.name, "config": monitor.config}
        return source | {"sourceId": monitor.id, "queryObj": query}
    if detector.type == "uptime_domain_failure":
        return source | {"queryObj": fields}
    query = {"environment": None, "eventTypes": ["error"], "query": "", "extrapolationMode": "unknown"} | fields
    subscription = {"id": world.new_id(), "status": 0, "subscription": world.new_id()}
    return source | {"queryObj": subscription | {"snubaQuery": {"id": world.new_id(), **query}}}


def _make_cron_monitor(request: Request, detector: Detector, fields: dict[str, Any]) -> CronMonitor:
    world, name = request.world, str(fields.get("name") or detector.name)
    slug = str(fields.get("slug") or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"))
    monitor = next((one for one in request.organization.monitors if one.slug == slug), None)
    if monitor is None:
        guid = str(UUID(hex=world.new_hex()))
        monitor = CronMonitor(world.new_id(), guid, slug, name, detector.project_id, {}, world.now())
        request.organization.monitors.append(monitor)
    monitor.config |= fields.get("config") or {}
    return monitor


def _remove_detector(organization: Organization, detector: Detector) -> None:
    organization.detectors.remove(detector)
    for workflow in organization.workflows:
        set_link(workflow.detector_ids, detector.id, is_linked=False)


_DETECTORS = "/organizations/{organization}/detectors/"

ROUTES = (
    Route("GET", _DETECTORS, list_detectors, _READ),
    Route("PUT", _DETECTORS, set_detectors_enabled, _DETECTOR_WRITE),
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
