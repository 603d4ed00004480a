"""Client keys of projects. Does not take in what is sent with them."""

from dexter_graphql.sandbox.http import Answer, Call, Route, not_found, paginate, scopes
from dexter_graphql.sandbox.serializers import projects
from dexter_graphql.sandbox.world.model import ClientKey

_ORGANIZATION_READ = scopes("org:admin", "org:read", "org:write")
_READ = scopes("project:admin", "project:read", "project:write")
_WRITE = scopes("project:admin", "project:write")
_ADMIN = scopes("project:admin")


def list_keys(call: Call) -> Answer:
    """The project's client keys, narrowed by `status`."""
    project = call.project
    rows = [one for one in project.keys if _has_status(call, one)]
    return paginate(call, rows, lambda one: projects.key(one, project, call.world.url))


def list_organization_keys(call: Call) -> Answer:
    """The client keys of all projects, narrowed by `team` and `status`."""
    team = call.text("team")
    rows = [
        (key, project)
        for project in call.organization.projects
        if team is None or any(team in {one.id, one.slug} for one in project.teams)
        for key in project.keys
        if _has_status(call, key)
    ]
    return paginate(call, rows, lambda row: projects.key(*row, call.world.url))


def get_key(call: Call) -> object:
    """One client key."""
    return projects.key(_key(call), call.project, call.world.url)


def create_key(call: Call) -> Answer:
    """A new client key."""
    public = call.world.new_hex()
    label = str(call.fields().get("name") or "New Key")
    key = ClientKey(public, label, public, call.world.new_hex(), call.world.now())
    call.project.keys.append(key)
    return Answer(projects.key(key, call.project, call.world.url), 201)


def update_key(call: Call) -> object:
    """Rename, switch or limit a client key."""
    key, fields = _key(call), call.fields()
    key.label = str(fields.get("name") or key.label)
    key.is_active = bool(fields.get("isActive", key.is_active))
    if "rateLimit" in fields:
        limit = fields["rateLimit"]
        numbers = limit if isinstance(limit, dict) else {}
        key.rate_limit_window, key.rate_limit_count = numbers.get("window"), numbers.get("count")
    return get_key(call)


def delete_key(call: Call) -> Answer:
    """Remove a client key."""
    call.project.keys.remove(_key(call))
    return Answer(None, 204)


def _has_status(call: Call, key: ClientKey) -> bool:
    status = call.text("status")
    return status is None or key.is_active is (status == "active")


def _key(call: Call) -> ClientKey:
    wanted = call.parameters["key"]
    return next((one for one in call.project.keys if one.id == wanted), None) or not_found()


_LIST = "/projects/{organization}/{project}/keys/"

ROUTES = (
    Route("GET", _LIST, list_keys, _READ),
    Route("POST", _LIST, create_key, _WRITE),
    Route("GET", _LIST + "{key}/", get_key, _READ),
    Route("PUT", _LIST + "{key}/", update_key, _WRITE),
    Route("DELETE", _LIST + "{key}/", delete_key, _ADMIN),
    Route("GET", "/organizations/{organization}/project-keys/", list_organization_keys, _ORGANIZATION_READ),
)
