"""Connections of projects."""

from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import within
from dexter_graphql.graph.commits.types import CommitConnection
from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.declarations.fields import ID, batch, call, computed, value_type
from dexter_graphql.graph.lazy_types import ProjectType
from dexter_graphql.graph.relay.connections import Connection, Edge, EdgeRow, PageArguments, edges_of, paged
from dexter_graphql.graph.relay.global_ids import key_from_id
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.graph.releases.files import Checksums, FileNames, ReleaseFile, file_list
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.release_files import ReleaseFileKey, project_release_file, project_release_file_pages
from dexter_graphql.loaders.releases import ReleaseKey, ReleaseProjectKey, project_release_commit_pages
from dexter_graphql.sentry.catalogue import release_files
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

    @batch(project_release_file_pages, key=release_project_key, reads={})
    @paged
    def files(
        *, names: FileNames = None, checksums: Checksums = None, page: PageArguments
    ) -> Connection[ReleaseFile] | None:
        """Files of the release, as the project lists them. One call per project."""
        return file_list(names, checksums, page)

    @call(uses=(release_files.PROJECT_DETAIL,), reads={"id": ID}, target="ReleaseFile")
    async def file(
        row: Any,
        load_context: LoadContext,
        *,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global ID of the file.")],
    ) -> ReleaseFile | None:
        """File of the release, as the project has it; null when it does not exist there."""
        release = release_project_key(row).release
        with within("id"):
            organization_id, version, file_id = key_from_id(id, "ReleaseFile", 3)
        if (organization_id, version) != (release.organization.id, release.version):
            return None
        return await project_release_file(ReleaseFileKey(release, file_id), str(row.id), load_context)


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
