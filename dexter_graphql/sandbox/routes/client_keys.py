"""Routes of the client keys of projects."""

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, find_or_404
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.serializers import projects
from dexter_graphql.sandbox.world.model import ClientKey

_ORGANIZATION_READ = any_scope("org:admin", "org:read", "org:write")
_READ = any_scope("project:admin", "project:read", "project:write")
_WRITE = any_scope("project:admin", "project:write")
_ADMIN = any_scope("project:admin")


def list_keys(request: Request) -> Response:
    """List the client keys of a project, filtered by `status`."""
    project = request.project
    rows = [key for key in project.keys if _has_status(request, key)]
    return paginate(request, rows, lambda key: projects.serialize_client_key(key, project, request.world.url))


def list_organization_keys(request: Request) -> Response:
    """List the client keys of all projects, filtered by `team` and `status`."""
    team = request.param("team")
    rows = [
        (key, project)
        for project in request.organization.projects
        if team is None or any(team in {t.id, t.slug} for t in project.teams)
        for key in project.keys
        if _has_status(request, key)
    ]
    return paginate(request, rows, lambda row: projects.serialize_client_key(*row, request.world.url))


def get_key(request: Request) -> object:
    """Get a client key."""
    return projects.serialize_client_key(_key_in_path(request), request.project, request.world.url)


def create_key(request: Request) -> Response:
    """Create a client key."""
    public = request.world.new_hex()
    label = str(request.json_object().get("name") or "New Key")
    key = ClientKey(public, label, public, request.world.new_hex(), request.world.now())
    request.project.keys.append(key)
    return Response(projects.serialize_client_key(key, request.project, request.world.url), 201)


def update_key(request: Request) -> object:
    """Change name, status or rate limit of a client key."""
    key, fields = _key_in_path(request), request.json_object()
    key.label = str(fields.get("name") or key.label)
    key.is_active = bool(fields.get("isActive", key.is_active))
    if "rateLimit" in fields:
        limit = fields["rateLimit"]
        numbers = limit if isinstance(limit, dict) else {}
        key.rate_limit_window, key.rate_limit_count = numbers.get("window"), numbers.get("count")
    return get_key(request)


def delete_key(request: Request) -> Response:
    """Delete a client key."""
    request.project.keys.remove(_key_in_path(request))
    return Response(None, 204)


def _has_status(request: Request, key: ClientKey) -> bool:
    status = request.param("status")
    return status is None or key.is_active is (status == "active")


def _key_in_path(request: Request) -> ClientKey:
    return find_or_404(request.project.keys, request.path_params["key"])


_LIST = "/projects/{organization}/{project}/keys/"

ROUTES = (
    Route("GET", _LIST, list_keys, _READ),
    Route("POST", _LIST, create_key, _WRITE),
    Route("GET", _LIST + "{key}/", get_key, _READ),
    Route("PUT", _LIST + "{key}/", update_key, _WRITE),
    Route("DELETE", _LIST + "{key}/", delete_key, _ADMIN),
    Route("GET", "/organizations/{organization}/project-keys/", list_organization_keys, _ORGANIZATION_READ),
)
