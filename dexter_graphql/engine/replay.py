"""Execution by graphql-core: of single fields, or of a whole operation with values that were resolved before.

A replay takes values that were resolved already from the record, so that nothing is fetched twice. graphql-core's own
rules decide on messages, paths and nulls.
"""

from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import Any

from graphql import ExecutionResult, FieldNode, GraphQLError, GraphQLResolveInfo, GraphQLSchema, located_error
from graphql.execution import Executor
from graphql.pyutils import Path

from dexter_graphql.engine.failures import FallBack, PartialValue, Reason, without_tracebacks
from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.engine.plan import PlannedField

RecordedValues = tuple[FieldNode, Sequence[Any], Sequence[Any]]
"""A field's first node, rows, and the value or exception of each row."""


class Replay:
    """graphql-core over the same document, variables and context as one execution of the engine."""

    def __init__(
        self, schema: GraphQLSchema, operation_entry: OperationEntry, variables: dict[str, Any], context: Any
    ) -> None:
        self._schema = schema
        self._document = operation_entry.document
        self._name = operation_entry.operation_name
        self._variables = variables
        self._context = context
        self._executor: Executor[Any] | None = None
        """Of single fields."""
        self._errors_of_parts: list[GraphQLError] = []

    @property
    def errors(self) -> list[GraphQLError]:
        """Errors of single fields that were executed."""
        executed = self._executor.collected_errors.errors if self._executor is not None else []
        return [*executed, *self._errors_of_parts]

    async def execute_field(self, planned: PlannedField, row: Any, path: Path | None) -> Any:
        """One field of one row, completed. Raises FallBack when it is null and must not be."""
        if self._executor is None:
            self._executor = self._build(None, ())
        assert path is not None  # noqa: S101  # it ends with the field
        try:
            completed = self._executor.execute_field(planned.parent, row, planned.details, path, None)
            return await completed if isawaitable(completed) else completed
        except GraphQLError:
            raise FallBack(Reason.DELEGATED) from None

    async def execute_operation(
        self, recorded: Sequence[RecordedValues] = (), root_value: Any = None
    ) -> ExecutionResult:
        """The whole operation; recorded fields keep their values."""
        self._errors_of_parts = []
        executor = self._build(root_value, recorded)
        try:
            executed = executor.execute_operation()
            result = await executed if isawaitable(executed) else executed
        finally:
            release(executor)
        assert isinstance(result, ExecutionResult)  # noqa: S101  # the schema has no incremental delivery
        parts = [error for error in self._errors_of_parts if _has(result.data, error.path or ())]
        return ExecutionResult(result.data, without_tracebacks([*(result.errors or ()), *parts]))

    def close(self) -> None:
        """End the execution of single fields."""
        if self._executor is not None:
            release(self._executor)
            self._executor = None

    def _build(self, root_value: Any, recorded: Sequence[RecordedValues]) -> Executor[Any]:
        executor = Executor.build(
            self._schema,
            self._document,
            root_value,
            self._context,
            self._variables,
            self._name,
            middleware=[self._middleware(recorded)],
        )
        assert isinstance(executor, Executor)  # noqa: S101  # the variables are valid
        return executor

    def _middleware(self, recorded: Sequence[RecordedValues]) -> Callable[..., Any]:
        """Wraps all resolvers: recorded fields keep their values, and partial values lose their errors."""
        values = {
            (id(node), id(row)): value
            for node, rows, values_of_rows in recorded
            for row, value in zip(rows, values_of_rows, strict=True)
        }

        def resolve(proceed: Callable[..., Any], row: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
            key = (id(info.field_nodes[0]), id(row))
            value = values[key] if key in values else proceed(row, info, **arguments)
            return self._later(value, info) if isawaitable(value) else self._without_errors(value, info)

        return resolve

    async def _later(self, value: Awaitable[Any], info: GraphQLResolveInfo[Any]) -> Any:
        return self._without_errors(await value, info)

    def _without_errors(self, value: Any, info: GraphQLResolveInfo[Any]) -> Any:
        if not isinstance(value, PartialValue):
            return value
        path = info.path.as_list()
        self._errors_of_parts += [located_error(error, info.field_nodes, path) for error in value.errors]
        return value.value


def release(executor: Executor[Any]) -> None:
    """End the use of an executor, which refers to itself by its helpers for resolvers."""
    del executor.async_helpers


def _has(data: Any, path: Sequence[str | int]) -> bool:
    """True when nothing above the path is null."""
    for key in path:
        if data is None:
            return False
        data = data[key]
    return True
