"""Commits, their files and pull requests."""

from datetime import datetime

import strawberry

from dexter_graphql.graph.commits.enums import FileChange, PullRequestStatus
from dexter_graphql.graph.declarations.fields import (
    EMBEDDED,
    ID,
    LIST,
    Embedded,
    batch,
    computed,
    entity,
    link,
    plain,
    value_type,
)
from dexter_graphql.graph.declarations.keys import EntityKey
from dexter_graphql.graph.lazy_types import IssueType, ReleaseType, RepositoryType
from dexter_graphql.graph.members.author import Author
from dexter_graphql.graph.relay.connections import Connection, Edge, EdgeRow, edges_of
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.releases import CommitFileKey, ReleaseKey, commit_files_by_id, releases_of_commit
from dexter_graphql.loaders.repositories import CommitKey, RepositoryKey, commits_by_hash, repositories_by_id
from dexter_graphql.loaders.suspect_commits import ReleaseCommitKey, suspected_issues
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.projection import Field, Projection

REPOSITORY = Embedded(
    "Repository",
    members=(
        "id", "name", "url", "provider", "status", "integrationId", "externalSlug", "externalId", "dateCreated",
    ),
    key=lambda row: RepositoryKey(row.parents.organization, str(row.id)),
    load=repositories_by_id,
)  # fmt: skip
"""A repository as embedded in commits and pull requests."""


@value_type
class PullRequest:
    """Pull request of a commit."""

    number: str | None = plain(
        "id", type=int | str, convert=str, description="Number of the pull request at the provider."
    )
    title: str | None = plain(description="Title of the pull request.")
    message: str | None = plain(description="Description of the pull request.")
    status: PullRequestStatus | None = plain(description="State of the pull request.")
    status_raw: str | None = plain("status", description="Value of `status`, as sent by Sentry.")
    web_url: str | None = plain("externalUrl", description="URL of the pull request.")
    created_at: datetime | None = plain("dateCreated", description="Time when Sentry recorded the pull request.")
    merged_at: datetime | None = plain(
        "mergedAt", description="Time when the pull request was merged; null when it was not."
    )
    author: Author | None = plain(description="Author of the pull request.")
    repository: RepositoryType | None = link("repository", REPOSITORY, description="Repository of the pull request.")


REPOSITORY_ID = Projection("Repository", EMBEDDED, (Field("id", "id", ID, is_required=True),))
"""Repository of a commit, reduced to its ID."""


@entity(key=EntityKey(CommitKey, repository=REPOSITORY_ID), load=commits_by_hash, representations=(LIST, EMBEDDED))
class Commit(Node):
    """Commit in a source repository."""

    key: str = plain("id", description="Hash of the commit.")
    message: str | None = plain(description="Complete commit message.")
    created_at: datetime | None = plain("dateCreated", description="Time of the commit.")
    author: Author | None = plain(description="Author of the commit.")
    pull_request: PullRequest | None = plain(
        "pullRequest", description="Pull request that contains the commit; null when none is known."
    )
    repository: RepositoryType | None = link("repository", REPOSITORY, description="Repository of the commit.")


@entity(key=CommitFileKey, load=commit_files_by_id, representations=(LIST,))
class CommitFile(Node):
    """File that a commit of a release changed."""

    sentry_id: strawberry.ID = plain("id", description="ID of the change in Sentry.")
    filename: str | None = plain(description="Path of the file in the repository.")
    change: FileChange | None = plain("type", description="Kind of change.")
    change_raw: str | None = plain("type", description="Value of `change`, as sent by Sentry.")
    commit_message: str | None = plain("commitMessage", description="Message of the commit.")
    repository_name: str | None = plain("repoName", description="Name of the repository.")
    author: Author | None = plain(description="Author of the commit.")


def release_commit_key(edge: EdgeRow) -> ReleaseCommitKey | None:
    """Key of a commit in the release whose list it is in; None in other lists."""
    parents = edge.row.parents
    if parents.release is None:
        return None
    return ReleaseCommitKey(ReleaseKey(parents.organization, parents.release), edge.row.id)


@value_type
class CommitEdge(Edge[Commit]):
    """Commit in a list with its cursor."""

    @computed()
    def releases(edge: EdgeRow) -> list[ReleaseType] | None:
        """Releases that contain the commit; null outside of the commits of a release.

        Their versions cost no call, other fields one call per release.
        """
        return releases_of_commit(edge.row)

    suspect_for: list[IssueType] | None = batch(
        suspected_issues,
        key=release_commit_key,
        reads={},
        description="New issues of the release whose newest event the commit may have caused; null outside of the"
        " commits of a release. The 10 of them that affect most users are compared, which takes at most 13 calls for"
        " all commits of a release.",
    )


@value_type
class CommitConnection(Connection[Commit]):
    """Page of a list of commits."""

    @computed()
    def edges(page: Slice) -> list[CommitEdge]:
        """Items of the page with their cursors."""
        return edges_of(page)
