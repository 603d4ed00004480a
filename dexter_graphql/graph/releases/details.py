"""Version components, deploys and projects of a release."""

from datetime import datetime
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.declarations.fields import EMBEDDED, LIST, batch, computed, entity, plain, value_type
from dexter_graphql.graph.lazy_types import ProjectType, ReleaseType
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id
from dexter_graphql.loaders.releases import DeployKey, deploys_by_id, release_reference


class Version(msgspec.Struct, frozen=True, gc=False):
    """`versionInfo.version` of a release."""

    raw: str | None = None
    major: int | None = None
    minor: int | None = None
    patch: int | None = None
    pre: str | None = None
    buildCode: str | None = None  # noqa: N815  # Sentry's name


VERSION_PARTS = {"version": Version | None}


@value_type
class VersionInfo:
    """Components of a version, as parsed by Sentry."""

    package: str | None = plain(description="Package name: the part before `@`, usually the name of the application.")
    description: str | None = plain(description="Short form of the version.")
    build_hash: str | None = plain("buildHash", description="Complete hash when the version is a hash, otherwise null.")

    @computed(VERSION_PARTS)
    def raw(row: Any) -> str | None:
        """Part of the version after `@`."""
        return row.version and row.version.raw

    @computed(VERSION_PARTS)
    def major(row: Any) -> int | None:
        """Major number; null when the version is not semantic."""
        return row.version and row.version.major

    @computed(VERSION_PARTS)
    def minor(row: Any) -> int | None:
        """Minor number; null when the version is not semantic."""
        return row.version and row.version.minor

    @computed(VERSION_PARTS)
    def patch(row: Any) -> int | None:
        """Patch number; null when the version is not semantic."""
        return row.version and row.version.patch

    @computed(VERSION_PARTS)
    def pre(row: Any) -> str | None:
        """Pre-release part after `-`, for example `beta.1`."""
        return row.version and row.version.pre

    @computed(VERSION_PARTS)
    def build_code(row: Any) -> str | None:
        """Build metadata after `+`."""
        return row.version and row.version.buildCode


@entity(key=DeployKey, load=deploys_by_id, representations=(LIST, EMBEDDED))
class Deploy(Node):
    """Deployment of a release to an environment."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    environment: str | None = plain(description="Name of the environment.")
    name: str | None = plain(description="Name of the deploy.")
    url: str | None = plain(description="URL with details about the deploy.")
    started_at: datetime | None = plain("dateStarted", description="Time when the deploy started.")
    finished_at: datetime | None = plain("dateFinished", description="Time when the deploy finished.")

    @computed()
    def release(row: Any) -> ReleaseType | None:
        """Release that was deployed. Selecting only its version costs no call."""
        return release_reference(row.parents)


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
    project: ProjectType | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.parents.organization, str(row.id)),
        description="Project with all its fields.",
    )
