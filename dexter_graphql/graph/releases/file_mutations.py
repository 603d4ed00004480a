"""Mutations of the files of releases."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import UnknownReference, within
from dexter_graphql.graph.common.user_errors import MutationError, UserError, mistakes_as_data
from dexter_graphql.graph.declarations.fields import call, computed, value_type
from dexter_graphql.graph.relay.global_ids import encode_id, key_from_id
from dexter_graphql.graph.relay.references import ProjectReference, reference_of
from dexter_graphql.graph.releases.files import ReleaseFile
from dexter_graphql.graph.releases.references import RELEASE_REFERENCE_ENDPOINTS
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS, resolve_references
from dexter_graphql.loaders.release_files import ReleaseFileKey, delete_release_file, rename_release_file
from dexter_graphql.loaders.releases import ReleaseKey
from dexter_graphql.sentry.catalogue import release_files as catalogue
from dexter_graphql.sentry.parents import OrganizationRef

PROJECT = (
    "Project of the release. With it Sentry's operation for a project is used, which needs no access to other projects."
)
LOOKUPS = (*RELEASE_REFERENCE_ENDPOINTS, *REFERENCE_ENDPOINTS)
"""What finding organization and project of an input may call."""


@dataclass(frozen=True, slots=True)
class ReleaseFileResult:
    """Result of a mutation: the record of the file, or the ID of the deleted one."""

    file: Any = None
    deleted_id: str | None = None
    refusals: list[MutationError] = field(default_factory=list)


refusals_as_data = mistakes_as_data(
    lambda _input, mistakes: ReleaseFileResult(refusals=mistakes), MappingProxyType({"name": ("name",)}), absent=("id",)
)


@strawberry.input(description="Input of `renameReleaseFile`.")
class RenameReleaseFileInput:
    """Input."""

    id: strawberry.ID = strawberry.field(description="Global ID of the file.")
    project: ProjectReference | None = strawberry.field(default=None, description=PROJECT)
    name: str = strawberry.field(description="New name of the file, at most 200 characters.")


@strawberry.input(description="Input of `deleteReleaseFile`.")
class DeleteReleaseFileInput:
    """Input."""

    id: strawberry.ID = strawberry.field(description="Global ID of the file.")
    project: ProjectReference | None = strawberry.field(default=None, description=PROJECT)


@value_type
class RenameReleaseFilePayload:
    """Result of `renameReleaseFile`."""

    @computed()
    def file(result: ReleaseFileResult) -> ReleaseFile | None:
        """File after the mutation; null when it was refused."""
        return result.file

    @computed()
    def user_errors(result: ReleaseFileResult) -> list[UserError]:
        """Reasons why the file was not renamed; empty on success."""
        return result.refusals


@value_type
class DeleteReleaseFilePayload:
    """Result of `deleteReleaseFile`."""

    @computed()
    def deleted_id(result: ReleaseFileResult) -> strawberry.ID | None:
        """Global ID of the deleted file; null when the deletion was refused."""
        return None if result.deleted_id is None else strawberry.ID(result.deleted_id)

    @computed()
    def user_errors(result: ReleaseFileResult) -> list[UserError]:
        """Reasons why the file was not deleted; empty on success."""
        return result.refusals


@strawberry.type
class ReleaseFileMutations:
    """Root fields."""

    @call(uses=(catalogue.RENAME, catalogue.PROJECT_RENAME, *LOOKUPS))
    @refusals_as_data
    async def rename_release_file(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[RenameReleaseFileInput, strawberry.argument(description="File and its new name.")],
    ) -> RenameReleaseFilePayload | None:
        """Change the name of a file of a release."""
        key = await _find_file(input.id, load_context)
        project = await project_slug(input.project, key.release.organization, load_context)
        return ReleaseFileResult(await rename_release_file(key, project, input.name, load_context))

    @call(uses=(catalogue.DELETE, catalogue.PROJECT_DELETE, *LOOKUPS))
    @refusals_as_data
    async def delete_release_file(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[DeleteReleaseFileInput, strawberry.argument(description="File to delete.")],
    ) -> DeleteReleaseFilePayload | None:
        """Delete a file of a release."""
        key = await _find_file(input.id, load_context)
        release = key.release
        project = await project_slug(input.project, release.organization, load_context)
        await delete_release_file(key, project, load_context)
        return ReleaseFileResult(deleted_id=encode_id("ReleaseFile", release.organization.id, release.version, key.id))


async def project_slug(
    value: ProjectReference | None, organization: OrganizationRef, load_context: LoadContext
) -> str | None:
    """The slug of the project in an input; None when none is given."""
    if value is None:
        return None
    # Looked up even by its slug: Sentry's 404 does not say whether the project or the file is missing.
    reference = reference_of(value, "project")
    return (await resolve_references([reference], organization, load_context))[reference].name


async def _find_file(value: str, load_context: LoadContext) -> ReleaseFileKey:
    """The file that the member `id` of an input names; it is not looked up."""
    with within("id"):
        organization_id, version, file_id = key_from_id(value, "ReleaseFile", 3)
        organization = await load_context.organizations.find(load_context.call_context, organization_id)
        if organization is None:
            raise UnknownReference("The file does not exist or is not visible to the token")
    return ReleaseFileKey(ReleaseKey(organization, version), file_id)
