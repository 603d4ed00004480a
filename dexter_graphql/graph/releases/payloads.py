"""Payloads of release mutations."""

from dataclasses import dataclass, field
from typing import Any

import strawberry

from dexter_graphql.graph.common.user_errors import MutationError, UserError
from dexter_graphql.graph.declarations.fields import computed, value_type
from dexter_graphql.graph.lazy_types import ReleaseType
from dexter_graphql.graph.releases.details import Deploy


@dataclass(frozen=True, slots=True)
class ReleaseResult:
    """Result of a release mutation: the record of the release or of the deploy, or the ID of the deleted release."""

    release: Any = None
    is_new: bool | None = None
    deploy: Any = None
    deleted_id: str | None = None
    refusals: list[MutationError] = field(default_factory=list)


@value_type
class ReleasePayload:
    """Common fields of the release payloads."""

    @computed()
    def release(result: ReleaseResult) -> ReleaseType | None:
        """Release after the mutation; null when it was refused."""
        return result.release

    @computed()
    def user_errors(result: ReleaseResult) -> list[UserError]:
        """Reasons why the release was not changed; empty on success."""
        return result.refusals


@value_type
class CreateReleasePayload(ReleasePayload):
    """Result of `createRelease`."""

    @computed()
    def is_new(result: ReleaseResult) -> bool | None:
        """False when a release with the version existed, which was updated; null when the creation was refused."""
        return result.is_new


@value_type
class UpdateReleasePayload(ReleasePayload):
    """Result of `updateRelease`."""


@value_type
class FinalizeReleasePayload(ReleasePayload):
    """Result of `finalizeRelease`."""


@value_type
class ArchiveReleasePayload(ReleasePayload):
    """Result of `archiveRelease`."""


@value_type
class RestoreReleasePayload(ReleasePayload):
    """Result of `restoreRelease`."""


@value_type
class SetReleaseCommitsPayload(ReleasePayload):
    """Result of `setReleaseCommits`."""


@value_type
class DeleteReleasePayload:
    """Result of `deleteRelease`."""

    @computed()
    def deleted_id(result: ReleaseResult) -> strawberry.ID | None:
        """Global ID of the deleted release; null when the deletion was refused."""
        return None if result.deleted_id is None else strawberry.ID(result.deleted_id)

    @computed()
    def user_errors(result: ReleaseResult) -> list[UserError]:
        """Reasons why the release was not deleted; empty on success."""
        return result.refusals


@value_type
class CreateDeployPayload:
    """Result of `createDeploy`."""

    @computed()
    def deploy(result: ReleaseResult) -> Deploy | None:
        """Recorded deploy, with its release; null when it was refused."""
        return result.deploy

    @computed()
    def user_errors(result: ReleaseResult) -> list[UserError]:
        """Reasons why the deploy was not recorded; empty on success."""
        return result.refusals
