"""Execution of an operation: by a plan, by graphql-core, or begun by the one and completed by the other."""

from collections.abc import Awaitable, Callable
from traceback import format_exception
from typing import Any, Protocol

from graphql import ExecutionResult, GraphQLError, GraphQLSchema
from graphql.execution.values import VariableValues

from dexter_graphql.engine.compiler import Compiler
from dexter_graphql.engine.counters import Outcome
from dexter_graphql.engine.execution import Execution
from dexter_graphql.engine.failures import FallBack, Reason, without_tracebacks
from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.engine.replay import Replay
from dexter_graphql.engine.selection import SelectionIndex
from dexter_graphql.engine.variable_values import coerce_variables
from dexter_graphql.errors import drop_tracebacks
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.redact import redacted


class OperationContext(Protocol):
    """What belongs to one operation."""

    @property
    def caller(self) -> str:
        """Name of the caller, whose share of the compile budget is used."""
        ...

    def extensions(self) -> dict[str, Any]:
        """The `extensions` of the response."""
        ...

    def use_selection(self, selection_index: SelectionIndex, variables: VariableValues) -> None:
        """Take what the operation selects from this index, and the variables of this execution."""
        ...


class EventContext(OperationContext, Protocol):
    """What belongs to the events of a subscription that are executed together."""

    async def close(self) -> None:
        """End what still runs for them."""
        ...


class SubscriptionContext(OperationContext, Protocol):
    """What belongs to a subscription."""

    @property
    def groups_events(self) -> bool:
        """True when executing several events together may save calls of the upstream."""
        ...

    def for_events(self, count: int) -> EventContext:
        """The context in which that many events are executed together."""
        ...

    def begin_answer(self, event: Any) -> None:
        """Take note that the next answer is the one to this event."""
        ...


OperationCheck = Callable[[OperationEntry, VariableValues, Any], Awaitable[GraphQLError | None]]
"""Operation, coerced variables and context → why the operation must not be executed; None when it may be."""


async def accept_operation(_operation_entry: OperationEntry, _variables: VariableValues, _context: Any) -> None:
    """The check that accepts every operation."""


class OperationRunner:
    """Executes operations over one schema; without a compiler all of them by graphql-core."""

    def __init__(
        self,
        schema: GraphQLSchema,
        compiler: Compiler | None,
        check_operation: OperationCheck = accept_operation,
        *,
        hides_suggestions: bool = False,
    ) -> None:
        self._schema = schema
        self._hides_suggestions = hides_suggestions
        self._compiler = compiler
        self._check_operation = check_operation
        self._log = get_log("dexter.engine")

    async def coerce(
        self, operation_entry: OperationEntry, variables: dict[str, Any], context: OperationContext
    ) -> VariableValues | list[GraphQLError]:
        """The values of the variables, or the errors for which the operation must not be executed."""
        hides = self._hides_suggestions
        coerced = coerce_variables(self._schema, operation_entry, variables, hides_suggestions=hides)
        if isinstance(coerced, list):
            return coerced
        refusal = await self._check_operation(operation_entry, coerced, context)
        return coerced if refusal is None else [refusal]

    async def run(
        self,
        operation_entry: OperationEntry,
        variables: dict[str, Any],
        context: OperationContext,
        root_value: Any = None,
    ) -> ExecutionResult:
        """The result of one execution; of a subscription, for the event that is the root value."""
        coerced = await self.coerce(operation_entry, variables, context)
        if isinstance(coerced, list):
            return ExecutionResult(None, without_tracebacks(coerced))
        replay = Replay(self._schema, operation_entry, variables, context)
        compiler = self._compiler
        if compiler is None:
            return await replay.execute_operation(root_value=root_value)
        compiled = compiler.plan(operation_entry, coerced, context.caller)
        if compiled is None:
            compiler.counters.count_execution(operation_entry, Outcome.INTERPRETED)
            return await replay.execute_operation(root_value=root_value)
        context.use_selection(compiled.plan.selection_index, coerced)
        row_compiler = compiler.for_execution(operation_entry, context.caller)
        execution = Execution(compiled, coerced, context, replay, row_compiler)
        try:
            data = await execution.execute(root_value)
            errors = [*execution.errors(), *replay.errors]
        except Exception as error:  # noqa: BLE001  # graphql-core answers instead, and the failure is counted
            self._count_fallback(compiler, operation_entry, error)
            drop_tracebacks(error)
            return await replay.execute_operation(execution.recorded, root_value)
        finally:
            replay.close()
        compiler.counters.count_execution(operation_entry, Outcome.FAST)
        return ExecutionResult(data, without_tracebacks(errors))

    def _count_fallback(self, compiler: Compiler, operation_entry: OperationEntry, error: Exception) -> None:
        """Count an operation that graphql-core has to complete; report a mistake of the engine."""
        if isinstance(error, FallBack):
            compiler.counters.count_execution(operation_entry, Outcome.REPLAYED)
            compiler.counters.count_operation_fallback(error.reason)
            return
        compiler.counters.count_execution(operation_entry, Outcome.BROKEN)
        compiler.counters.count_operation_fallback(Reason.ENGINE_ERROR)
        trace = redacted("".join(format_exception(error)))
        self._log.error("a plan failed; graphql-core executes the operation instead", traceback=trace)
