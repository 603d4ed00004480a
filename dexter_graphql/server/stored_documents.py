"""The documents that requests name by id or hash, and which documents a caller may execute."""

from collections.abc import Callable, Sequence
from pathlib import Path

from graphql import GraphQLError

from dexter_graphql.errors import ErrorCode, SettingsError
from dexter_graphql.graph.identity import Identity
from dexter_graphql.operations.library import Document
from dexter_graphql.operations.manifests import DocumentsError, read_documents
from dexter_graphql.operations.persisted import PersistedQueries, SharedTexts
from dexter_graphql.operations.trusted import TrustedDocuments, hash_of
from dexter_graphql.server.connections import MEBIBYTE
from dexter_graphql.server.requests import GraphQLRequest
from dexter_graphql.settings import Settings
from dexter_graphql.telemetry.metrics import Metrics

# Clients of automatic persisted queries recognize these messages.
NOT_FOUND = "PersistedQueryNotFound"
NOT_SUPPORTED = "PersistedQueryNotSupported"
KIND = "persisted query"
"""Name of what replicas share through Redis."""


class StoredDocuments:
    """Trusted documents, which everybody may name, and persisted queries, which known callers register.

    With `only_trusted`, and for callers whose reach says so, no other document is executed. `is_known` tells callers
    whose credential was accepted.
    """

    def __init__(
        self,
        trusted: TrustedDocuments,
        persisted: PersistedQueries,
        is_known: Callable[[Identity], bool],
        *,
        only_trusted: bool = False,
    ) -> None:
        self._trusted = trusted
        self._persisted = persisted
        self._is_known = is_known
        self._only_trusted = only_trusted

    async def find_text(self, request: GraphQLRequest, identity: Identity) -> str | GraphQLError:
        """Return the text of the document of a request, or why it is not executed."""
        is_restricted = self._only_trusted or identity.reach.documents_only
        if request.query:
            return self._check_text(request, is_restricted=is_restricted)
        text = self._trusted.find(request.document_id or request.query_hash or "")
        if text is None and not is_restricted and request.query_hash is not None:
            text = await self._persisted.find(request.query_hash)
        return text if text is not None else self._missing(request, is_restricted=is_restricted)

    async def register(self, request: GraphQLRequest, identity: Identity) -> None:
        """Store a valid document that came with its hash, if the caller is known."""
        is_trusted_only = self._only_trusted or identity.reach.documents_only
        if request.query and request.query_hash is not None and not is_trusted_only and self._is_known(identity):
            await self._persisted.register(request.query)

    def _check_text(self, request: GraphQLRequest, *, is_restricted: bool) -> str | GraphQLError:
        if request.query_hash is not None and hash_of(request.query) != request.query_hash:
            return _error("The hash in 'extensions.persistedQuery' is not that of 'query'", ErrorCode.BAD_USER_INPUT)
        if is_restricted and not self._trusted.has_text(request.query):
            return _not_allowed()
        return request.query

    def _missing(self, request: GraphQLRequest, *, is_restricted: bool) -> GraphQLError:
        if is_restricted:
            return _not_allowed()
        if request.query_hash is None:
            return _error("No stored document has this id", ErrorCode.PERSISTED_QUERY_NOT_FOUND)
        if not self._persisted.is_enabled:
            return _error(NOT_SUPPORTED, ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED)
        return _error(NOT_FOUND, ErrorCode.PERSISTED_QUERY_NOT_FOUND)


def _not_allowed() -> GraphQLError:
    return _error("Only stored documents may be executed; this is not one of them", ErrorCode.DOCUMENT_NOT_ALLOWED)


def _error(message: str, code: ErrorCode) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})


def trusted_documents(settings: Settings, library: Sequence[Document]) -> TrustedDocuments:
    """Read the documents of the operator; those that come with the server are trusted, too."""
    try:
        own = TrustedDocuments({}) if settings.documents is None else read_documents(Path(settings.documents))
    except DocumentsError as error:
        raise SettingsError(f"DEXTER_DOCUMENTS: {error}") from None
    return own.with_others({document.id: document.text for document in library})


def persisted_queries(
    settings: Settings, share_texts: Callable[[str, int], SharedTexts | None], metrics: Metrics
) -> PersistedQueries:
    """Compose the store of documents that clients register; `share_texts` opens what replicas share."""
    count = settings.persisted_queries
    persisted = PersistedQueries(count, settings.persisted_mib * MEBIBYTE, share_texts(KIND, count))
    metrics.register(persisted.collect)
    return persisted
