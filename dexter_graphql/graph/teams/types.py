"""Teams."""

from datetime import datetime
from typing import Any

import strawberry

from dexter_graphql.graph.common.avatars import Avatar
from dexter_graphql.graph.common.web_urls import settings_page_url
from dexter_graphql.graph.declarations.fields import Embedded, batch, computed, entity, link, plain
from dexter_graphql.graph.lazy_types import OrganizationType
from dexter_graphql.graph.members.connections import MemberConnection
from dexter_graphql.graph.members.enums import TeamRole
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.projects.connections import ProjectConnection
from dexter_graphql.graph.relay.connections import PageArguments, paged, slice_of
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.projects import projects_by_id
from dexter_graphql.loaders.teams import TeamKey, team_member_pages, teams_by_id


@entity(key=TeamKey, load=teams_by_id)
class Team(Node):
    """Team of an organization."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    slug: str = plain(description="Slug in URLs. It can change; the ID cannot.")
    name: str | None = plain(description="Display name of the team.")
    created_at: datetime | None = plain("dateCreated", description="Time when the team was created.")
    member_count: int | None = plain("memberCount", description="Number of members.")
    avatar: Avatar | None = plain(description="Avatar of the team.")
    is_member: bool | None = plain(
        "isMember", description="True when the user of the token is a member of the team.", is_personal=True
    )
    own_role: TeamRole | None = plain(
        "teamRole",
        description="Role of the user of the token in the team; null when the user is not a member.",
        is_personal=True,
    )
    own_role_raw: str | None = plain("teamRole", description="Value of `ownRole`, as sent by Sentry.", is_personal=True)
    has_access: bool | None = plain(
        "hasAccess", description="True when the token has access to the projects of the team."
    )
    is_pending: bool | None = plain(
        "isPending", description="True when the user of the token has a pending request to join.", is_personal=True
    )
    organization: OrganizationType = organization_field()

    @link(
        "projects",
        Embedded(
            "Project",
            members=("id", "slug", "name", "platform", "dateCreated", "isBookmarked", "isMember", "hasAccess"),
            load=projects_by_id,
        ),
    )
    @paged
    def projects(records: list[Any], *, page: PageArguments) -> ProjectConnection | None:
        """Projects of the team."""
        return slice_of(records, page)

    @batch(team_member_pages)
    @paged
    def members(*, page: PageArguments) -> MemberConnection | None:
        """Members of the team, with their roles in it on the edges. One call per team."""
        return list_options(page)

    @computed(slug=str)
    def web_url(row: Any) -> str | None:
        """URL of the team in Sentry; null when the web address of the organization is unknown."""
        return settings_page_url(row.parents.organization, "teams", row.slug)
