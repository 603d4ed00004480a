"""Connections of members."""

from dexter_graphql.graph.declarations.fields import computed, value_type
from dexter_graphql.graph.declarations.wire_types import enum_member
from dexter_graphql.graph.lazy_types import MemberType
from dexter_graphql.graph.members.enums import TeamRole
from dexter_graphql.graph.relay.connections import Connection, Edge, EdgeRow, edges_of
from dexter_graphql.sentry.pagination import Slice

team_role = enum_member(TeamRole)


@value_type
class MemberEdge(Edge[MemberType]):
    """Member in a list with its cursor."""

    @computed()
    def team_role(edge: EdgeRow) -> TeamRole | None:
        """Role in the team whose members are listed; null when it follows from the role in the organization.

        Null in all other lists.
        """
        role = getattr(edge.row, "teamRole", None)
        return team_role(role) if isinstance(role, str) else role

    @computed()
    def team_role_raw(edge: EdgeRow) -> str | None:
        """Value of `teamRole`, as sent by Sentry."""
        return getattr(edge.row, "teamRole", None)


@value_type
class MemberConnection(Connection[MemberType]):
    """Page of a list of members."""

    @computed()
    def edges(page: Slice) -> list[MemberEdge]:
        """Members of the page with their cursors."""
        return edges_of(page)
