"""Teams of an organization, and their members."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from dexter_graphql.graph.common.avatars import Avatar
from dexter_graphql.graph.common.web_urls import settings_page_url
from dexter_graphql.graph.declarations.fields import Embedded, batch, computed, entity, link, plain, value_type
from dexter_graphql.graph.declarations.wire_types import enum_member
from dexter_graphql.graph.members.enums import TeamRole
from dexter_graphql.graph.members.types import Member
from dexter_graphql.graph.organizations.backlink import OrganizationType, organization_field
from dexter_graphql.graph.relay.connections import Edge, EdgeRow, PageArguments, PageInfo, edges_of, paged
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.projects import projects_by_id
from dexter_graphql.loaders.teams import TeamKey, team_member_pages, teams_by_id
from dexter_graphql.sentry.pagination import Slice

if TYPE_CHECKING:
    from dexter_graphql.graph.projects.types import Project

ProjectType = Annotated["Project", strawberry.lazy("dexter_graphql.graph.projects.types")]
team_role = enum_member(TeamRole)


@value_type
class TeamMemberEdge(Edge[Member]):
    """A member in a team's list, with the role in the team."""

    @computed()
    def role(edge: EdgeRow) -> TeamRole | None:
        """Role in the team; null when the role in the organization decides."""
        found = getattr(edge.row, "teamRole", None)
        return team_role(found) if isinstance(found, str) else found

    @computed()
    def role_raw(edge: EdgeRow) -> str | None:
        """`role` in Sentry's own word."""
        return getattr(edge.row, "teamRole", None)


@value_type
class TeamMemberConnection:
    """A page of a team's members."""

    @computed()
    def edges(page: Slice) -> list[TeamMemberEdge]:
        """Members with their cursors and their roles in the team."""
        return edges_of(page)

    @computed()
    def nodes(page: Slice) -> list[Member | None]:
        """Members alone."""
        return page.rows

    @computed()
    def page_info(page: Slice) -> PageInfo:
        """Where this page stands in the list."""
        return page

    @computed()
    def is_truncated(page: Slice) -> bool:
        """True when fetching stopped at the largest number of rows that one request may compose, before all wanted."""
        return page.stopped


@entity(key=TeamKey, load=teams_by_id)
class Team(Node):
    """People who look after projects together."""

    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id.")
    slug: str = plain(description="Short name in addresses; may change, the id never does.")
    name: str | None = plain(description="Name for people.")
    date_created: datetime | None = plain("dateCreated", description="When the team was made.")
    member_count: int | None = plain("memberCount", description="Number of members.")
    avatar: Avatar | None = plain(description="Its picture.")
    is_member: bool | None = plain(
        "isMember", description="True when the token's own user is in the team.", is_personal=True
    )
    own_role: TeamRole | None = plain(
        "teamRole", description="Role of the token's own user in the team.", is_personal=True
    )
    own_role_raw: str | None = plain("teamRole", description="`ownRole` in Sentry's own word.", is_personal=True)
    has_access: bool | None = plain("hasAccess", description="True when the token may see the team's projects.")
    is_pending: bool | None = plain(
        "isPending", description="True when the token's own user asked to join and has had no answer.", is_personal=True
    )
    projects: list[ProjectType | None] | None = link(
        "projects",
        Embedded(
            "Project",
            members=("id", "slug", "name", "platform", "dateCreated", "isBookmarked", "isMember", "hasAccess"),
            load=projects_by_id,
        ),
        description="Projects that the team looks after.",
    )
    organization: OrganizationType = organization_field()

    @batch(team_member_pages)
    @paged
    def members(*, wanted: PageArguments) -> TeamMemberConnection | None:
        """Members of the team. One call for each team."""
        return list_options(wanted)

    @computed(slug=str)
    def web_url(row: Any) -> str | None:
        """Address of the team's page in Sentry; null when Sentry does not say where its pages are."""
        return settings_page_url(row.parents.organization, "teams", row.slug)
