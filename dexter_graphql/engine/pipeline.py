"""From the text of a document to the bytes of its answer, over any schema."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, NamedTuple

import msgspec
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, located_error
from graphql.execution import create_source_event_stream
from graphql.execution.executor_throwing_on_incremental import ExecutorThrowingOnIncremental

from dexter_graphql.engine.compiler import Compiler
from dexter_graphql.engine.documents import DocumentCache, DocumentChecker, PreparedDocument
from dexter_graphql.engine.event_groups import event_groups
from dexter_graphql.engine.failures import without_tracebacks
from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.engine.operation_runner import (
    OperationCheck,
    OperationContext,
    OperationRunner,
    SubscriptionContext,
    accept_operation,
)
from dexter_graphql.engine.replay import release


@dataclass(frozen=True, slots=True)
class ExecutionAnswer:
    """The response as bytes. `is_request_error` means that nothing was executed: there is no `data`."""

    body: bytes
    is_request_error: bool = False
    codes: tuple[str, ...] = field(default=())


FormatError = Callable[[GraphQLError], dict[str, Any]]


class Subscription(NamedTuple):
    """A subscription to execute: operation, values of its variables, context, and how its errors are formatted."""

    operation_entry: OperationEntry
    variables: dict[str, Any]
    context: SubscriptionContext
    format_error: FormatError


class Pipeline:
    """Prepares and executes documents over one schema.

    With a compiler, operations that are seen again are executed by plans; without one, graphql-core executes all.
    `check_operation` may refuse an operation before anything of it is executed. With `hides_suggestions` errors of
    invalid documents and variables suggest no names of the schema.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        checker: DocumentChecker | None = None,
        compiler: Compiler | None = None,
        check_operation: OperationCheck = accept_operation,
        hides_suggestions: bool = False,
    ) -> None:
        self.schema = schema
        self.hides_suggestions = hides_suggestions
        self._documents = DocumentCache(schema, checker, hides_suggestions=hides_suggestions)
        self._runner = OperationRunner(schema, compiler, check_operation, hides_suggestions=hides_suggestions)

    def pin(self, text: str) -> None:
        """Never evict this document, and plan its operations when they are first executed."""
        self._documents.pin(text)

    def prepare(self, text: str, operation_name: str | None = None) -> PreparedDocument:
        """The document with its operation, or with its errors. Never raises for a bad document."""
        return self._documents.prepare(text, operation_name)

    async def execute(
        self,
        prepared: PreparedDocument,
        variables: dict[str, Any] | None,
        context: OperationContext,
        format_error: FormatError,
    ) -> ExecutionAnswer:
        """The response to a query or a mutation."""
        if prepared.operation_entry is None:
            return encode_errors(prepared.errors, format_error)
        executed = await self._runner.run(prepared.operation_entry, variables or {}, context)
        return self._encode(executed, context, format_error)

    async def subscribe(
        self,
        prepared: PreparedDocument,
        variables: dict[str, Any] | None,
        context: SubscriptionContext,
        format_error: FormatError,
    ) -> AsyncIterator[ExecutionAnswer]:
        """The responses of a subscription, one for each event; one without data when it cannot begin.

        Events that arrive together are executed together while that saves calls.
        """
        if prepared.operation_entry is None:
            yield encode_errors(prepared.errors, format_error)
            return
        subscription = Subscription(prepared.operation_entry, variables or {}, context, format_error)
        source = await self._open_source(subscription)
        if isinstance(source, ExecutionResult):
            result = ExecutionResult(None, without_tracebacks(source.errors))
            yield self._encode(result, context, format_error)
            return
        async with aclosing(source) as events:  # type: ignore[type-var]  # an async generator
            try:
                async with aclosing(event_groups(events, lambda: context.groups_events)) as groups:
                    async for group in groups:
                        for event, answer in zip(group, await self._answer_events(subscription, group), strict=True):
                            context.begin_answer(event)
                            yield answer
            except Exception as error:  # noqa: BLE001  # the border of a stream: its last answer says why it ended
                yield encode_errors([located_error(error)], format_error)

    async def _open_source(self, subscription: Subscription) -> AsyncIterable[Any] | ExecutionResult:
        """The events of a subscription, or the result that says why it cannot begin."""
        operation_entry, variables, context, _ = subscription
        coerced = await self._runner.coerce(operation_entry, variables, context)
        if isinstance(coerced, list):
            return ExecutionResult(None, coerced)
        executor = ExecutorThrowingOnIncremental.build(
            self.schema,
            operation_entry.document,
            None,
            context,
            variables,
            operation_name=operation_entry.operation_name,
            hide_suggestions=self.hides_suggestions,
        )
        assert not isinstance(executor, list)  # noqa: S101  # the variables are valid
        try:
            source = create_source_event_stream(executor)
            return await source if isawaitable(source) else source
        finally:
            release(executor)

    async def _answer_events(self, subscription: Subscription, events: Sequence[Any]) -> list[ExecutionAnswer]:
        """The responses to events that are executed together."""
        operation_entry, variables, context, format_error = subscription
        shared = context.for_events(len(events))
        try:
            runs = [self._runner.run(operation_entry, variables, shared, event) for event in events]
            results = await asyncio.gather(*runs) if len(runs) > 1 else [await runs[0]]
            return [self._encode(result, shared, format_error) for result in results]
        finally:
            await shared.close()

    def _encode(self, result: ExecutionResult, context: OperationContext, format_error: FormatError) -> ExecutionAnswer:
        errors = [format_error(error) for error in result.errors or ()]
        is_request_error = result.data is None and not any(error.path for error in result.errors or ())
        answer: dict[str, Any] = {"errors": errors} if errors else {}
        if not is_request_error:
            answer["data"] = result.data
        if extensions := context.extensions():
            answer["extensions"] = {"dexter": extensions}
        return ExecutionAnswer(msgspec.json.encode(answer), is_request_error, _codes(errors))


def encode_errors(errors: Sequence[GraphQLError], format_error: FormatError) -> ExecutionAnswer:
    """A response without data: nothing was executed."""
    formatted = [format_error(error) for error in errors]
    return ExecutionAnswer(msgspec.json.encode({"errors": formatted}), is_request_error=True, codes=_codes(formatted))


def _codes(errors: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted({str(error["extensions"]["code"]) for error in errors if "extensions" in error}))
