"""Versions, commits, deploys, files and projects of a release."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import strawberry

from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.declarations.fields import (
    EMBEDDED,
    LIST,
    Embedded,
    batch,
    computed,
    entity,
    link,
    plain,
    value_type,
)
from dexter_graphql.graph.members.types import User
from dexter_graphql.loaders.members import UserKey, users_by_id
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id
from dexter_graphql.loaders.releases import ReleaseKey, release_reference, releases_by_version
from dexter_graphql.loaders.repositories import RepositoryKey, repositories_by_id

if TYPE_CHECKING:
    from dexter_graphql.graph.integrations.repositories import Repository
    from dexter_graphql.graph.projects.types import Project
    from dexter_graphql.graph.releases.types import Release

ReleaseType = Annotated["Release", strawberry.lazy("dexter_graphql.graph.releases.types")]
RepositoryType = Annotated["Repository", strawberry.lazy("dexter_graphql.graph.integrations.repositories")]


class Version(msgspec.Struct, frozen=True, gc=False):
    """`versionInfo.version` of a release."""

    raw: str | None = None
    major: int | None = None
    minor: int | None = None
    patch: int | None = None
    pre: str | None = None
    buildCode: str | None = None  # noqa: N815  # Sentry's name


VERSION = {"version": Version | None}


@value_type
class VersionInfo:
    """Components of a version, as parsed by Sentry."""

    package: str | None = plain(description="Package name: the part before `@`, usually the name of the application.")
    description: str | None = plain(description="Short form of the version.")
    build_hash: str | None = plain("buildHash", description="Complete hash when the version is a hash, otherwise null.")

    @computed(VERSION)
    def raw(row: Any) -> str | None:
        """Part of the version after `@`."""
        return row.version and row.version.raw

    @computed(VERSION)
    def major(row: Any) -> int | None:
        """Major number; null when the version is not semantic."""
        return row.version and row.version.major

    @computed(VERSION)
    def minor(row: Any) -> int | None:
        """Minor number; null when the version is not semantic."""
        return row.version and row.version.minor

    @computed(VERSION)
    def patch(row: Any) -> int | None:
        """Patch number; null when the version is not semantic."""
        return row.version and row.version.patch

    @computed(VERSION)
    def pre(row: Any) -> str | None:
        """Pre-release part after `-`, for example `beta.1`."""
        return row.version and row.version.pre

    @computed(VERSION)
    def build_code(row: Any) -> str | None:
        """Build metadata after `+`."""
        return row.version and row.version.buildCode


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


@entity(representations=(LIST, EMBEDDED))
class Deploy:
    """Deployment of a release to an environment."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    environment: str = plain(description="Name of the environment.")
    name: str | None = plain(description="Name of the deploy.")
    url: str | None = plain(description="URL with details about the deploy.")
    started_at: datetime | None = plain("dateStarted", description="Time when the deploy started.")
    finished_at: datetime | None = plain("dateFinished", description="Time when the deploy finished.")

    @computed()
    def release(row: Any) -> ReleaseType | None:
        """Release that was deployed. Selecting only its version costs no call."""
        return release_reference(row.parents)


@entity(representations=(LIST,))
class CommitFile:
    """File that a commit of a release changed."""

    filename: str | None = plain(description="Path of the file in the repository.")
    change: str | None = plain("type", description="Kind of change: `A` added, `M` modified, `D` deleted.")
    commit_message: str | None = plain("commitMessage", description="Message of the commit.")
    repository_name: str | None = plain("repoName", description="Name of the repository.")
    author: CommitAuthor | None = plain(description="Author of the commit.")


@value_type
class ReleaseProject:
    """Release within one of its projects."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID of the project in Sentry's API.")
    slug: str = plain(description="Slug of the project.")
    name: str = plain(description="Display name of the project.")
    platform: str | None = plain(description="Main platform of the project.")
    platforms: list[str] | None = plain(description="Platforms of the events that the project has received.")
    new_issue_count: BigInt | None = plain(
        "newGroups", description="Number of issues of the project that were first seen in this release."
    )
    has_health_data: bool | None = plain(
        "hasHealthData", description="True when the project has health data for this release."
    )
    project: Annotated["Project", strawberry.lazy("dexter_graphql.graph.projects.types")] | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.parents.organization, str(row.id)),
        description="Project with all its fields.",
    )
