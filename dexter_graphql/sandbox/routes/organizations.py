"""Routes of organizations themselves, and the two lookups below them: short ids and event ids."""

from dexter_graphql.sandbox.http import Answer, Call, Route, bad_request, not_found, paginate, scopes
from dexter_graphql.sandbox.serializers import events
from dexter_graphql.sandbox.serializers.issues import updated_issue
from dexter_graphql.sandbox.world.model import Organization
from dexter_graphql.sandbox.world.state import World

_READ = scopes("org:read", "org:write", "org:admin")
_WRITE = scopes("org:write", "org:admin")
_EVENT_READ = scopes("event:read", "event:write", "event:admin")


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


def _root(call: Call) -> object:
    user = call.user
    about = {"id": user.id, "name": user.name, "email": user.email} if user else None
    return {"version": "0", "auth": {"scopes": sorted(call.token.scopes)}, "user": about}


def _list(call: Call) -> Answer:
    """The token's organizations, filtered by `query` on slug and name, sorted by `sortBy`."""
    wanted = (call.text("query") or "").lower()
    found = [o for o in call.world.organizations if o.slug in call.token.organizations]
    if wanted:
        found = [o for o in found if wanted in o.slug or wanted in o.name.lower() or wanted == f"id:{o.id}"]
    if call.text("owner") is not None and call.flag("owner"):
        found = [
            o for o in found if call.user and any(m.user is call.user and m.org_role == "owner" for m in o.members)
        ]
    if call.text("sortBy") == "members":
        found.sort(key=lambda o: -len(o.members))
    return paginate(call, found, lambda o: organization_body(call.world, o))


def _detail(call: Call) -> object:
    return organization_body(call.world, call.organization)


def _update(call: Call) -> object:
    organization, fields = call.organization, call.fields()
    name = fields.get("name", organization.name)
    if not isinstance(name, str) or not name.strip():
        bad_request("Invalid name.")
    organization.name = name
    if "isEarlyAdopter" in fields:
        organization.is_early_adopter = bool(fields["isEarlyAdopter"])
    return organization_body(call.world, organization)


def _short_id(call: Call) -> object:
    organization = call.organization
    issue = organization.find_issue(call.parameters["short_id"])
    if issue is None or "-" not in call.parameters["short_id"]:
        not_found()
    return {
        "organizationSlug": organization.slug,
        "projectSlug": issue.project.slug,
        "groupId": issue.id,
        "group": updated_issue(call.world, organization, issue, call.user),
        "shortId": issue.short_id,
    }


def _event_id(call: Call) -> object:
    organization = call.organization
    event = organization.events.get(call.parameters["event_id"].replace("-", "").lower()) or not_found()
    return {
        "organizationSlug": organization.slug,
        "projectSlug": event.issue.project.slug,
        "groupId": event.issue.id,
        "eventId": event.id,
        "event": events.whole(event),
    }


def _regions(call: Call) -> object:
    return {"regions": [{"name": "local", "url": call.world.url}]}


ROUTES = (
    Route("GET", "/", _root),
    Route("GET", "/users/me/regions/", _regions),
    Route("GET", "/organizations/", _list, _READ),
    Route("GET", "/organizations/{organization}/", _detail, _READ),
    Route("PUT", "/organizations/{organization}/", _update, _WRITE),
    Route("GET", "/organizations/{organization}/shortids/{short_id}/", _short_id, _EVENT_READ),
    Route("GET", "/organizations/{organization}/eventids/{event_id}/", _event_id, _READ),
)
