"""Routes of organizations themselves, and the two lookups below them: short ids and event ids."""

from dexter_graphql.sandbox.http import (
    Request,
    Response,
    Route,
    any_scope,
    paginate,
    raise_bad_request,
    raise_not_found,
)
from dexter_graphql.sandbox.serializers import events
from dexter_graphql.sandbox.serializers.issues import serialize_issue
from dexter_graphql.sandbox.world.model import Organization
from dexter_graphql.sandbox.world.state import World

_READ = any_scope("org:read", "org:write", "org:admin")
_WRITE = any_scope("org:write", "org:admin")
_EVENT_READ = any_scope("event:read", "event:write", "event:admin")


def organization_body(world: World, organization: Organization) -> dict[str, object]:
    """An organization, in the one shape that list and detail share."""
    return {
        "id": organization.id,
        "slug": organization.slug,
        "status": {"id": "active", "name": "active"},
        "name": organization.name,
        "dateCreated": organization.date_created,
        "isEarlyAdopter": organization.is_early_adopter,
        "require2FA": False,
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
        "links": {
            "organizationUrl": f"{world.url}/organizations/{organization.slug}",
            "regionUrl": organization.region_url or world.url,
        },
        "hasAuthProvider": False,
        "allowMemberInvite": True,
        "allowMemberProjectCreation": True,
        "allowSuperuserAccess": False,
        "features": list(organization.features),
    }


def _root(request: Request) -> object:
    user = request.user
    about = {"id": user.id, "name": user.name, "email": user.email} if user else None
    return {"version": "0", "auth": {"scopes": sorted(request.token.scopes)}, "user": about}


def _list(request: Request) -> Response:
    """The token's organizations, filtered by `query` on slug and name, sorted by `sortBy`."""
    wanted = (request.param("query") or "").lower()
    found = [o for o in request.world.organizations if o.slug in request.token.organizations]
    if wanted:
        found = [o for o in found if wanted in o.slug or wanted in o.name.lower() or wanted == f"id:{o.id}"]
    if request.param("owner") is not None and request.bool_param("owner"):
        found = [
            o
            for o in found
            if request.user and any(m.user is request.user and m.org_role == "owner" for m in o.members)
        ]
    if request.param("sortBy") == "members":
        found.sort(key=lambda o: -len(o.members))
    return paginate(request, found, lambda o: organization_body(request.world, o))


def _detail(request: Request) -> object:
    return organization_body(request.world, request.organization)


def _update(request: Request) -> object:
    organization, fields = request.organization, request.json_object()
    name = fields.get("name", organization.name)
    if not isinstance(name, str) or not name.strip():
        raise_bad_request("Invalid name.")
    organization.name = name
    if "isEarlyAdopter" in fields:
        organization.is_early_adopter = bool(fields["isEarlyAdopter"])
    return organization_body(request.world, organization)


def _short_id(request: Request) -> object:
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


def _event_id(request: Request) -> object:
    organization = request.organization
    event = organization.events.get(request.path_params["event_id"].replace("-", "").lower()) or raise_not_found()
    return {
        "organizationSlug": organization.slug,
        "projectSlug": event.issue.project.slug,
        "groupId": event.issue.id,
        "eventId": event.id,
        "event": events.serialize_event(event),
    }


def _regions(request: Request) -> object:
    return {"regions": [{"name": "local", "url": request.world.url}]}


ROUTES = (
    Route("GET", "/", _root),
    Route("GET", "/users/me/regions/", _regions),
    Route("GET", "/organizations/", _list, _READ),
    Route("GET", "/organizations/{organization}/", _detail, _READ),
    Route("PUT", "/organizations/{organization}/", _update, _WRITE),
    Route("GET", "/organizations/{organization}/shortids/{short_id}/", _short_id, _EVENT_READ),
    Route("GET", "/organizations/{organization}/eventids/{event_id}/", _event_id, _READ),
)
