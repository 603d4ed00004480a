"""Routes of the environments of organizations and projects."""

from dexter_graphql.sandbox.http import (
    Request,
    Route,
    any_scope,
    raise_bad_request,
    raise_not_found,
    raise_validation_error,
)
from dexter_graphql.sandbox.serializers.projects import serialize_project_environment
from dexter_graphql.sandbox.world.model import Environment

_ORGANIZATION_READ = any_scope("org:admin", "org:read", "org:write")
_READ = any_scope("project:admin", "project:read", "project:write")
_WRITE = any_scope("project:admin", "project:write")


def list_environments(request: Request) -> object:
    """List the organization's environments by visibility: those that at least one selected project shows by default."""
    projects = request.selected_projects()
    visibility = _parse_visibility(request)
    return [
        {"id": environment.id, "name": environment.name}
        for environment in request.organization.environments
        if any(_is_selected(visibility, hidden=environment.name in project.hidden_environments) for project in projects)
    ]


def list_project_environments(request: Request) -> object:
    """List the environments of a project by visibility, visible ones by default."""
    project, visibility = request.project, _parse_visibility(request)
    return [
        serialize_project_environment(environment, project)
        for environment in request.organization.environments
        if _is_selected(visibility, hidden=environment.name in project.hidden_environments)
    ]


def get_environment(request: Request) -> object:
    """Get an environment of a project."""
    return serialize_project_environment(_environment_in_path(request), request.project)


def update_environment(request: Request) -> object:
    """Hide or show an environment in a project."""
    environment, project = _environment_in_path(request), request.project
    is_hidden = request.json_object().get("isHidden")
    if not isinstance(is_hidden, bool):
        raise_validation_error({"isHidden": ["This field is required."]})
    change = project.hidden_environments.add if is_hidden else project.hidden_environments.discard
    change(environment.name)
    return serialize_project_environment(environment, project)


def _environment_in_path(request: Request) -> Environment:
    name = request.path_params["environment"]
    return next((e for e in request.organization.environments if e.name == name), None) or raise_not_found()


def _parse_visibility(request: Request) -> str:
    visibility = request.param("visibility") or "visible"
    if visibility not in {"visible", "hidden", "all"}:
        raise_bad_request("Invalid value for 'visibility', valid values are: ['all', 'hidden', 'visible']")
    return visibility


def _is_selected(visibility: str, *, hidden: bool) -> bool:
    return visibility == "all" or hidden is (visibility == "hidden")


_PROJECT_LIST = "/projects/{organization}/{project}/environments/"

ROUTES = (
    Route("GET", "/organizations/{organization}/environments/", list_environments, _ORGANIZATION_READ),
    Route("GET", _PROJECT_LIST, list_project_environments, _READ),
    Route("GET", _PROJECT_LIST + "{environment}/", get_environment, _READ),
    Route("PUT", _PROJECT_LIST + "{environment}/", update_environment, _WRITE),
)
