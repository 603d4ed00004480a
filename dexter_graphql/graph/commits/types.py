"""Commits, their authors, files and pull requests."""

from datetime import datetime

from dexter_graphql.graph.declarations.fields import EMBEDDED, LIST, Embedded, batch, entity, link, plain, value_type
from dexter_graphql.graph.lazy_types import ReleaseType, RepositoryType
from dexter_graphql.graph.members.types import User
from dexter_graphql.loaders.members import UserKey, users_by_id
from dexter_graphql.loaders.releases import ReleaseKey, releases_by_version
from dexter_graphql.loaders.repositories import RepositoryKey, repositories_by_id


@value_type
class CommitAuthor:
    """Author of a commit, with or without a Sentry account."""

    name: str | None = plain(description="Name of the author.")
    email: str | None = plain(description="Email address of the author.")
    user: User | None = batch(
        users_by_id,
        key=lambda row: None if row.id is None else UserKey(row.parents.organization, str(row.id)),
        reads={"id": int | str | None},
        description="User account of the author; null when the author is not a member.",
    )


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
    status: str | None = plain(
        description="Status of the pull request: `open`, `draft`, `merged`, `closed` or `unknown`."
    )
    web_url: str | None = plain("externalUrl", description="URL of the pull request.")
    date_created: datetime | None = plain("dateCreated", description="Time when Sentry recorded the pull request.")
    merged_at: datetime | None = plain(
        "mergedAt", description="Time when the pull request was merged; null when it was not."
    )
    author: CommitAuthor | None = plain(description="Author of the pull request.")
    repository: RepositoryType | None = link("repository", REPOSITORY, description="Repository of the pull request.")


@entity(representations=(LIST, EMBEDDED))
class Commit:
    """Commit in a source repository."""

    key: str = plain("id", description="Hash of the commit.")
    message: str | None = plain(description="Complete commit message.")
    date_created: datetime | None = plain("dateCreated", description="Time of the commit.")
    suspect_commit_type: str | None = plain(
        "suspectCommitType", description="How Sentry identified the commit as a suspect; empty when it is none."
    )
    author: CommitAuthor | None = plain(description="Author of the commit.")
    pull_request: PullRequest | None = plain(
        "pullRequest", description="Pull request that contains the commit; null when none is known."
    )
    repository: RepositoryType | None = link("repository", REPOSITORY, description="Repository of the commit.")
    releases: list[ReleaseType | None] | None = link(
        "releases",
        Embedded(
            "Release",
            members=("version", "shortVersion", "ref", "url", "dateReleased", "dateCreated"),
            key=lambda row: ReleaseKey(row.parents.organization, row.version),
            load=releases_by_version,
            key_reads=("version",),
        ),
        description="Releases that contain the commit; null in the commit list of a repository.",
    )


@entity(representations=(LIST,))
class CommitFile:
    """File that a commit of a release changed."""

    filename: str | None = plain(description="Path of the file in the repository.")
    change: str | None = plain("type", description="Kind of change: `A` added, `M` modified, `D` deleted.")
    commit_message: str | None = plain("commitMessage", description="Message of the commit.")
    repository_name: str | None = plain("repoName", description="Name of the repository.")
    author: CommitAuthor | None = plain(description="Author of the commit.")
