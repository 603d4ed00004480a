"""Routes of cron monitors and their check-ins. Sending check-ins is not served."""

import re
from typing import Any, Final

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, raise_not_found, raise_validation_error
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.path_lookups import get_viewer
from dexter_graphql.sandbox.serializers import monitors
from dexter_graphql.sandbox.world.model import CronMonitor, Project

_LIST_READ = any_scope("alerts:read", "org:admin", "org:read", "org:write")
_LIST_WRITE = any_scope("alerts:write", "org:admin", "org:read", "org:write")
_READ = any_scope("alerts:read", "alerts:write", "project:admin", "project:read", "project:write")
_WRITE = any_scope("alerts:write", "project:admin", "project:write")
_DEFAULTS: Final = {
    "schedule_type": "crontab",
    "schedule": "0 * * * *",
    "checkin_margin": None,
    "max_runtime": None,
    "timezone": "UTC",
    "failure_issue_threshold": None,
    "recovery_threshold": None,
    "alert_rule_id": None,
}


def list_monitors(request: Request) -> Response:
    """List the organization's cron monitors, filtered by project, environment and owner."""
    projects = {project.id: project for project in request.selected_projects()}
    names, owners = request.selected_environments(), request.param_list("owner")
    rows = [
        monitor
        for monitor in request.organization.monitors
        if monitor.project_id in projects
        and (names is None or names & monitor.environments.keys())
        and (not owners or (monitor.owner or "unassigned") in owners)
    ]
    return paginate(request, rows, lambda monitor: _serialize(request, monitor, projects[monitor.project_id]))


def get_monitor(request: Request) -> object:
    """Get a cron monitor by slug or id."""
    monitor, project = _monitor_in_path(request)
    return _serialize(request, monitor, project)


def list_check_ins(request: Request) -> Response:
    """List the check-ins of a cron monitor, newest first."""
    monitor, _ = _monitor_in_path(request)
    names = request.selected_environments()
    rows = [check_in for check_in in monitor.check_ins if names is None or check_in.environment in names]
    return paginate(request, rows, lambda check_in: monitors.serialize_check_in(check_in, monitor))


def create_monitor(request: Request) -> Response:
    """Create a cron monitor without environments, which check-ins would add."""
    fields = request.json_object()
    missing = {name: ["This field is required."] for name in ("project", "name", "config") if not fields.get(name)}
    if missing:
        raise_validation_error(missing)
    project = request.organization.find_project(str(fields["project"]))
    if project is None:
        raise_validation_error({"project": ["Invalid project"]})
    name = str(fields["name"])
    slug = str(fields.get("slug") or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"))
    world = request.world
    monitor = CronMonitor(
        world.new_id(), _format_uuid(world.new_hex()), slug, name, project.id, dict(_DEFAULTS), world.now()
    )
    _apply_fields(monitor, fields)
    request.organization.monitors.append(monitor)
    return Response(_serialize(request, monitor, project), 201)


def update_monitor(request: Request) -> object:
    """Change the given fields of a cron monitor."""
    monitor, project = _monitor_in_path(request)
    _apply_fields(monitor, request.json_object())
    return _serialize(request, monitor, project)


def delete_monitor(request: Request) -> Response:
    """Delete a cron monitor, or only the given environments of it."""
    monitor, _ = _monitor_in_path(request)
    names = request.param_list("environment")
    for name in names:
        monitor.environments.pop(name, None)
    if not names:
        request.organization.monitors.remove(monitor)
    return Response(None, 202)


def _apply_fields(monitor: CronMonitor, fields: dict[str, Any]) -> None:
    monitor.name, monitor.slug = str(fields.get("name") or monitor.name), str(fields.get("slug") or monitor.slug)
    monitor.status, monitor.owner = fields.get("status") or monitor.status, fields.get("owner", monitor.owner)
    monitor.is_muted = bool(fields.get("is_muted", fields.get("isMuted", monitor.is_muted)))
    config = fields.get("config")
    if isinstance(config, dict):
        monitor.config |= config


def _monitor_in_path(request: Request) -> tuple[CronMonitor, Project]:
    key = request.path_params["monitor"]
    project_in_path = request.project if "project" in request.path_params else None
    for monitor in request.organization.monitors:
        if key in {monitor.slug, monitor.guid, monitor.id}:
            project = request.organization.find_project(monitor.project_id)
            if project is not None and (project_in_path is None or project is project_in_path):
                return monitor, project
    return raise_not_found()


def _serialize(request: Request, monitor: CronMonitor, project: Project) -> object:
    return monitors.serialize_monitor(
        monitor, project, request.organization, get_viewer(request), request.selected_environments()
    )


def _format_uuid(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_LIST = "/organizations/{organization}/monitors/"
_DETAIL = _LIST + "{monitor}/"
_PROJECT_DETAIL = "/projects/{organization}/{project}/monitors/{monitor}/"

ROUTES = (
    Route("GET", _LIST, list_monitors, _LIST_READ),
    Route("POST", _LIST, create_monitor, _LIST_WRITE),
    Route("GET", _DETAIL, get_monitor, _READ),
    Route("PUT", _DETAIL, update_monitor, _WRITE),
    Route("DELETE", _DETAIL, delete_monitor, _WRITE),
    Route("GET", _DETAIL + "checkins/", list_check_ins, _READ),
    Route("GET", _PROJECT_DETAIL, get_monitor, _READ),
    Route("PUT", _PROJECT_DETAIL, update_monitor, _WRITE),
    Route("DELETE", _PROJECT_DETAIL, delete_monitor, _WRITE),
    Route("GET", _PROJECT_DETAIL + "checkins/", list_check_ins, _READ),
)
