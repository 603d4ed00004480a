"""Files that are transferred past the graph: their addresses, and their content."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from dexter_graphql.graph.context import Services, context_of
from dexter_graphql.graph.file_addresses import FileReference
from dexter_graphql.graph.identity import Identity
from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.sentry.call import FileContent, FileForm
from dexter_graphql.sentry.call_context import CallBudget
from dexter_graphql.sentry.catalogue import events, release_files
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadResponse
from dexter_graphql.sentry.parents import OrganizationRef, Parents

DOWNLOADS = MappingProxyType(
    {endpoint.name: endpoint for endpoint in (events.ATTACHMENT, release_files.DETAIL, release_files.PROJECT_DETAIL)}
)
"""Endpoints that send the content of a file when they are asked for it."""
DOWNLOAD = (("download", "1"),)
MAX_CALLS = 5
"""Calls for one file."""
MAX_NAME_CHARACTERS = 200
"""End of a file's name that downloads are saved under."""


@dataclass(frozen=True, slots=True)
class UploadTarget:
    """An endpoint that takes a file, and the type of the file, whose key begins with these path parameters."""

    endpoint: Endpoint
    typename: str
    key: tuple[str, ...]


UPLOADS = MappingProxyType(
    {
        endpoint.name: UploadTarget(endpoint, "ReleaseFile", ("release",))
        for endpoint in (release_files.UPLOAD, release_files.PROJECT_UPLOAD)
    }
)


class UploadedFile(msgspec.Struct, frozen=True):
    """What is read of Sentry's answer to an upload."""

    id: str | int


def is_upload(file: FileReference) -> bool:
    """True when the address is that of a file to be uploaded."""
    return file.endpoint in UPLOADS


def describe_upload(file: FileReference) -> dict[str, str]:
    """Where a file is uploaded: the endpoint, and the values in its path."""
    return {"endpoint": UPLOADS[file.endpoint].endpoint.title, "organization": file.organization.slug, **file.path}


def download_address(
    endpoint: Endpoint,
    organization: OrganizationRef,
    path: Mapping[str, str],
    name: str | None,
    load_context: LoadContext,
) -> str:
    """The path on this server where the caller of the operation can download a file."""
    saved_as = (name or "")[-MAX_NAME_CHARACTERS:].encode(errors="replace").decode()
    return file_address(FileReference(endpoint.name, organization, dict(path), saved_as), load_context)


def file_address(file: FileReference, load_context: LoadContext) -> str:
    """The path of a file on this server, for the caller of the operation."""
    context = context_of(load_context)
    return context.services.files.make(file, context.identity, context.request_id, context.deadline)


def open_download(
    file: FileReference, identity: Identity, services: Services
) -> AbstractAsyncContextManager[FileContent]:
    """The content of a file, from Sentry."""
    deadline = services.clock.time() + services.deadline_s
    call_context = identity.call_context(deadline=deadline, budget=CallBudget(MAX_CALLS))
    return services.client.download(
        DOWNLOADS[file.endpoint], call_context, parents=Parents(file.organization), path=file.path, query=DOWNLOAD
    )


async def upload_file(file: FileReference, form: FileForm, identity: Identity, services: Services) -> str:
    """Send a file to Sentry; returns its global ID."""
    target = UPLOADS[file.endpoint]
    deadline = services.clock.time() + services.deadline_s
    call_context = identity.call_context(deadline=deadline, budget=CallBudget(MAX_CALLS))
    reply = await services.client.upload(
        target.endpoint, call_context, form, parents=Parents(file.organization), path=file.path
    )
    try:
        uploaded = msgspec.json.decode(reply.body, type=UploadedFile)
    except msgspec.DecodeError:
        message = "The file was uploaded, but Sentry's answer has no ID"
        raise BadResponse(message, title=target.endpoint.title, status=reply.status) from None
    return encode_id(target.typename, file.organization.id, *(file.path[name] for name in target.key), str(uploaded.id))
