"""Uploads of the files of releases."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.common.user_errors import MutationError, UserError, mistakes_as_data
from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import call, computed, value_type
from dexter_graphql.graph.file_addresses import FileReference
from dexter_graphql.graph.files import file_address
from dexter_graphql.graph.relay.references import OrganizationReference, ProjectReference, ReleaseReference, bounded
from dexter_graphql.graph.releases.file_mutations import LOOKUPS, PROJECT, project_slug
from dexter_graphql.graph.releases.references import ORGANIZATION, find_release
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.release_files import prepare_upload
from dexter_graphql.sentry.catalogue import release_files as catalogue

LINE_BREAKS = frozenset("\r\n")


@dataclass(frozen=True, slots=True)
class UploadAddress:
    """Where a file can be uploaded."""

    url: str
    expires_at: datetime
    max_bytes: int


@dataclass(frozen=True, slots=True)
class UploadResult:
    """Result of the mutation."""

    address: UploadAddress | None = None
    refusals: list[MutationError] = field(default_factory=list)


@strawberry.input(description="HTTP header of a file.")
class FileHeaderInput:
    """Input."""

    key: str = strawberry.field(description="Name of the header, for example `Content-Type`.")
    value: str = strawberry.field(description="Value of the header.")


@strawberry.input(description="Input of `uploadReleaseFile`.")
class UploadReleaseFileInput:
    """Input."""

    release: ReleaseReference = strawberry.field(description="Release of the file.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    project: ProjectReference | None = strawberry.field(default=None, description=PROJECT)
    name: str = strawberry.field(
        description="Name of the file: the URL or path under which code refers to it, for example `~/static/app.js`."
    )
    dist: str | None = strawberry.field(
        default=None, description="Distribution of the release that the file belongs to. Default: all of them."
    )
    headers: list[FileHeaderInput] | None = strawberry.field(default=None, description="HTTP headers of the file.")


@value_type
class FileUpload:
    """Place for the content of a file, which is sent there in the body of a PUT or POST request."""

    @computed()
    def url(address: UploadAddress) -> str:
        """Path on this server: signed for this caller, for one upload, until it expires."""
        return address.url

    @computed()
    def expires_at(address: UploadAddress) -> datetime:
        """Time until which the upload must have begun."""
        return address.expires_at

    @computed()
    def max_bytes(address: UploadAddress) -> BigInt:
        """Size of the largest file that is accepted."""
        return address.max_bytes


@value_type
class UploadReleaseFilePayload:
    """Result of `uploadReleaseFile`."""

    @computed()
    def upload(result: UploadResult) -> FileUpload | None:
        """Where to send the content of the file; null when the input was refused."""
        return result.address

    @computed()
    def user_errors(result: UploadResult) -> list[UserError]:
        """Reasons why no file can be uploaded; empty on success."""
        return result.refusals


@strawberry.type
class UploadMutations:
    """Root fields."""

    @call(uses=(catalogue.UPLOAD, catalogue.PROJECT_UPLOAD, *LOOKUPS))
    @mistakes_as_data(lambda _input, mistakes: UploadResult(refusals=mistakes), absent=("release",))
    async def upload_release_file(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[UploadReleaseFileInput, strawberry.argument(description="Release and description of a file.")],
    ) -> UploadReleaseFilePayload | None:
        """Add a file to a release: its content is sent to `upload.url`, where Sentry's refusals are answered, too."""
        key = await find_release(input.release, input.organization, load_context)
        project = await project_slug(input.project, key.organization, load_context)
        request = await prepare_upload(key, project, load_context)
        path, fields = dict(request.path), _form_fields(input)
        file = FileReference(request.endpoint.name, key.organization, path, fields=fields)
        context = context_of(load_context)
        addresses = context.services.files
        expires_at = datetime.fromtimestamp(addresses.expires_at(context.deadline), UTC)
        url = file_address(file, load_context)
        return UploadResult(UploadAddress(url, expires_at, addresses.limits.file_bytes))


def _form_fields(input: UploadReleaseFileInput) -> tuple[tuple[str, str], ...]:
    """The fields of the form that uploads the file; raises BadUserInput for what would end a header."""
    dist = () if input.dist is None else (("dist", input.dist),)
    headers = [
        ("header", _header(header, "headers", str(index)))
        for index, header in enumerate(bounded(input.headers, "headers"))
    ]
    return (("name", input.name), *dist, *headers)


def _header(header: FileHeaderInput, *path: str) -> str:
    if not header.key or not LINE_BREAKS.union(":").isdisjoint(header.key):
        raise BadUserInput("'key' must be the name of a header, without colons and line breaks", (*path, "key"))
    if not LINE_BREAKS.isdisjoint(header.value):
        raise BadUserInput("'value' must not contain line breaks", (*path, "value"))
    return f"{header.key}:{header.value}"
