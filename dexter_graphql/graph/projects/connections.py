"""Connections of projects."""

from typing import Any

from dexter_graphql.graph.commits.types import CommitConnection
from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.declarations.fields import batch, computed, value_type
from dexter_graphql.graph.lazy_types import ProjectType
from dexter_graphql.graph.relay.connections import Connection, Edge, EdgeRow, PageArguments, edges_of, paged
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.loaders.releases import ReleaseKey, ReleaseProjectKey, project_release_commit_pages
from dexter_graphql.sentry.pagination import Slice


def release_project_key(row: Any) -> ReleaseProjectKey:
    """Key of the release whose projects are listed, in this project."""
    return ReleaseProjectKey(ReleaseKey(row.parents.organization, row.parents.release), str(row.id))


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

    @batch(project_release_commit_pages, key=release_project_key, reads={})
    @paged
    def commits(*, page: PageArguments) -> CommitConnection | None:
        """Commits of the release, as the project lists them. One call per project."""
        return list_options(page)


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
