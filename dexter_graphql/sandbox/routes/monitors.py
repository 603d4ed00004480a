"""Cron monitors and their check-ins. Sending check-ins is ingestion and not served."""

import re
from typing import Any, Final

from dexter_graphql.sandbox.http import Answer, Call, Route, invalid, not_found, paginate, scopes
from dexter_graphql.sandbox.path_lookups import viewer
from dexter_graphql.sandbox.serializers import monitors
from dexter_graphql.sandbox.world.model import Project
from dexter_graphql.sandbox.world.services import CronMonitor

_LIST_READ = scopes("alerts:read", "org:admin", "org:read", "org:write")
_LIST_WRITE = scopes("alerts:write", "org:admin", "org:read", "org:write")
_READ = scopes("alerts:read", "alerts:write", "project:admin", "project:read", "project:write")
_WRITE = scopes("alerts:write", "project:admin", "project:write")
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


def list_monitors(call: Call) -> Answer:
    """The organization's cron monitors, narrowed by project, environment and owner."""
    projects = {project.id: project for project in call.projects()}
    names, owner = call.environments(), call.text("owner")
    rows = [
        one
        for one in call.organization.monitors
        if one.project_id in projects
        and (names is None or names & one.environments.keys())
        and (owner is None or one.owner == owner or (owner == "unassigned" and one.owner is None))
    ]
    return paginate(call, rows, lambda one: _body(call, one, projects[one.project_id]))


def get_monitor(call: Call) -> object:
    """One cron monitor by slug or id."""
    monitor, project = _monitor(call)
    return _body(call, monitor, project)


def list_check_ins(call: Call) -> Answer:
    """The check-ins of a cron monitor, newest first."""
    monitor, _ = _monitor(call)
    names = call.environments()
    rows = [one for one in monitor.check_ins if names is None or one.environment in names]
    return paginate(call, rows, lambda one: monitors.check_in(one, monitor))


def create_monitor(call: Call) -> Answer:
    """A new cron monitor without environments: those come with check-ins."""
    fields = call.fields()
    missing = {name: ["This field is required."] for name in ("project", "name", "config") if not fields.get(name)}
    if missing:
        invalid(missing)
    project = call.organization.find_project(str(fields["project"]))
    if project is None:
        invalid({"project": ["Invalid project"]})
    name = str(fields["name"])
    slug = str(fields.get("slug") or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"))
    world = call.world
    monitor = CronMonitor(world.new_id(), _uuid(world.new_hex()), slug, name, project.id, dict(_DEFAULTS), world.now())
    _write(monitor, fields)
    call.organization.monitors.append(monitor)
    return Answer(_body(call, monitor, project), 201)


def update_monitor(call: Call) -> object:
    """Change what is given of a cron monitor."""
    monitor, project = _monitor(call)
    _write(monitor, call.fields())
    return _body(call, monitor, project)


def delete_monitor(call: Call) -> Answer:
    """Remove a cron monitor, or only the environments that are named."""
    monitor, _ = _monitor(call)
    names = call.texts("environment")
    for name in names:
        monitor.environments.pop(name, None)
    if not names:
        call.organization.monitors.remove(monitor)
    return Answer(None, 202)


def _write(monitor: CronMonitor, fields: dict[str, Any]) -> None:
    monitor.name, monitor.slug = str(fields.get("name") or monitor.name), str(fields.get("slug") or monitor.slug)
    monitor.status, monitor.owner = fields.get("status") or monitor.status, fields.get("owner", monitor.owner)
    monitor.is_muted = bool(fields.get("is_muted", fields.get("isMuted", monitor.is_muted)))
    config = fields.get("config")
    if isinstance(config, dict):
        monitor.config |= config


def _monitor(call: Call) -> tuple[CronMonitor, Project]:
    wanted = call.parameters["monitor"]
    only = call.project if "project" in call.parameters else None
    for monitor in call.organization.monitors:
        if wanted in {monitor.slug, monitor.guid, monitor.id}:
            project = call.organization.find_project(monitor.project_id)
            if project is not None and (only is None or project is only):
                return monitor, project
    return not_found()


def _body(call: Call, monitor: CronMonitor, project: Project) -> object:
    return monitors.monitor(monitor, project, call.organization, viewer(call), call.environments())


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
