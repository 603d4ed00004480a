"""JSON of members and teams."""

from typing import Any, Final

from dexter_graphql.sandbox.serializers.actors import serialize_actor, serialize_user
from dexter_graphql.sandbox.vintages import Capability, Vintage
from dexter_graphql.sandbox.world.model import Assignee, Member, Organization, Team

LETTER_AVATAR: Final = "letter_avatar"
_FLAGS = ("idp:provisioned", "idp:role-restricted", "sso:linked", "sso:invalid")
_LIMITS = ("member-limit:restricted", "partnership:restricted")
_ROLES = {
    "billing": ("Billing", "Can manage subscription and billing details."),
    "member": ("Member", "Members can view and act on events, as well as view most other data."),
    "admin": ("Admin", "Admin privileges on any teams of which they're a member."),
    "manager": ("Manager", "Gains admin access on all teams as well as the ability to add and remove members."),
    "owner": ("Owner", "Unrestricted access to the organization, its data, and its settings."),
}
_TEAM_ROLES = {
    "contributor": ("Contributor", "Contributors can view and act on events."),
    "admin": ("Team Admin", "Admin privileges on the team."),
}


_ROLE_MEMBERS = frozenset({"orgRole", "teamRoles", "teamRole", "orgRoleList", "teamRoleList"})
"""Members that came with separate roles in organizations and teams."""


def serialize_avatar() -> dict[str, Any]:
    """The letter avatar of teams, projects and organizations."""
    return {"avatarType": LETTER_AVATAR, "avatarUuid": None, "avatarUrl": None}


def serialize_owner(organization: Organization, reference: str | None) -> dict[str, Any] | None:
    """The actor for `user:ID` or `team:ID`."""
    kind, _, key = (reference or "").partition(":")
    team = organization.find_team(key) if kind == "team" else None
    user = next((user for user in organization.users() if kind == "user" and user.id == key), None)
    return serialize_actor(Assignee(user, team))


def serialize_member(membership: Member, vintage: Vintage) -> dict[str, Any]:
    """A member in a list. Its id differs from the id of the user."""
    body: dict[str, Any] = {
        "id": membership.id,
        "email": membership.email,
        "name": membership.name,
        "user": serialize_user(membership.user) if membership.user else None,
        "orgRole": membership.org_role,
        "pending": membership.user is None,
        "expired": False,
        "flags": dict.fromkeys(_FLAGS + _LIMITS, False),
        "dateCreated": membership.date_created,
        "inviteStatus": membership.invite_status,
        "inviterName": membership.inviter_name,
        "externalUsers": [],
    }
    return body if vintage.has(Capability.ORGANIZATION_ROLES) else _with_role(body, membership)


def _with_role(body: dict[str, Any], membership: Member) -> dict[str, Any]:
    """The older shape, with `role` instead of the roles in organization and teams."""
    older = {name: value for name, value in body.items() if name not in _ROLE_MEMBERS}
    return older | {"role": membership.org_role, "roleName": _ROLES[membership.org_role][0]}


def serialize_team_member(membership: Member, team: Team, vintage: Vintage) -> dict[str, Any]:
    """A member in the list of a team."""
    body = serialize_member(membership, vintage) | {
        "role": membership.org_role,
        "roleName": _ROLES[membership.org_role][0],
        "teamRole": membership.team_roles.get(team.slug),
        "teamSlug": team.slug,
    }
    return body if vintage.has(Capability.ORGANIZATION_ROLES) else _with_role(body, membership)


def serialize_member_detail(organization: Organization, membership: Member, vintage: Vintage) -> dict[str, Any]:
    """A member with teams and available roles."""
    owners = [member for member in organization.members if member.org_role == "owner"]
    body = serialize_member(membership, vintage) | {
        "role": membership.org_role,
        "roleName": _ROLES[membership.org_role][0],
        "teams": [team.slug for team in membership.teams],
        "teamRoles": [
            {"teamSlug": team.slug, "role": membership.team_roles.get(team.slug, "contributor")}
            for team in membership.teams
        ],
        "invite_link": None,
        "isOnlyOwner": owners == [membership],
        "orgRoleList": [_role(key) for key in _ROLES],
        "teamRoleList": [_team_role(key) for key in _TEAM_ROLES],
    }
    return body if vintage.has(Capability.ORGANIZATION_ROLES) else _with_role(body, membership)


def serialize_team(record: Team, organization: Organization, viewer: Member | None) -> dict[str, Any]:
    """A team; `isMember` and `teamRole` depend on the viewer."""
    is_member = viewer is not None and record in viewer.teams
    return {
        "id": record.id,
        "slug": record.slug,
        "name": record.name,
        "dateCreated": record.date_created,
        "isMember": is_member,
        "teamRole": (viewer.team_roles.get(record.slug, "contributor") if viewer and is_member else None),
        "flags": {"idp:provisioned": False},
        "access": ["event:read", "org:read", "project:read", "project:releases", "team:read"],
        "hasAccess": True,
        "isPending": False,
        "memberCount": sum(record in member.teams for member in organization.members),
        "avatar": serialize_avatar(),
    }


def _role(key: str) -> dict[str, Any]:
    name, description = _ROLES[key]
    return {
        "id": key,
        "name": name,
        "desc": description,
        "scopes": ["org:billing"] if key == "billing" else ["event:read", "org:read", "project:read", "team:read"],
        "allowed": True,
        "isAllowed": True,
        "isRetired": key == "admin",
        "isTeamRolesAllowed": key != "billing",
        "is_global": key in {"manager", "owner"},
        "isGlobal": key in {"manager", "owner"},
        "minimumTeamRole": "contributor" if key in {"billing", "member"} else "admin",
    }


def _team_role(key: str) -> dict[str, Any]:
    name, description = _TEAM_ROLES[key]
    return {
        "id": key,
        "name": name,
        "desc": description,
        "scopes": ["event:read", "project:read", "team:read"],
        "allowed": True,
        "isAllowed": True,
        "isRetired": False,
        "isTeamRolesAllowed": True,
        "isMinimumRoleFor": "admin" if key == "admin" else None,
    }
