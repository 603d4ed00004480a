"""Routes of organizations, and the lookups of short ids and event ids."""

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, raise_bad_request, raise_not_found
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.serializers import events
from dexter_graphql.sandbox.serializers.issues import serialize_issue
from dexter_graphql.sandbox.serializers.projects import serialize_organization

_READ = any_scope("org:read", "org:write", "org:admin")
_WRITE = any_scope("org:write", "org:admin")
_EVENT_READ = any_scope("event:read", "event:write", "event:admin")


def _get_root(request: Request) -> object:
    user = request.user
    about = {"id": user.id, "name": user.name, "email": user.email} if user else None
    return {"version": "0", "auth": {"scopes": sorted(request.token.scopes)}, "user": about}


def _list_organizations(request: Request) -> Response:
    """The token's organizations, filtered by `query` on slug and name, sorted by `sortBy`."""
    text = (request.param("query") or "").lower()
    organizations = [o for o in request.world.organizations if o.slug in request.token.organizations]
    if text:
        organizations = [o for o in organizations if text in o.slug or text in o.name.lower() or text == f"id:{o.id}"]
    if request.param("owner") is not None and request.bool_param("owner"):
        organizations = [
            o
            for o in organizations
            if request.user and any(m.user is request.user and m.org_role == "owner" for m in o.members)
        ]
    if request.param("sortBy") == "members":
        organizations.sort(key=lambda o: -len(o.members))
    return paginate(request, organizations, lambda o: serialize_organization(o, request.world.url))


def _get_organization(request: Request) -> object:
    """The organization with the token's scopes in it, which lists lack."""
    body = serialize_organization(request.organization, request.world.url)
    return body | {"access": sorted(request.token.scopes)}


def _update_organization(request: Request) -> object:
    organization, fields = request.organization, request.json_object()
    name = fields.get("name", organization.name)
    if not isinstance(name, str) or not name.strip():
        raise_bad_request("Invalid name.")
    organization.name = name
    if "isEarlyAdopter" in fields:
        organization.is_early_adopter = bool(fields["isEarlyAdopter"])
    return serialize_organization(organization, request.world.url)


def _resolve_short_id(request: Request) -> object:
    organization = request.organization
    issue = organization.find_issue(request.path_params["short_id"])
    if issue is None or "-" not in request.path_params["short_id"]:
        raise_not_found()
    return {
        "organizationSlug": organization.slug,
        "projectSlug": issue.project.slug,
        "groupId": issue.id,
        "group": serialize_issue(request.world, organization, issue, request.user),
        "shortId": issue.short_id,
    }


def _resolve_event_id(request: Request) -> object:
    organization = request.organization
    event = organization.events.get(request.path_params["event_id"].replace("-", "").lower()) or raise_not_found()
    return {
        "organizationSlug": organization.slug,
        "projectSlug": event.issue.project.slug,
        "groupId": event.issue.id,
        "eventId": event.id,
        "event": events.serialize_event(event),
    }


def _list_regions(request: Request) -> object:
    return {"regions": [{"name": "local", "url": request.world.url}]}


ROUTES = (
    Route("GET", "/", _get_root),
    Route("GET", "/users/me/regions/", _list_regions),
    Route("GET", "/organizations/", _list_organizations, _READ),
    Route("GET", "/organizations/{organization}/", _get_organization, _READ),
    Route("PUT", "/organizations/{organization}/", _update_organization, _WRITE),
    Route("GET", "/organizations/{organization}/shortids/{short_id}/", _resolve_short_id, _EVENT_READ),
    Route("GET", "/organizations/{organization}/eventids/{event_id}/", _resolve_event_id, _READ),
)
