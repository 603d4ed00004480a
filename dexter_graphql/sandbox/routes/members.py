"""Routes of members and users."""

from dexter_graphql.sandbox.http import (
    Request,
    Response,
    Route,
    any_scope,
    raise_http_error,
    raise_not_found,
    raise_validation_error,
)
from dexter_graphql.sandbox.list_filters import parse_filters
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.path_lookups import get_member_in_path
from dexter_graphql.sandbox.serializers import members
from dexter_graphql.sandbox.serializers.actors import serialize_user
from dexter_graphql.sandbox.vintages import Capability
from dexter_graphql.sandbox.world.model import Member

_READ = any_scope("member:admin", "member:read", "member:write")
_INVITE = any_scope("member:admin", "member:invite", "member:write")
_OMITTED_MEMBERS = frozenset({"isSuspended", "experiments"})
"""Members of a user that the legacy list omits."""


def list_members(request: Request) -> Response:
    """List the members, filtered by `query`: `email:`, `id:`, `user.id:`, `role:` or text."""
    keys = {"email", "id", "user.id", "role", "scope", "isinvited"}
    known = keys if request.has(Capability.MEMBER_SEARCH_BY_USER) else keys - {"user.id"}
    filters, text = parse_filters(request.param("query"), known)
    rows = [member for member in request.organization.members if _matches(member, filters, text)]
    return paginate(request, rows, lambda member: members.serialize_member(member, request.world.vintage))


def get_member(request: Request) -> object:
    """Get a member with teams and available roles; `me` is the viewer."""
    return members.serialize_member_detail(request.organization, get_member_in_path(request), request.world.vintage)


def invite_member(request: Request) -> Response:
    """Invite a member, who has no user until the invitation is accepted."""
    fields, organization = request.json_object(), request.organization
    email = fields.get("email")
    if not isinstance(email, str) or "@" not in email:
        raise_validation_error({"email": ["Enter a valid email address." if email else "This field is required."]})
    if any(member.email == email for member in organization.members):
        raise_validation_error({"email": [f"The user {email} is already a member"]})
    inviter = request.user.name if request.user else None
    role = str(fields.get(_role_field(request)) or "member")
    member = Member(request.world.new_id(), email, email, None, role, request.world.now(), inviter_name=inviter)
    organization.members.append(member)
    return Response(members.serialize_member(member, request.world.vintage), 201)


def update_member(request: Request) -> object:
    """Change the role of a member and the team roles."""
    member, fields = get_member_in_path(request), request.json_object()
    member.org_role = str(fields.get(_role_field(request)) or member.org_role)
    team_roles = _parse_team_roles(request, fields)
    if team_roles is not None:
        member.teams = [team for team in request.organization.teams if team.slug in team_roles]
        member.team_roles = team_roles
    return get_member(request)


def delete_member(request: Request) -> Response:
    """Remove a member; 403 for the last owner."""
    member, members = get_member_in_path(request), request.organization.members
    if [member for member in members if member.org_role == "owner"] == [member]:
        raise_http_error(403, "You cannot remove the only remaining owner of the organization.")
    members.remove(member)
    return Response(None, 204)


def _parse_team_roles(request: Request, fields: dict[str, object]) -> dict[str, str] | None:
    """Roles by slug of the team; older releases take a list of slugs."""
    if request.has(Capability.ORGANIZATION_ROLES):
        roles = fields.get("teamRoles")
        if not isinstance(roles, list):
            return None
        return {str(role["teamSlug"]): str(role["role"]) for role in roles if isinstance(role, dict)}
    slugs = fields.get("teams")
    return dict.fromkeys(map(str, slugs), "contributor") if isinstance(slugs, list) else None


def _role_field(request: Request) -> str:
    return "orgRole" if request.has(Capability.ORGANIZATION_ROLES) else "role"


def list_users(request: Request) -> object:
    """List the members with accounts in the legacy shape, filtered by `project`. Not paginated."""
    projects = request.selected_projects()
    return [
        _serialize_legacy_user(member, [project.slug for project in projects if _shares_team(member, project.teams)])
        for member in request.organization.members
        if member.user and (not request.param_list("project") or any(_shares_team(member, p.teams) for p in projects))
    ]


def get_user(request: Request) -> object:
    """Get the token's user by id or as `me`; 404 for other users."""
    user_id = request.path_params["user"]
    if user_id == "me" or (request.user and request.user.id == user_id):
        return serialize_user(request.user or raise_http_error(401, "Authentication credentials were not provided."))
    return raise_not_found()


def _matches(member: Member, filters: object, text: str) -> bool:
    members = {
        "email": member.email,
        "id": member.id,
        "user.id": member.user.id if member.user else None,
        "role": member.org_role,
        "isinvited": str(member.user is None).lower(),
    }
    if not isinstance(filters, dict):
        return False
    if any(members.get(key) not in values for key, values in filters.items() if key in members):
        return False
    return text in member.email.lower() or text in member.name.lower()


def _shares_team(member: Member, teams: object) -> bool:
    return isinstance(teams, list) and any(team in teams for team in member.teams)


def _serialize_legacy_user(member: Member, slugs: list[str]) -> dict[str, object]:
    user = serialize_user(member.user) if member.user else {}
    avatar = {"avatarType": members.LETTER_AVATAR, "avatarUuid": None}
    return {
        "dateCreated": member.date_created,
        "user": {name: value for name, value in user.items() if name not in _OMITTED_MEMBERS} | {"avatar": avatar},
        "roleName": member.org_role.title(),
        "expired": False,
        "id": member.id,
        "projects": slugs,
        "name": member.name,
        "role": member.org_role,
        "flags": {},
        "email": member.email,
        "pending": False,
    }


_LIST = "/organizations/{organization}/members/"

ROUTES = (
    Route("GET", _LIST, list_members, _READ),
    Route("POST", _LIST, invite_member, _INVITE),
    Route("GET", _LIST + "{member}/", get_member, _READ),
    Route("PUT", _LIST + "{member}/", update_member, _INVITE),
    Route("DELETE", _LIST + "{member}/", delete_member, _READ),
    Route("GET", "/organizations/{organization}/users/", list_users, any_scope("org:read")),
    Route("GET", "/users/{user}/", get_user),
)
