"""The seam between documents and bytes: parses, limits, validates and runs, and writes the answer.

Knows graphql-core and nothing of ours above it; whoever runs a server on it brings rules, context and error format.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

import msgspec
from graphql import ASTValidationRule, ExecutionResult, GraphQLError, GraphQLSchema
from graphql.execution import create_source_event_stream
from graphql.execution.executor_throwing_on_incremental import ExecutorThrowingOnIncremental

from dexter_graphql.engine.compiler import Compiler
from dexter_graphql.engine.documents import Documents, Prepared
from dexter_graphql.engine.execution import Executions, OperationContext


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
        self._documents = Documents(schema, rules, max_tokens)
        self._executions = Executions(schema, compiler)

    def pin(self, text: str) -> None:
        """Keep this document for good once it was asked for, and plan its operations at first sight."""
        self._documents.pin(text)

    def prepare(self, text: str, operation_name: str | None = None) -> Prepared:
        """The document with its operation, or with what is wrong with it. Never raises for a bad document."""
        return self._documents.prepare(text, operation_name)

    async def execute(
        self, prepared: Prepared, variables: dict[str, Any] | None, context: OperationContext, format_error: FormatError
    ) -> Answer:
        """The answer to a query or a mutation."""
        if prepared.candidate is None:
            return written_errors(prepared.errors, format_error)
        executed = await self._executions.executed(prepared.candidate, variables or {}, context)
        return self._written(executed, context, format_error)

    async def subscribe(
        self, prepared: Prepared, variables: dict[str, Any] | None, context: OperationContext, format_error: FormatError
    ) -> AsyncIterator[Answer]:
        """The answers of a subscription, one per event; one answer without data when it cannot begin."""
        if prepared.candidate is None:
            yield written_errors(prepared.errors, format_error)
            return
        candidate, variables = prepared.candidate, variables or {}
        executor = ExecutorThrowingOnIncremental.build(
            self.schema, candidate.document, None, context, variables, operation_name=candidate.operation_name
        )
        source = ExecutionResult(None, executor) if isinstance(executor, list) else create_source_event_stream(executor)
        if isawaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            yield self._written(source, context, format_error)
            return
        async with aclosing(source) as events:  # type: ignore[type-var]  # an async generator
            async for event in events:
                executed = await self._executions.executed(candidate, variables, context, event)
                yield self._written(executed, context, format_error)

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
