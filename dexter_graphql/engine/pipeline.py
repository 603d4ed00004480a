"""The seam between documents and bytes: parses, limits, validates and runs, and writes the answer.

Knows graphql-core and nothing of ours above it; whoever runs a server on it brings rules, context and error format.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, Protocol

import msgspec
from graphql import (
    ASTValidationRule,
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    execute,
    get_operation_ast,
    parse,
    specified_rules,
    subscribe,
    validate,
)

from dexter_graphql.errors import ErrorCode

MAX_DOCUMENTS = 1000
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
BYTES_PER_CHARACTER = 150
"""Memory that a parsed document takes, as measured; its text is the smallest part of that."""
MAX_VALIDATION_ERRORS = 10
TOO_MUCH = ("Document contains more than", "Document is nested too deeply")
"""What the parser says of a document that it gives up on."""
GIVEN_UP = "Validation aborted."
"""All that the rules say of a document that they give up on, for its size or its depth."""


class OperationContext(Protocol):
    """What belongs to one operation."""

    def extensions(self) -> dict[str, Any]:
        """What the answer tells about itself."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that was looked at: the operation to run, or the errors that forbid it."""

    document: DocumentNode | None = None
    operation: OperationDefinitionNode | None = None
    errors: tuple[GraphQLError, ...] = ()

    @property
    def kind(self) -> OperationType | None:
        """Query, mutation or subscription; None when there is nothing to run."""
        return self.operation.operation if self.operation is not None else None

    @property
    def name(self) -> str | None:
        """Name of the operation."""
        return self.operation.name.value if self.operation is not None and self.operation.name is not None else None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer's bytes. `is_request_error` means that nothing was run: there is no `data`."""

    body: bytes
    is_request_error: bool = False
    codes: tuple[str, ...] = field(default=())


FormatError = Callable[[GraphQLError], dict[str, Any]]


class Pipeline:
    """Runs documents over one schema. Parsed and validated documents are kept, bounded in number and in bytes."""

    def __init__(
        self, schema: GraphQLSchema, *, rules: Sequence[type[ASTValidationRule]] = (), max_tokens: int = 5000
    ) -> None:
        self.schema = schema
        self._rules = [*rules, *specified_rules]
        self._limits = list(rules)
        self._max_tokens = max_tokens
        self._documents: OrderedDict[str, DocumentNode | tuple[GraphQLError, ...]] = OrderedDict()
        self._document_bytes = 0

    def prepare(self, text: str, operation_name: str | None = None) -> Prepared:
        """The document with its operation, or with what is wrong with it. Never raises for a bad document."""
        looked_at = self._documents.get(text)
        if looked_at is None:
            looked_at = self._looked_at(text)
            self._keep(text, looked_at)
        else:
            self._documents.move_to_end(text)
        if isinstance(looked_at, tuple):
            return Prepared(errors=looked_at)
        operation = get_operation_ast(looked_at, operation_name)
        if operation is None:
            wanted = f"no operation named '{operation_name[:80]}'" if operation_name else "several operations or none"
            hint = "" if operation_name else "; give 'operationName'"
            return Prepared(errors=(_error(f"The document has {wanted}{hint}", ErrorCode.BAD_USER_INPUT),))
        return Prepared(looked_at, operation)

    async def execute(
        self, prepared: Prepared, variables: dict[str, Any] | None, context: OperationContext, format_error: FormatError
    ) -> Answer:
        """The answer to a query or a mutation."""
        if prepared.document is None:
            return written_errors(prepared.errors, format_error)
        result = execute(
            self.schema,
            prepared.document,
            context_value=context,
            variable_values=variables,
            operation_name=prepared.name,
        )
        if isawaitable(result):
            result = await result
        return self._written(result, context, format_error)

    async def subscribe(
        self, prepared: Prepared, variables: dict[str, Any] | None, context: OperationContext, format_error: FormatError
    ) -> AsyncIterator[Answer]:
        """The answers of a subscription, one per event; one answer without data when it cannot begin."""
        if prepared.document is None:
            yield written_errors(prepared.errors, format_error)
            return
        source = subscribe(
            self.schema,
            prepared.document,
            context_value=context,
            variable_values=variables,
            operation_name=prepared.name,
        )
        if isawaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            yield self._written(source, context, format_error)
            return
        async with aclosing(source) as results:  # type: ignore[type-var]  # an async generator
            async for result in results:
                yield self._written(result, context, format_error)

    def _looked_at(self, text: str) -> DocumentNode | tuple[GraphQLError, ...]:
        try:
            document = parse(text, max_tokens=self._max_tokens)
        except GraphQLSyntaxError as error:
            return (_coded(error, ErrorCode.GRAPHQL_PARSE_FAILED),)
        except RecursionError:
            return (_error("The document is nested too deeply", ErrorCode.QUERY_TOO_COMPLEX),)
        try:
            # Limits first and alone: what is too large is not worth the other rules.
            errors = validate(self.schema, document, self._limits) if self._limits else []
            errors = errors or validate(self.schema, document, self._rules, max_errors=MAX_VALIDATION_ERRORS)
        except RecursionError:
            return (_error("The document is nested too deeply", ErrorCode.QUERY_TOO_COMPLEX),)
        return tuple(_coded(error, ErrorCode.GRAPHQL_VALIDATION_FAILED) for error in errors) or document

    def _keep(self, text: str, looked_at: DocumentNode | tuple[GraphQLError, ...]) -> None:
        self._documents[text] = looked_at
        self._document_bytes += len(text) * BYTES_PER_CHARACTER
        while len(self._documents) > MAX_DOCUMENTS or self._document_bytes > MAX_DOCUMENT_BYTES:
            oldest, _ = self._documents.popitem(last=False)
            self._document_bytes -= len(oldest) * BYTES_PER_CHARACTER

    def _written(self, result: ExecutionResult, context: OperationContext, format_error: FormatError) -> Answer:
        errors = [format_error(error) for error in result.errors or ()]
        is_request_error = result.data is None and not any(error.path for error in result.errors or ())
        answer: dict[str, Any] = {"errors": errors} if errors else {}
        if not is_request_error:
            answer["data"] = result.data
        if extensions := context.extensions():
            answer["extensions"] = {"dexter": extensions}
        return Answer(msgspec.json.encode(answer), is_request_error, _codes(errors))


def written_errors(errors: Sequence[GraphQLError], format_error: FormatError) -> Answer:
    """An answer without data: nothing was run."""
    formatted = [format_error(error) for error in errors]
    return Answer(msgspec.json.encode({"errors": formatted}), is_request_error=True, codes=_codes(formatted))


def _codes(errors: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted({str(error["extensions"]["code"]) for error in errors if "extensions" in error}))


def _error(message: str, code: ErrorCode) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})


def _coded(error: GraphQLError, code: ErrorCode) -> GraphQLError:
    if error.message == GIVEN_UP:
        return _error("The document is too complex to be validated", ErrorCode.QUERY_TOO_COMPLEX)
    if not error.extensions:
        is_too_much = any(words in error.message for words in TOO_MUCH)
        error.extensions = {"code": ErrorCode.QUERY_TOO_COMPLEX if is_too_much else code}
    return error
