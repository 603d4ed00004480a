"""Documents, parsed, checked and validated, and a bounded cache of them by text."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationType,
    get_operation_ast,
    parse,
)

from dexter_graphql.concurrency.bounded_map import BoundedMap, SizeBudget
from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.engine.validation import bound_validation, validation_errors
from dexter_graphql.errors import ErrorCode

MAX_DOCUMENTS = 1000
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
BYTES_PER_TOKEN = 600
"""Memory of a parsed document for each of its tokens: measured were 280 to 610."""
MAX_CACHED_LENGTH = 32 * 1024
"""Characters of the longest document that is cached and planned; longer ones are parsed and interpreted each time."""


class DocumentChecker(Protocol):
    """Checks that cost little and are made first."""

    def check_text(self, text: str) -> Sequence[GraphQLError]:
        """What forbids to parse the text."""
        ...

    def check_tree(self, document: DocumentNode) -> Sequence[GraphQLError]:
        """What forbids to validate the document."""
        ...


class NoChecks:
    """Accepts every document."""

    def check_text(self, _text: str) -> Sequence[GraphQLError]:
        """Nothing."""
        return ()

    def check_tree(self, _document: DocumentNode) -> Sequence[GraphQLError]:
        """Nothing."""
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class PreparedDocument:
    """The operation to execute, or the errors that forbid it."""

    operation_entry: OperationEntry | None = None
    errors: tuple[GraphQLError, ...] = ()

    @property
    def kind(self) -> OperationType | None:
        """Query, mutation or subscription; None when there is nothing to execute."""
        return self.operation_entry.operation.operation if self.operation_entry is not None else None

    @property
    def name(self) -> str | None:
        """Name of the operation."""
        return self.operation_entry.operation_name if self.operation_entry is not None else None


@dataclass(slots=True, eq=False)
class CachedDocument:
    """A parsed document or its errors, with the operations that were prepared so far, by name."""

    node: DocumentNode | None = None
    errors: tuple[GraphQLError, ...] = ()
    size: int = 0
    """Estimated memory, in bytes."""
    is_cacheable: bool = True
    is_pinned: bool = False
    prepared: dict[str | None, PreparedDocument] = field(default_factory=dict)


class DocumentCache:
    """Documents by their text, bounded in number and in bytes; the least recently used goes first."""

    def __init__(
        self,
        schema: GraphQLSchema,
        checker: DocumentChecker | None = None,
        *,
        max_documents: int = MAX_DOCUMENTS,
        max_bytes: int = MAX_DOCUMENT_BYTES,
        hides_suggestions: bool = False,
    ) -> None:
        self._schema = schema
        self._hides_suggestions = hides_suggestions
        self._checker = checker or NoChecks()
        self._documents: BoundedMap[str, CachedDocument] = BoundedMap(max_documents, budget=SizeBudget(max_bytes))
        self._pinned: dict[str, CachedDocument | None] = {}
        bound_validation()

    def pin(self, text: str) -> None:
        """Never evict this document, and plan its operations when they are first executed."""
        self._pinned[text] = None

    def prepare(self, text: str, operation_name: str | None = None) -> PreparedDocument:
        """The document with its operation, or with its errors. Never raises for a bad document."""
        document = self._document(text)
        prepared = document.prepared.get(operation_name)
        return prepared if prepared is not None else self._prepare_operation(document, operation_name)

    def _document(self, text: str) -> CachedDocument:
        document = self._pinned.get(text) or self._documents.get(text)
        if document is None:
            document = self._inspect(text)
            if text in self._pinned:
                document.is_pinned = True
                self._pinned[text] = document
            elif document.is_cacheable:
                self._documents.put(text, document, document.size)
        return document

    def _prepare_operation(self, document: CachedDocument, name: str | None) -> PreparedDocument:
        if document.node is None:
            return PreparedDocument(errors=document.errors)
        operation = get_operation_ast(document.node, name)
        if operation is None:
            content = f"no operation named '{name[:80]}'" if name else "several operations or none"
            hint = "" if name else "; give 'operationName'"
            error = _make_error(f"The document has {content}{hint}", ErrorCode.BAD_USER_INPUT)
            return PreparedDocument(errors=(error,))
        operation_entry = OperationEntry(document.node, operation, document.is_pinned, document.is_cacheable)
        prepared = document.prepared[name] = PreparedDocument(operation_entry)
        return prepared

    def _inspect(self, text: str) -> CachedDocument:
        node, errors = None, tuple(self._checker.check_text(text))
        if not errors:
            try:
                node, errors = self._parse_and_validate(text)
            except RecursionError:
                errors = (_make_error("The document is nested too deeply", ErrorCode.QUERY_TOO_COMPLEX),)
        # Errors of a parsed document refer to its nodes and hold all of it.
        size = sys.getsizeof(text) + (0 if node is None else _count_tokens(node) * BYTES_PER_TOKEN)
        return CachedDocument(None if errors else node, errors, size, len(text) <= MAX_CACHED_LENGTH)

    def _parse_and_validate(self, text: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
        try:
            document = parse(text)
        except GraphQLSyntaxError as error:
            error.extensions = {"code": ErrorCode.GRAPHQL_PARSE_FAILED}
            return None, (error,)
        errors = self._checker.check_tree(document)
        if not errors:
            errors = validation_errors(self._schema, document, hides_suggestions=self._hides_suggestions)
        return document, tuple(errors)


def _count_tokens(document: DocumentNode) -> int:
    token = document.loc.start_token if document.loc is not None else None
    count = 0
    while token is not None:
        count += 1
        token = token.next
    return count


def _make_error(message: str, code: ErrorCode) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})
