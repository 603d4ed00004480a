"""What hangs below a release: commits, deploys, files, and its versions' parts."""

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
    """`versionInfo.version` on the wire."""

    raw: str | None = None
    major: int | None = None
    minor: int | None = None
    patch: int | None = None
    pre: str | None = None
    buildCode: str | None = None  # noqa: N815  # Sentry's name


VERSION = {"version": Version | None}


@value_type
class VersionInfo:
    """The parts of a version, as far as Sentry understands it."""

    package: str | None = plain(description="What stands before the `@`, usually the name of the program.")
    description: str | None = plain(description="The version in its shortest form.")
    build_hash: str | None = plain("buildHash", description="The whole hash, when the version is one.")

    @computed(VERSION)
    def raw(row: Any) -> str | None:
        """What stands behind the `@`."""
        return row.version and row.version.raw

    @computed(VERSION)
    def major(row: Any) -> int | None:
        """First number; null when the version is not semantic."""
        return row.version and row.version.major

    @computed(VERSION)
    def minor(row: Any) -> int | None:
        """Second number."""
        return row.version and row.version.minor

    @computed(VERSION)
    def patch(row: Any) -> int | None:
        """Third number."""
        return row.version and row.version.patch

    @computed(VERSION)
    def pre(row: Any) -> str | None:
        """What stands behind the `-`, for example `beta.1`."""
        return row.version and row.version.pre

    @computed(VERSION)
    def build_code(row: Any) -> str | None:
        """What stands behind the `+`."""
        return row.version and row.version.buildCode


@value_type
class CommitAuthor:
    """Who wrote a commit: somebody with an account at Sentry, or a name and an address."""

    name: str | None = plain(description="Name.")
    email: str | None = plain(description="E-mail address.")
    user: User | None = batch(
        users_by_id,
        key=lambda row: None if row.id is None else UserKey(row.parents.organization, str(row.id)),
        reads={"id": int | str | None},
        description="The user; null when the address belongs to no member.",
    )


REPOSITORY = Embedded(
    "Repository",
    members=(
        "id", "name", "url", "provider", "status", "integrationId", "externalSlug", "externalId", "dateCreated",
    ),
    key=lambda row: RepositoryKey(row.parents.organization, str(row.id)),
    load=repositories_by_id,
)  # fmt: skip
"""A repository as commits and pull requests embed it."""


@value_type
class PullRequest:
    """A pull request that brought a commit."""

    number: str | None = plain("id", type=int | str, convert=str, description="Its number in the other tool.")
    title: str | None = plain(description="Title.")
    message: str | None = plain(description="Description.")
    status: str | None = plain(description="`open`, `draft`, `merged`, `closed` or `unknown`.")
    web_url: str | None = plain("externalUrl", description="Its address.")
    date_created: datetime | None = plain("dateCreated", description="When Sentry first saw it.")
    merged_at: datetime | None = plain("mergedAt", description="When it was merged.")
    author: CommitAuthor | None = plain(description="Who opened it.")
    repository: RepositoryType | None = link("repository", REPOSITORY, description="Where it was opened.")


@entity(representations=(LIST, EMBEDDED))
class Commit:
    """A commit of a source repository."""

    key: str = plain("id", description="Its hash in the repository.")
    message: str | None = plain(description="The whole message.")
    date_created: datetime | None = plain("dateCreated", description="When it was made.")
    suspect_commit_type: str | None = plain(
        "suspectCommitType", description="How Sentry came to suspect it; empty when it does not."
    )
    author: CommitAuthor | None = plain(description="Who wrote it.")
    pull_request: PullRequest | None = plain("pullRequest", description="The pull request that brought it.")
    repository: RepositoryType | None = link("repository", REPOSITORY, description="Where it was made.")
    releases: list[ReleaseType | None] | None = link(
        "releases",
        Embedded(
            "Release",
            members=("version", "shortVersion", "ref", "url", "dateReleased", "dateCreated"),
            key=lambda row: ReleaseKey(row.parents.organization, row.version),
            load=releases_by_version,
            key_reads=("version",),
        ),
        description="Releases that contain it; null in a repository's list.",
    )


@entity(representations=(LIST, EMBEDDED))
class Deploy:
    """A release that was brought to an environment."""

    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id.")
    environment: str = plain(description="Name of the environment.")
    name: str | None = plain(description="Name of this deploy.")
    url: str | None = plain(description="Address that tells more.")
    started_at: datetime | None = plain("dateStarted", description="When it began.")
    finished_at: datetime | None = plain("dateFinished", description="When it was done.")

    @computed()
    def release(row: Any) -> ReleaseType | None:
        """What was deployed. Its version costs no call."""
        return release_reference(row.parents)


@entity(representations=(LIST,))
class CommitFile:
    """A file that a commit of a release changed."""

    filename: str | None = plain(description="Path in the repository.")
    change: str | None = plain("type", description="`A` added, `M` changed, `D` deleted.")
    commit_message: str | None = plain("commitMessage", description="Message of the commit.")
    repository_name: str | None = plain("repoName", description="Name of the repository.")
    author: CommitAuthor | None = plain(description="Who changed it.")


@value_type
class ReleaseProject:
    """A release in one of its projects."""

    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id of the project.")
    slug: str = plain(description="Short name of the project in addresses.")
    name: str = plain(description="Name of the project for people.")
    platform: str | None = plain(description="Main platform of the project.")
    platforms: list[str] | None = plain(description="Platforms of the events that the project received.")
    new_issue_count: BigInt | None = plain("newGroups", description="Issues first seen in this release, here.")
    has_health_data: bool | None = plain("hasHealthData", description="True when release health is known here.")
    project: Annotated["Project", strawberry.lazy("dexter_graphql.graph.projects.types")] | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.parents.organization, str(row.id)),
        description="The project, with everything about it.",
    )
