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
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from graphql.execution import create_source_event_stream
from graphql.execution.executor_throwing_on_incremental import ExecutorThrowingOnIncremental
from graphql.execution.values import VariableValues, get_variable_values

from dexter_graphql.engine.compiler import Candidate, Compiler
from dexter_graphql.engine.completion import Deviation
from dexter_graphql.engine.plan import Plan
from dexter_graphql.engine.replay import Replay
from dexter_graphql.engine.runtime import Run
from dexter_graphql.engine.selection import Walker
from dexter_graphql.errors import ErrorCode

MAX_DOCUMENTS = 1000
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
BYTES_PER_CHARACTER = 150
"""Memory that a parsed document takes, as measured; its text is the smallest part of that."""
MAX_VALIDATION_ERRORS = 10
MAX_COERCION_ERRORS = 50
NO_VARIABLES = VariableValues({}, {})
TOO_MUCH = ("Document contains more than", "Document is nested too deeply")
"""What the parser says of a document that it gives up on."""
GIVEN_UP = "Validation aborted."
"""All that the rules say of a document that they give up on, for its size or its depth."""


class OperationContext(Protocol):
    """What belongs to one operation."""

    @property
    def caller(self) -> str:
        """Who asks, for whatever is shared out between callers."""
        ...

    def extensions(self) -> dict[str, Any]:
        """What the answer tells about itself."""
        ...

    def follow(self, walker: Walker) -> None:
        """Take what the operation selects from this walker."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A document that was looked at: the operation to run, or the errors that forbid it."""

    document: DocumentNode | None = None
    operation: OperationDefinitionNode | None = None
    errors: tuple[GraphQLError, ...] = ()
    candidate: Candidate | None = None

    @property
    def kind(self) -> OperationType | None:
        """Query, mutation or subscription; None when there is nothing to run."""
        return self.operation.operation if self.operation is not None else None

    @property
    def name(self) -> str | None:
        """Name of the operation."""
        return self.operation.name.value if self.operation is not None and self.operation.name is not None else None


@dataclass(slots=True, eq=False)
class Document:
    """A text that was looked at, with what was prepared of it so far, by name of the operation."""

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    prepared: dict[str | None, Prepared] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer's bytes. `is_request_error` means that nothing was run: there is no `data`."""

    body: bytes
    is_request_error: bool = False
    codes: tuple[str, ...] = field(default=())


FormatError = Callable[[GraphQLError], dict[str, Any]]


class Pipeline:
    """Runs documents over one schema. Parsed and validated documents are kept, bounded in number and in bytes.

    With a compiler, operations that come again are run by plans; without one, graphql-core runs everything.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        rules: Sequence[type[ASTValidationRule]] = (),
        max_tokens: int = 5000,
        compiler: Compiler | None = None,
    ) -> None:
        self.schema = schema
        self._rules = [*rules, *specified_rules]
        self._limits = list(rules)
        self._max_tokens = max_tokens
        self._compiler = compiler
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._document_bytes = 0
        self._pinned: dict[str, Document] = {}

    def pin(self, text: str) -> None:
        """Keep a document for good, and plan its operations when they are first asked for."""
        self._pinned[text] = self._looked_at(text)

    def prepare(self, text: str, operation_name: str | None = None) -> Prepared:
        """The document with its operation, or with what is wrong with it. Never raises for a bad document."""
        document = self._pinned.get(text) or self._documents.get(text)
        if document is None:
            document = self._looked_at(text)
            self._keep(text, document)
        elif text in self._documents:
            self._documents.move_to_end(text)
        prepared = document.prepared.get(operation_name)
        return prepared if prepared is not None else self._prepared(document, operation_name, text in self._pinned)

    async def execute(
        self, prepared: Prepared, variables: dict[str, Any] | None, context: OperationContext, format_error: FormatError
    ) -> Answer:
        """The answer to a query or a mutation."""
        if prepared.document is None:
            return written_errors(prepared.errors, format_error)
        return self._written(await self._executed(prepared, variables or {}, context, None), context, format_error)

    async def subscribe(
        self, prepared: Prepared, variables: dict[str, Any] | None, context: OperationContext, format_error: FormatError
    ) -> AsyncIterator[Answer]:
        """The answers of a subscription, one per event; one answer without data when it cannot begin."""
        if prepared.document is None:
            yield written_errors(prepared.errors, format_error)
            return
        variables = variables or {}
        executor = ExecutorThrowingOnIncremental.build(
            self.schema, prepared.document, None, context, variables, operation_name=prepared.name
        )
        source = ExecutionResult(None, executor) if isinstance(executor, list) else create_source_event_stream(executor)
        if isawaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            yield self._written(source, context, format_error)
            return
        async with aclosing(source) as events:  # type: ignore[type-var]  # an async generator
            async for event in events:
                executed = await self._executed(prepared, variables, context, event)
                yield self._written(executed, context, format_error)

    async def _executed(
        self, prepared: Prepared, variables: dict[str, Any], context: OperationContext, root_value: Any
    ) -> ExecutionResult:
        """By a plan when there is one; by graphql-core when there is none, or when the run leaves its way."""
        assert prepared.document is not None  # noqa: S101  # callers looked
        replay = Replay(self.schema, prepared.document, prepared.name, variables, context)
        coerced = self._coerced(prepared, variables)
        if isinstance(coerced, list):
            return ExecutionResult(None, coerced)
        plan = self._plan(prepared, coerced, context)
        if plan is None or self._compiler is None:
            return await replay.whole((), root_value)
        context.follow(plan.walker)
        run = Run(plan, coerced, context, replay, self._compiler.generator(context.caller))
        try:
            data = await run.execute(root_value)
        except Deviation:
            self._compiler.tally.replayed += 1
            return await replay.whole(run.recorded, root_value)
        self._compiler.tally.fast += 1
        errors = [*run.errors(), *replay.errors]
        return ExecutionResult(data, errors or None)

    def _plan(self, prepared: Prepared, variables: VariableValues, context: OperationContext) -> Plan | None:
        if self._compiler is None or prepared.candidate is None:
            return None
        plan = self._compiler.plan(prepared.candidate, variables, context.caller)
        self._compiler.tally.interpreted += plan is None
        return plan

    def _coerced(self, prepared: Prepared, variables: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        assert prepared.operation is not None  # noqa: S101  # a document that may run has one
        definitions = prepared.operation.variable_definitions
        if not definitions:
            return NO_VARIABLES
        return get_variable_values(self.schema, definitions, variables, max_errors=MAX_COERCION_ERRORS)

    def _prepared(self, document: Document, name: str | None, is_pinned: bool) -> Prepared:  # noqa: FBT001  # private
        if document.node is None:
            prepared = document.prepared[None] = Prepared(errors=document.errors)
            return prepared
        operation = get_operation_ast(document.node, name)
        if operation is None:
            wanted = f"no operation named '{name[:80]}'" if name else "several operations or none"
            hint = "" if name else "; give 'operationName'"
            return Prepared(errors=(_error(f"The document has {wanted}{hint}", ErrorCode.BAD_USER_INPUT),))
        candidate = None if self._compiler is None else Candidate(document.node, operation, is_pinned)
        prepared = document.prepared[name] = Prepared(document.node, operation, candidate=candidate)
        return prepared

    def _looked_at(self, text: str) -> Document:
        looked_at = self._checked(text)
        return Document(None, looked_at) if isinstance(looked_at, tuple) else Document(looked_at)

    def _checked(self, text: str) -> DocumentNode | tuple[GraphQLError, ...]:
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

    def _keep(self, text: str, document: Document) -> None:
        self._documents[text] = document
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
