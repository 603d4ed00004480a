"""Environments of organizations and projects, and which a project hides. Knows no events."""

from dexter_graphql.sandbox.http import Call, Route, bad_request, invalid, not_found, scopes
from dexter_graphql.sandbox.serializers.projects import project_environment
from dexter_graphql.sandbox.world.model import Environment

_ORGANIZATION_READ = scopes("org:admin", "org:read", "org:write")
_READ = scopes("project:admin", "project:read", "project:write")
_WRITE = scopes("project:admin", "project:write")


def list_environments(call: Call) -> object:
    """The organization's environments: those that at least one project shows, unless asked otherwise."""
    projects = call.projects()
    visibility = _visibility(call)
    return [
        {"id": one.id, "name": one.name}
        for one in call.organization.environments
        if any(_is_wanted(visibility, hidden=one.name in project.hidden_environments) for project in projects)
    ]


def list_project_environments(call: Call) -> object:
    """The environments of a project, visible ones unless asked otherwise."""
    project, visibility = call.project, _visibility(call)
    return [
        project_environment(one, project)
        for one in call.organization.environments
        if _is_wanted(visibility, hidden=one.name in project.hidden_environments)
    ]


def get_environment(call: Call) -> object:
    """One environment of a project."""
    return project_environment(_environment(call), call.project)


def update_environment(call: Call) -> object:
    """Hide or show an environment in a project."""
    environment, project = _environment(call), call.project
    is_hidden = call.fields().get("isHidden")
    if not isinstance(is_hidden, bool):
        invalid({"isHidden": ["This field is required."]})
    change = project.hidden_environments.add if is_hidden else project.hidden_environments.discard
    change(environment.name)
    return project_environment(environment, project)


def _environment(call: Call) -> Environment:
    wanted = call.parameters["environment"]
    return next((one for one in call.organization.environments if one.name == wanted), None) or not_found()


def _visibility(call: Call) -> str:
    visibility = call.text("visibility") or "visible"
    if visibility not in {"visible", "hidden", "all"}:
        bad_request("Invalid value for 'visibility', valid values are: ['all', 'hidden', 'visible']")
    return visibility


def _is_wanted(visibility: str, *, hidden: bool) -> bool:
    return visibility == "all" or hidden is (visibility == "hidden")


_PROJECT_LIST = "/projects/{organization}/{project}/environments/"

ROUTES = (
    Route("GET", "/organizations/{organization}/environments/", list_environments, _ORGANIZATION_READ),
    Route("GET", _PROJECT_LIST, list_project_environments, _READ),
    Route("GET", _PROJECT_LIST + "{environment}/", get_environment, _READ),
    Route("PUT", _PROJECT_LIST + "{environment}/", update_environment, _WRITE),
)
