"""Files of releases."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.common.key_values import KeyValue
from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.declarations.fields import ID, call, computed, entity, plain
from dexter_graphql.graph.files import download_address
from dexter_graphql.graph.lazy_types import ReleaseType
from dexter_graphql.graph.relay.connections import PageArguments
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.graph.relay.references import bounded
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.lists import ListOptions
from dexter_graphql.loaders.parameters import repeated
from dexter_graphql.loaders.release_files import ReleaseFileKey, file_path, form_of, release_files_by_id
from dexter_graphql.loaders.releases import ReleaseKey, release_reference
from dexter_graphql.sentry.catalogue import release_files as catalogue

FileNames = Annotated[
    list[str] | None, strawberry.argument(description="Return only files whose names contain one of these texts.")
]
Checksums = Annotated[
    list[str] | None, strawberry.argument(description="Return only files with one of these SHA-1 checksums.")
]


@entity(key=ReleaseFileKey, load=release_files_by_id)
class ReleaseFile(Node):
    """File of a release, for example a source map."""

    sentry_id: strawberry.ID = plain("id", description="ID of the file in Sentry's API.")
    name: str | None = plain(description="Name of the file: usually the URL or path under which code refers to it.")
    dist: str | None = plain(description="Distribution of the release that the file belongs to; null for all of them.")
    size_bytes: BigInt | None = plain("size", description="Size of the file in bytes.")
    sha1: str | None = plain(description="SHA-1 checksum of the file.")
    created_at: datetime | None = plain("dateCreated", description="Time when the file was uploaded.")

    @computed(headers=dict[str, Any] | None)
    def headers(row: Any) -> list[KeyValue]:
        """HTTP headers of the file, for example `Content-Type`."""
        return list((row.headers or {}).items())

    @computed()
    def release(row: Any) -> ReleaseType | None:
        """Release that the file belongs to. Selecting only its version costs no call."""
        return release_reference(row.parents)

    @call(is_personal=True, reads={"id": ID, "name": str | None})
    async def download_url(row: Any, load_context: LoadContext) -> str | None:
        """Path on this server for the content: signed for this caller, for one download, until it expires."""
        parents = row.parents
        key = ReleaseFileKey(ReleaseKey(parents.organization, parents.release), str(row.id))
        endpoint = form_of(catalogue.DETAIL, catalogue.PROJECT_DETAIL, parents.project)
        path = file_path(key, parents.project)
        return download_address(endpoint, parents.organization, path, row.name, load_context)


def file_list(names: list[str] | None, checksums: list[str] | None, page: PageArguments) -> ListOptions:
    """Loader options of a list of files."""
    query = (
        *repeated("query", bounded(names, "names")),
        *repeated("checksum", bounded(checksums, "checksums")),
    )
    return list_options(page, query)
