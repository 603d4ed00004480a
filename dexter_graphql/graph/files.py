"""Files that are transferred past the graph: their addresses, and their content."""

from contextlib import AbstractAsyncContextManager
from types import MappingProxyType

from dexter_graphql.graph.context import Services, context_of
from dexter_graphql.graph.file_addresses import FileReference
from dexter_graphql.graph.identity import Identity
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.sentry.call import FileContent
from dexter_graphql.sentry.call_context import CallBudget
from dexter_graphql.sentry.catalogue import events, release_files
from dexter_graphql.sentry.parents import Parents

DOWNLOADS = MappingProxyType(
    {endpoint.name: endpoint for endpoint in (events.ATTACHMENT, release_files.DETAIL, release_files.PROJECT_DETAIL)}
)
"""Endpoints that send the content of a file when they are asked for it."""
DOWNLOAD = (("download", "1"),)
MAX_CALLS = 5
"""Calls for one file."""


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
