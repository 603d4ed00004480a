"""Memberships and the people behind them. Does not know what a member may do elsewhere."""

from dexter_graphql.sandbox.http import Answer, Call, Route, invalid, not_found, paginate, refuse, scopes
from dexter_graphql.sandbox.path_lookups import member_of, tokens
from dexter_graphql.sandbox.serializers import members
from dexter_graphql.sandbox.serializers.actors import user_summary
from dexter_graphql.sandbox.world.model import Member

_READ = scopes("member:admin", "member:read", "member:write")
_INVITE = scopes("member:admin", "member:invite", "member:write")
_NEWER = frozenset({"isSuspended", "experiments"})
"""Members of a user that the retired list never had."""


def list_members(call: Call) -> Answer:
    """The organization's members, narrowed by `query`: `email:`, `id:`, `user.id:`, `role:`, or a text."""
    wanted, text = tokens(call.text("query"), ("email", "id", "user.id", "role", "scope", "isinvited"))
    rows = [one for one in call.organization.members if _matches(one, wanted, text)]
    return paginate(call, rows, members.member)


def get_member(call: Call) -> object:
    """One member with teams and possible roles; `me` is the viewer."""
    return members.member_detail(call.organization, member_of(call))


def invite_member(call: Call) -> Answer:
    """An invitation: a member without a user."""
    fields, organization = call.fields(), call.organization
    email = fields.get("email")
    if not isinstance(email, str) or "@" not in email:
        invalid({"email": ["Enter a valid email address." if email else "This field is required."]})
    if any(one.email == email for one in organization.members):
        invalid({"email": [f"The user {email} is already a member"]})
    inviter = call.user.name if call.user else None
    role = str(fields.get("orgRole") or "member")
    member = Member(call.world.new_id(), email, email, None, role, call.world.now(), inviter_name=inviter)
    organization.members.append(member)
    return Answer(members.member(member), 201)


def update_member(call: Call) -> object:
    """Change the role of a member and the roles in teams."""
    member, fields = member_of(call), call.fields()
    member.org_role = str(fields.get("orgRole") or member.org_role)
    roles = fields.get("teamRoles")
    if isinstance(roles, list):
        found = {str(role["teamSlug"]): str(role["role"]) for role in roles if isinstance(role, dict)}
        member.teams = [team for team in call.organization.teams if team.slug in found]
        member.team_roles = found
    return get_member(call)


def delete_member(call: Call) -> Answer:
    """Remove a member; the last owner stays."""
    member, members = member_of(call), call.organization.members
    if [one for one in members if one.org_role == "owner"] == [member]:
        refuse(403, "You cannot remove the only remaining owner of the organization.")
    members.remove(member)
    return Answer(None, 204)


def list_users(call: Call) -> object:
    """Members with accounts in the shape of the retired list of users; `project` narrows it. Not paged."""
    projects = call.projects()
    return [
        _listed_user(member, [one.slug for one in projects if _shares_team(member, one.teams)])
        for member in call.organization.members
        if member.user and (not call.texts("project") or any(_shares_team(member, p.teams) for p in projects))
    ]


def get_user(call: Call) -> object:
    """A user by id, `me` being the one behind the token."""
    wanted = call.parameters["user"]
    if wanted == "me" or (call.user and call.user.id == wanted):
        return user_summary(call.user or refuse(401, "Authentication credentials were not provided."))
    return not_found()


def _matches(member: Member, wanted: object, text: str) -> bool:
    members = {
        "email": member.email,
        "id": member.id,
        "user.id": member.user.id if member.user else None,
        "role": member.org_role,
        "isinvited": str(member.user is None).lower(),
    }
    if not isinstance(wanted, dict):
        return False
    if any(members.get(key) not in values for key, values in wanted.items() if key in members):
        return False
    return text in member.email.lower() or text in member.name.lower()


def _shares_team(member: Member, teams: object) -> bool:
    return isinstance(teams, list) and any(team in teams for team in member.teams)


def _listed_user(member: Member, slugs: list[str]) -> dict[str, object]:
    user = user_summary(member.user) if member.user else {}
    avatar = {"avatarType": members.LETTERS, "avatarUuid": None}
    return {
        "dateCreated": member.date_created,
        "user": {name: value for name, value in user.items() if name not in _NEWER} | {"avatar": avatar},
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
    Route("GET", "/organizations/{organization}/users/", list_users, scopes("org:read")),
    Route("GET", "/users/{user}/", get_user),
)
