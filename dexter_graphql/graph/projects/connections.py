"""Connections of projects."""

from typing import Any

from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.declarations.fields import computed, value_type
from dexter_graphql.graph.lazy_types import ProjectType
from dexter_graphql.graph.relay.connections import Connection, Edge, EdgeRow, edges_of
from dexter_graphql.sentry.pagination import Slice


@value_type
class ProjectInRelease:
    """Figures of a release in one of its projects."""

    @computed(newGroups=int | None)
    def new_issue_count(row: Any) -> BigInt | None:
        """Number of issues of the project that were first seen in the release."""
        return row.newGroups

    @computed(hasHealthData=bool | None)
    def has_health_data(row: Any) -> bool | None:
        """True when the project has health data for the release."""
        return row.hasHealthData


@value_type
class ProjectEdge(Edge[ProjectType]):
    """Project in a list with its cursor."""

    @computed()
    def in_release(edge: EdgeRow) -> ProjectInRelease | None:
        """Figures of the release whose projects are listed; null in other lists."""
        return edge.detail


@value_type
class ProjectConnection(Connection[ProjectType]):
    """Page of a list of projects."""

    @computed()
    def edges(page: Slice) -> list[ProjectEdge]:
        """Projects of the page with their cursors."""
        return edges_of(page)
