"""Members of an organization, and the users that they are."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from dexter_graphql.graph.common.web_urls import settings_page_url
from dexter_graphql.graph.declarations.fields import (
    DETAIL,
    Embedded,
    batch,
    computed,
    entity,
    link,
    plain,
    value_type,
)
from dexter_graphql.graph.members.enums import InviteStatus, OrganizationRole, TeamRole
from dexter_graphql.graph.organizations.backlink import OrganizationType, organization_field
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.members import MemberKey, UserKey, member_details, members_by_user, users_by_id
from dexter_graphql.loaders.teams import TeamName, teams_by_slug

if TYPE_CHECKING:
    from dexter_graphql.graph.teams.types import Team

TeamType = Annotated["Team", strawberry.lazy("dexter_graphql.graph.teams.types")]


@entity(key=UserKey, load=users_by_id, representations=("member",))
class User(Node):
    """A person with an account at Sentry, seen as a member of one organization."""

    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id.")
    name: str | None = plain(description="Full name, or the e-mail address when there is none.")
    email: str | None = plain(description="E-mail address.")
    username: str | None = plain(description="User name.")
    avatar_url: str | None = plain("avatarUrl", description="Address of the picture.")
    is_active: bool | None = plain("isActive", description="False when the account is closed.")
    is_suspended: bool | None = plain("isSuspended", description="True when Sentry has suspended the account.")
    is_managed: bool | None = plain("isManaged", description="True when a company's directory manages the account.")
    has_two_factor: bool | None = plain("has2fa", description="True when signing in takes a second factor.")
    has_password: bool | None = plain(
        "hasPasswordAuth", description="True when signing in with a password is possible."
    )
    date_joined: datetime | None = plain("dateJoined", description="When the account was made.")
    last_login: datetime | None = plain("lastLogin", description="When the person last signed in.")
    last_active: datetime | None = plain("lastActive", description="When the person last did anything.")
    member: Annotated["Member", strawberry.lazy("dexter_graphql.graph.members.types")] | None = batch(
        members_by_user, description="The membership in this organization."
    )


@value_type
class MemberFlags:
    """What is special about a membership."""

    is_provisioned: bool | None = plain("idp:provisioned", description="True when a company's directory made it.")
    is_role_restricted: bool | None = plain(
        "idp:role-restricted", description="True when the role comes from a company's directory."
    )
    is_sso_linked: bool | None = plain("sso:linked", description="True when the person has signed in with SSO.")
    is_sso_invalid: bool | None = plain("sso:invalid", description="True when that sign-in is no longer valid.")
    is_over_limit: bool | None = plain(
        "member-limit:restricted", description="True when the plan has no seat for this member."
    )
    is_partnership_restricted: bool | None = plain(
        "partnership:restricted", description="True when a partner's agreement restricts this member."
    )


@value_type
class MemberTeam:
    """A team that a member belongs to."""

    slug: str | None = plain("teamSlug", description="Slug of the team.")
    role: TeamRole | None = plain(description="Role in the team.")
    role_raw: str | None = plain("role", description="`role` in Sentry's own word.")
    team: TeamType | None = batch(
        teams_by_slug,
        key=lambda row: TeamName(row.parents.organization, row.teamSlug) if row.teamSlug else None,
        reads={"teamSlug": str},
        description="The team; null when it no longer exists.",
    )


@entity(key=MemberKey, load=member_details)
class Member(Node):
    """A place in an organization: of a user, or of somebody who was invited and has not answered yet."""

    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id; not the id of the user.")
    email: str = plain(description="E-mail address.")
    name: str = plain(description="Full name, or the e-mail address.")
    org_role: OrganizationRole | None = plain("orgRole", description="Role in the organization.")
    org_role_raw: str | None = plain("orgRole", description="`orgRole` in Sentry's own word.")
    pending: bool = plain(description="True while the invitation has not been accepted.")
    expired: bool = plain(description="True when the invitation has expired.")
    flags: MemberFlags | None = plain(description="What is special about this membership.")
    date_created: datetime = plain("dateCreated", description="When the person was invited or joined.")
    invite_status: InviteStatus | None = plain("inviteStatus", description="How far the invitation has come.")
    invite_status_raw: str | None = plain("inviteStatus", description="`inviteStatus` in Sentry's own word.")
    inviter_name: str | None = plain("inviterName", description="Name of the person who invited this one.")
    is_only_owner: bool | None = plain(
        "isOnlyOwner", representations=(DETAIL,), description="True for the last owner. One call for each member."
    )
    teams: list[MemberTeam | None] | None = plain(
        "teamRoles", representations=(DETAIL,), description="Teams with the roles in them. One call for each member."
    )
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
        description="The user; null while the invitation has not been accepted.",
    )  # fmt: skip
    organization: OrganizationType = organization_field()

    @computed(id=int | str)
    def web_url(row: Any) -> str | None:
        """Address of the member's page in Sentry; null when Sentry does not say where its pages are."""
        return settings_page_url(row.parents.organization, "members", str(row.id))
