"""Members of an organization and their users."""

from datetime import datetime
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.common.web_urls import settings_page_url
from dexter_graphql.graph.declarations.fields import (
    DETAIL,
    Embedded,
    batch,
    computed,
    entity,
    first_of,
    link,
    plain,
    value_type,
)
from dexter_graphql.graph.lazy_types import MemberType, OrganizationType
from dexter_graphql.graph.members.enums import InviteStatus, OrganizationRole
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.relay.connections import PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.graph.teams.connections import TeamConnection
from dexter_graphql.loaders.members import MemberKey, UserKey, member_details, members_by_user, users_by_id
from dexter_graphql.loaders.teams import MembershipsKey, TeamMembership, member_team_pages
from dexter_graphql.sentry.lenient import member_or_invalid


@entity(key=UserKey, load=users_by_id, representations=("member",))
class User(Node):
    """User account in Sentry, as a member of one organization."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    name: str | None = plain(description="Full name of the user, or the email address when none is set.")
    email: str | None = plain(description="Email address of the user.")
    username: str | None = plain(description="User name of the account.")
    avatar_url: str | None = plain("avatarUrl", description="URL of the avatar image.")
    is_active: bool | None = plain("isActive", description="False when the account is deactivated.")
    is_suspended: bool | None = plain("isSuspended", description="True when Sentry has suspended the account.")
    is_managed: bool | None = plain(
        "isManaged", description="True when the account is managed by an identity provider."
    )
    has_two_factor: bool | None = plain("has2fa", description="True when two-factor authentication is enabled.")
    has_password: bool | None = plain(
        "hasPasswordAuth", description="True when the account can sign in with a password."
    )
    joined_at: datetime | None = plain("dateJoined", description="Time when the account was created.")
    last_login_at: datetime | None = plain("lastLogin", description="Time of the last sign-in.")
    last_active_at: datetime | None = plain("lastActive", description="Time of the last activity.")
    member: MemberType | None = batch(members_by_user, description="Membership of the user in the organization.")


@value_type
class MemberFlags:
    """Flags of a membership."""

    is_provisioned: bool | None = plain(
        "idp:provisioned", description="True when the membership was provisioned by an identity provider."
    )
    is_role_restricted: bool | None = plain(
        "idp:role-restricted", description="True when the role is managed by an identity provider."
    )
    is_sso_linked: bool | None = plain("sso:linked", description="True when the account is linked to SSO.")
    is_sso_invalid: bool | None = plain("sso:invalid", description="True when the SSO link is no longer valid.")
    is_over_limit: bool | None = plain(
        "member-limit:restricted", description="True when the member exceeds the member limit of the plan."
    )
    is_partnership_restricted: bool | None = plain(
        "partnership:restricted", description="True when the member is restricted by a partnership agreement."
    )


class TeamRoleItem(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`teamRoles` item of a member."""

    team_slug: str
    role: str | None = None


TEAM_ROLES = {"teamRoles": list[TeamRoleItem] | None, "teams": list[str] | None}
"""Teams of a member with the roles in them, and the slugs alone, which some releases send instead."""


def _memberships(row: Any) -> MembershipsKey | None:
    if row.teamRoles is not None:
        memberships = [
            TeamMembership(item.team_slug, member_or_invalid(item, "role")) for item in row.teamRoles if item.team_slug
        ]
    elif row.teams is not None:
        memberships = [TeamMembership(slug, None) for slug in row.teams]
    else:
        return None
    return MembershipsKey(row.parents.organization, tuple(memberships))


@entity(key=MemberKey, load=member_details)
class Member(Node):
    """Member of an organization or pending invitation."""

    sentry_id: strawberry.ID = plain(
        "id", description="Numeric ID of the member in Sentry's API. It differs from the ID of the user."
    )
    email: str | None = plain(description="Email address of the member.")
    name: str | None = plain(description="Full name of the member, or the email address when none is set.")
    org_role: OrganizationRole | None = first_of(
        "orgRole", "role", description="Role of the member in the organization."
    )
    org_role_raw: str | None = first_of("orgRole", "role", description="Value of `orgRole`, as sent by Sentry.")
    is_pending: bool | None = plain("pending", description="True while the invitation has not been accepted.")
    is_expired: bool | None = plain("expired", description="True when the invitation has expired.")
    flags: MemberFlags | None = plain(description="Flags of the membership.")
    created_at: datetime | None = plain("dateCreated", description="Time when the member was invited or joined.")
    invite_status: InviteStatus | None = plain("inviteStatus", description="Status of the invitation.")
    invite_status_raw: str | None = plain("inviteStatus", description="Value of `inviteStatus`, as sent by Sentry.")
    inviter_name: str | None = plain(
        "inviterName", description="Name of the person who sent the invitation; null when there was none."
    )
    is_only_owner: bool | None = plain(
        "isOnlyOwner",
        representations=(DETAIL,),
        description="True when the member is the only owner of the organization. One call per member.",
    )

    @batch(member_team_pages, key=_memberships, reads=TEAM_ROLES, representations=(DETAIL,))
    @paged
    def teams(*, page: PageArguments) -> TeamConnection | None:
        """Teams of the member, with the roles in them on the edges. One call per member."""
        return list_options(page)

    user: User | None = link(
        "user",
        Embedded(
            "User",
            members=(
                "id", "name", "email", "username", "avatarUrl", "isActive", "isSuspended", "isManaged", "has2fa",
                "hasPasswordAuth", "dateJoined", "lastLogin", "lastActive",
            ),
            load=users_by_id,
        ),
        description="User account of the member; null while the invitation has not been accepted.",
    )  # fmt: skip
    organization: OrganizationType = organization_field()

    @computed(id=int | str)
    def web_url(row: Any) -> str | None:
        """URL of the member in Sentry; null when the web address of the organization is unknown."""
        return settings_page_url(row.parents.organization, "members", str(row.id))
