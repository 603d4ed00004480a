"""Connections of teams."""

from dexter_graphql.graph.declarations.fields import computed, value_type
from dexter_graphql.graph.declarations.wire_types import enum_member
from dexter_graphql.graph.lazy_types import TeamType
from dexter_graphql.graph.members.enums import TeamRole
from dexter_graphql.graph.relay.connections import Connection, Edge, EdgeRow, edges_of
from dexter_graphql.sentry.pagination import Slice

team_role = enum_member(TeamRole)


@value_type
class TeamEdge(Edge[TeamType]):
    """Team in a list with its cursor."""

    @computed()
    def team_role(edge: EdgeRow) -> TeamRole | None:
        """Role in the team of the member whose teams are listed; null in other lists, and where Sentry sends none."""
        role = getattr(edge.detail, "role", None)
        return team_role(role) if isinstance(role, str) else role

    @computed()
    def team_role_raw(edge: EdgeRow) -> str | None:
        """Value of `teamRole`, as sent by Sentry."""
        return getattr(edge.detail, "role", None)


@value_type
class TeamConnection(Connection[TeamType]):
    """Page of a list of teams."""

    @computed()
    def edges(page: Slice) -> list[TeamEdge]:
        """Teams of the page with their cursors."""
        return edges_of(page)
