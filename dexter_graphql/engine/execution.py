"""Decides how an operation is executed: by a plan, or by graphql-core, or begun by one and completed by the other."""

from traceback import format_exception
from typing import Any, Protocol

from graphql import ExecutionResult, GraphQLSchema

from dexter_graphql.engine.compiler import Compiler, OperationEntry, Outcome
from dexter_graphql.engine.completion import FallBack
from dexter_graphql.engine.replay import Replay
from dexter_graphql.engine.runtime import Execution
from dexter_graphql.engine.selection import SelectionIndex
from dexter_graphql.engine.variable_values import coerce_variables
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.redact import redacted


class OperationContext(Protocol):
    """What belongs to one operation."""

    @property
    def caller(self) -> str:
        """Who asks, for whatever is shared out between callers."""
        ...

    def extensions(self) -> dict[str, Any]:
        """What the answer tells about itself."""
        ...

    def use_selection(self, selection_index: SelectionIndex) -> None:
        """Take what the operation selects from this walker."""
        ...


class OperationRunner:
    """Executes operations over one schema; with a compiler by plans, without one all by graphql-core."""

    def __init__(self, schema: GraphQLSchema, compiler: Compiler | None) -> None:
        self._schema = schema
        self._compiler = compiler
        self._log = get_log("dexter.engine")

    async def run(
        self,
        operation_entry: OperationEntry,
        variables: dict[str, Any],
        context: OperationContext,
        root_value: Any = None,
    ) -> ExecutionResult:
        """The result of one execution; of a subscription, for the event that is the root value."""
        coerced = coerce_variables(self._schema, operation_entry, variables)
        if isinstance(coerced, list):
            return ExecutionResult(None, coerced)
        replay = Replay(self._schema, operation_entry, variables, context)
        plan = None if self._compiler is None else self._compiler.plan(operation_entry, coerced, context.caller)
        if self._compiler is None or plan is None:
            self._count(operation_entry, Outcome.INTERPRETED)
            return await replay.whole((), root_value)
        context.use_selection(plan.selection_index)
        execution = Execution(plan, coerced, context, replay, self._compiler.for_caller(context.caller))
        try:
            data = await execution.execute(root_value)
            errors = [*execution.errors(), *replay.errors]
        except Exception as error:  # noqa: BLE001  # whatever it is, graphql-core answers, and it is counted
            self._count_fallback(operation_entry, error)
            return await replay.whole(execution.recorded, root_value)
        self._count(operation_entry, Outcome.FAST)
        return ExecutionResult(data, errors or None)

    def _count_fallback(self, operation_entry: OperationEntry, error: Exception) -> None:
        """A run left its way: foreseen, or through a mistake of ours that somebody should hear of."""
        if isinstance(error, FallBack):
            self._count(operation_entry, Outcome.REPLAYED)
            return
        self._count(operation_entry, Outcome.BROKEN)
        trace = redacted("".join(format_exception(error)))
        self._log.error("a plan broke; graphql-core answers instead", traceback=trace)

    def _count(self, operation_entry: OperationEntry, outcome: Outcome) -> None:
        if self._compiler is not None:
            self._compiler.counters.count(operation_entry, outcome)
