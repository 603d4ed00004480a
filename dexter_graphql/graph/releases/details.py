"""Version components, deploys and projects of a release."""

import re
from datetime import datetime
from typing import Any

import strawberry

from dexter_graphql.graph.declarations.fields import EMBEDDED, LIST, computed, entity, first_of, plain, value_type
from dexter_graphql.graph.lazy_types import ReleaseType
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.releases import DeployKey, deploys_by_id, release_reference

COMMIT_HASH = re.compile(r"[0-9a-f]{40}")
SHORT_HASH_LENGTH = 12


def shorten_version(version: str) -> str:
    """The version without its package name, and a commit hash cut short."""
    text = version.rpartition("@")[2]
    return text[:SHORT_HASH_LENGTH] if COMMIT_HASH.fullmatch(text) else text


@value_type
class VersionInfo:
    """Components of a version, as parsed by Sentry."""

    package: str | None = plain(description="Package name: the part before `@`, usually the name of the application.")
    description: str | None = plain(description="Short form of the version.")
    build_hash: str | None = plain("buildHash", description="Complete hash when the version is a hash, otherwise null.")
    raw: str | None = first_of("version.raw", description="Part of the version after `@`.")
    major: int | None = first_of("version.major", description="Major number; null when the version is not semantic.")
    minor: int | None = first_of("version.minor", description="Minor number; null when the version is not semantic.")
    patch: int | None = first_of("version.patch", description="Patch number; null when the version is not semantic.")
    pre: str | None = first_of("version.pre", description="Pre-release part after `-`, for example `beta.1`.")
    build_code: str | None = first_of("version.buildCode", description="Build metadata after `+`.")


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
