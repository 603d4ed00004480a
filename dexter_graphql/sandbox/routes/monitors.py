"""Cron monitors and their check-ins. Sending check-ins is ingestion and not served."""

import re
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
from dexter_graphql.sandbox.path_lookups import viewer
from dexter_graphql.sandbox.serializers import monitors
from dexter_graphql.sandbox.world.model import Project
from dexter_graphql.sandbox.world.services import CronMonitor

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
    """The organization's cron monitors, narrowed by project, environment and owner."""
    projects = {project.id: project for project in request.selected_projects()}
    names, owner = request.selected_environments(), request.param("owner")
    rows = [
        one
        for one in request.organization.monitors
        if one.project_id in projects
        and (names is None or names & one.environments.keys())
        and (owner is None or one.owner == owner or (owner == "unassigned" and one.owner is None))
    ]
    return paginate(request, rows, lambda one: _body(request, one, projects[one.project_id]))


def get_monitor(request: Request) -> object:
    """One cron monitor by slug or id."""
    monitor, project = _monitor(request)
    return _body(request, monitor, project)


def list_check_ins(request: Request) -> Response:
    """The check-ins of a cron monitor, newest first."""
    monitor, _ = _monitor(request)
    names = request.selected_environments()
    rows = [one for one in monitor.check_ins if names is None or one.environment in names]
    return paginate(request, rows, lambda one: monitors.serialize_check_in(one, monitor))


def create_monitor(request: Request) -> Response:
    """A new cron monitor without environments: those come with check-ins."""
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
    monitor = CronMonitor(world.new_id(), _uuid(world.new_hex()), slug, name, project.id, dict(_DEFAULTS), world.now())
    _write(monitor, fields)
    request.organization.monitors.append(monitor)
    return Response(_body(request, monitor, project), 201)


def update_monitor(request: Request) -> object:
    """Change what is given of a cron monitor."""
    monitor, project = _monitor(request)
    _write(monitor, request.json_object())
    return _body(request, monitor, project)


def delete_monitor(request: Request) -> Response:
    """Remove a cron monitor, or only the environments that are named."""
    monitor, _ = _monitor(request)
    names = request.param_list("environment")
    for name in names:
        monitor.environments.pop(name, None)
    if not names:
        request.organization.monitors.remove(monitor)
    return Response(None, 202)


def _write(monitor: CronMonitor, fields: dict[str, Any]) -> None:
    monitor.name, monitor.slug = str(fields.get("name") or monitor.name), str(fields.get("slug") or monitor.slug)
    monitor.status, monitor.owner = fields.get("status") or monitor.status, fields.get("owner", monitor.owner)
    monitor.is_muted = bool(fields.get("is_muted", fields.get("isMuted", monitor.is_muted)))
    config = fields.get("config")
    if isinstance(config, dict):
        monitor.config |= config


def _monitor(request: Request) -> tuple[CronMonitor, Project]:
    wanted = request.path_params["monitor"]
    only = request.project if "project" in request.path_params else None
    for monitor in request.organization.monitors:
        if wanted in {monitor.slug, monitor.guid, monitor.id}:
            project = request.organization.find_project(monitor.project_id)
            if project is not None and (only is None or project is only):
                return monitor, project
    return raise_not_found()


def _body(request: Request, monitor: CronMonitor, project: Project) -> object:
    return monitors.serialize_monitor(
        monitor, project, request.organization, viewer(request), request.selected_environments()
    )


def _uuid(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_LIST = "/organizations/{organization}/monitors/"
_ONE = _LIST + "{monitor}/"
_OF_PROJECT = "/projects/{organization}/{project}/monitors/{monitor}/"

ROUTES = (
    Route("GET", _LIST, list_monitors, _LIST_READ),
    Route("POST", _LIST, create_monitor, _LIST_WRITE),
    Route("GET", _ONE, get_monitor, _READ),
    Route("PUT", _ONE, update_monitor, _WRITE),
    Route("DELETE", _ONE, delete_monitor, _WRITE),
    Route("GET", _ONE + "checkins/", list_check_ins, _READ),
    Route("GET", _OF_PROJECT, get_monitor, _READ),
    Route("PUT", _OF_PROJECT, update_monitor, _WRITE),
    Route("DELETE", _OF_PROJECT, delete_monitor, _WRITE),
    Route("GET", _OF_PROJECT + "checkins/", list_check_ins, _READ),
)
