"""Knows documents as texts: parses, limits and validates them, and keeps what was looked at, bounded.

Knows graphql-core and the limits that it is given, and nothing of how documents are run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationType,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)

from dexter_graphql.concurrency.bounded_map import BoundedMap, SizeBudget
from dexter_graphql.engine.compiler import OperationEntry
from dexter_graphql.errors import ErrorCode

MAX_DOCUMENTS = 1000
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
BYTES_PER_CHARACTER = 150
"""Memory that a parsed document takes, as measured; its text is the smallest part of that."""
MAX_VALIDATION_ERRORS = 10
LIMIT_MESSAGES = ("Document contains more than", "Document is nested too deeply")
"""What the parser says of a document that it gives up on."""
ABORTED_MESSAGE = "Validation aborted."
"""All that the rules say of a document that they give up on, for its size or its depth."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedDocument:
    """A document that was looked at: the operation to run, or the errors that forbid it."""

    operation_entry: OperationEntry | None = None
    errors: tuple[GraphQLError, ...] = ()

    @property
    def kind(self) -> OperationType | None:
        """Query, mutation or subscription; None when there is nothing to run."""
        return self.operation_entry.operation.operation if self.operation_entry is not None else None

    @property
    def name(self) -> str | None:
        """Name of the operation."""
        return self.operation_entry.operation_name if self.operation_entry is not None else None


@dataclass(slots=True, eq=False)
class CachedDocument:
    """A text that was looked at, with what was prepared of it so far, by name of the operation."""

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    is_pinned: bool = False
    prepared: dict[str | None, PreparedDocument] = field(default_factory=dict)


class DocumentCache:
    """Texts that were looked at, bounded in number and in bytes; the one that was not asked for longest goes first."""

    def __init__(
        self,
        schema: GraphQLSchema,
        rules: Sequence[type[ASTValidationRule]],
        max_tokens: int,
        *,
        max_documents: int = MAX_DOCUMENTS,
        max_bytes: int = MAX_DOCUMENT_BYTES,
    ) -> None:
        self._schema = schema
        self._rules = [*rules, *specified_rules]
        self._limits = list(rules)
        self._max_tokens = max_tokens
        self._documents: BoundedMap[str, CachedDocument] = BoundedMap(max_documents, budget=SizeBudget(max_bytes))
        self._pinned: dict[str, CachedDocument | None] = {}

    def pin(self, text: str) -> None:
        """Once this document was asked for keep it for good, and plan its operations at first sight."""
        self._pinned[text] = None

    def prepare(self, text: str, operation_name: str | None = None) -> PreparedDocument:
        """The document with its operation, or with what is wrong with it. Never raises for a bad document."""
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
            else:
                self._documents.put(text, document, len(text) * BYTES_PER_CHARACTER)
        return document

    def _prepare_operation(self, document: CachedDocument, name: str | None) -> PreparedDocument:
        if document.node is None:
            return PreparedDocument(errors=document.errors)
        operation = get_operation_ast(document.node, name)
        if operation is None:
            wanted = f"no operation named '{name[:80]}'" if name else "several operations or none"
            hint = "" if name else "; give 'operationName'"
            return PreparedDocument(errors=(_make_error(f"The document has {wanted}{hint}", ErrorCode.BAD_USER_INPUT),))
        operation_entry = OperationEntry(document.node, operation, document.is_pinned)
        prepared = document.prepared[name] = PreparedDocument(operation_entry)
        return prepared

    def _inspect(self, text: str) -> CachedDocument:
        inspected = self._parse_and_validate(text)
        return CachedDocument(None, inspected) if isinstance(inspected, tuple) else CachedDocument(inspected)

    def _parse_and_validate(self, text: str) -> DocumentNode | tuple[GraphQLError, ...]:
        try:
            document = parse(text, max_tokens=self._max_tokens)
        except GraphQLSyntaxError as error:
            return (_add_code(error, ErrorCode.GRAPHQL_PARSE_FAILED),)
        except RecursionError:
            return (_make_error("The document is nested too deeply", ErrorCode.QUERY_TOO_COMPLEX),)
        try:
            # Limits first and alone: what is too large is not worth the other rules.
            errors = validate(self._schema, document, self._limits) if self._limits else []
            errors = errors or validate(self._schema, document, self._rules, max_errors=MAX_VALIDATION_ERRORS)
        except RecursionError:
            return (_make_error("The document is nested too deeply", ErrorCode.QUERY_TOO_COMPLEX),)
        return tuple(_add_code(error, ErrorCode.GRAPHQL_VALIDATION_FAILED) for error in errors) or document


def _make_error(message: str, code: ErrorCode) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})


def _add_code(error: GraphQLError, code: ErrorCode) -> GraphQLError:
    if error.message == ABORTED_MESSAGE:
        return _make_error("The document is too complex to be validated", ErrorCode.QUERY_TOO_COMPLEX)
    if not error.extensions:
        is_too_much = any(words in error.message for words in LIMIT_MESSAGES)
        error.extensions = {"code": ErrorCode.QUERY_TOO_COMPLEX if is_too_much else code}
    return error
