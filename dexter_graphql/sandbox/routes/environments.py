"""Routes of the environments of organizations and projects."""

from urllib.parse import unquote

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
_WITHOUT_NAME = Environment("1", "")


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


def update_environments(request: Request) -> object:
    """Hide or show several environments in a project; unknown names are ignored."""
    project, fields = request.project, request.json_object()
    names, is_hidden = fields.get("environmentNames"), fields.get("isHidden")
    required = {"environmentNames": isinstance(names, list), "isHidden": isinstance(is_hidden, bool)}
    if not all(required.values()):
        raise_validation_error(
            {name: ["This field is required."] for name, is_given in required.items() if not is_given}
        )
    environments = [e for e in request.organization.environments if isinstance(names, list) and e.name in names]
    change = project.hidden_environments.update if is_hidden else project.hidden_environments.difference_update
    change(environment.name for environment in environments)
    return [serialize_project_environment(environment, project) for environment in environments]


def _environment_in_path(request: Request) -> Environment:
    """The environment in the path, which newer servers decode twice; `none` is that of events without one."""
    name = unquote(request.path_params["environment"])
    if name == "none":
        return _WITHOUT_NAME
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
    Route("PUT", _PROJECT_LIST, update_environments, _WRITE),
    Route("GET", _PROJECT_LIST + "{environment}/", get_environment, _READ),
    Route("PUT", _PROJECT_LIST + "{environment}/", update_environment, _WRITE),
)
