"""Breadth-first execution of a plan: one await for each field and level, independent of the number of rows.

A level is completed as far as its rows go. A field that has to be awaited is resolved for all rows together and goes on
with its children when its values are there. Several such fields are tasks; a single one needs none.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from graphql import FieldNode, GraphQLError, located_error
from graphql.execution.values import VariableValues
from graphql.pyutils import Path

from dexter_graphql.engine.completers import CompiledPlan, GeneratedCompleter, RowCompleter
from dexter_graphql.engine.failures import (
    Errors,
    FailedRow,
    FallBack,
    LocatedError,
    Reason,
    ResponsePath,
    is_failure,
    locate,
    without_errors,
)
from dexter_graphql.engine.outputs import Output, paths_by_identity
from dexter_graphql.engine.plan import Level, PlannedField
from dexter_graphql.engine.replay import RecordedValues, Replay
from dexter_graphql.engine.resolution import Batched, Immediate, Reader
from dexter_graphql.errors import as_value

Rows = list[Any]
Pending = dict[PlannedField, tuple[Batched | None, Rows, Rows]]
"""Field → its strategy (None: graphql-core executes it), its rows, and the objects that its values belong to."""


class RowCompiler(Protocol):
    """Plans and generates what an execution is the first to need."""

    def make_completer(self, level: Level, row_class: type) -> RowCompleter:
        """The fields of a level for one class of rows. Raises FallBack when there is no time for it."""
        ...

    def generate(self, completer: RowCompleter) -> GeneratedCompleter | None:
        """The generated function; None when there is no time for it."""
        ...

    def count_slow_path(self, reason: Reason) -> None:
        """Count a level that is completed row by row."""
        ...


class Execution:
    """One execution of a plan."""

    __slots__ = (
        "_compiled",
        "_error_count_when_pruned",
        "_errors",
        "_generate",
        "_readers",
        "context",
        "count_slow_path",
        "failed",
        "make_completer",
        "pending",
        "recorded",
        "replay",
        "root",
        "unfinished",
        "variables",
    )

    def __init__(
        self,
        compiled: CompiledPlan,
        variables: VariableValues,
        context: Any,
        replay: Replay,
        row_compiler: RowCompiler,
    ) -> None:
        self.variables = variables
        self.context = context
        self.replay = replay
        self.pending: Pending = {}
        self.failed = 0
        """Rows so far that could not be completed and are a FailedRow in a column."""
        self.unfinished = 0
        """How often something failed or has to be awaited."""
        self.recorded: list[RecordedValues] = []
        self.root: Any = None
        self.make_completer = row_compiler.make_completer
        self.count_slow_path = row_compiler.count_slow_path
        self._compiled = compiled
        self._generate = row_compiler.generate
        self._readers: dict[PlannedField, Reader] = {}
        self._errors: list[tuple[Any, Errors]] = []
        self._error_count_when_pruned = 0

    async def execute(self, root_value: Any) -> Any:
        """The completed root object; raises FallBack when graphql-core has to complete the operation."""
        plan = self._compiled.plan
        completer = self._compiled.completers(plan.root).of(type(root_value), self)
        (self.root,) = completer((root_value,), self)
        if type(self.root) is FailedRow:
            raise FallBack(Reason.NULL)
        if not plan.is_serial:
            await self._drain(self._take_pending())
            return self.root
        for field, (strategy, rows, outputs) in self._take_pending().items():
            await self._drain({field: (strategy, rows, outputs)})
        return self.root

    def errors(self) -> list[GraphQLError]:
        """All errors, located; without those of objects that are in no response because something above them failed."""
        if not self._errors:
            return []
        paths = paths_by_identity(self.root)
        return [
            located_error(failure.error, failure.nodes, [*paths[id(holder)], *failure.path])
            for holder, errors in self._errors
            if id(holder) in paths
            for failure in errors
        ]

    # Called by completions, completers and generated functions.

    def complete_rows(self, level: Level, rows: Sequence[Any], nodes: Sequence[FieldNode]) -> list[Any]:
        """All objects of a column. None stays None, and one that fails is a FailedRow."""
        return self._compiled.completers(level).complete(rows, self, nodes)

    def complete_row(self, level: Level, row: Any, path: ResponsePath, errors: Errors) -> Output:
        """One object at its path."""
        completer = self._compiled.completers(level).of(type(row), self)
        return completer.complete_one(row, path, errors, self)

    def defer(self, planned: PlannedField, strategy: Batched, rows: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Resolve this field for these rows later, together with the others of the level."""
        self._enqueue(planned, strategy, rows, outputs)

    def delegate(self, planned: PlannedField, rows: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Leave this field of these rows to graphql-core."""
        self._enqueue(planned, None, rows, outputs)

    def fail(self, holder: Any, errors: Errors) -> None:
        """Record failures below an object or a list that has null in their place."""
        self.unfinished += 1
        self._errors.append((holder, errors))

    def reader(self, planned: PlannedField) -> Reader:
        """How an immediate field is read in this execution."""
        reader = self._readers.get(planned)
        if reader is None:
            reader = self._readers[planned] = self._bind(planned)
        return reader

    def generate(self, completer: RowCompleter) -> GeneratedCompleter | None:
        """The generated function, None while there is no time for it."""
        completer.generated = self._generate(completer)
        return completer.generated

    def attempt(self, complete: GeneratedCompleter, rows: Sequence[Any]) -> list[Any]:
        """What a function returns; when it raises, nothing of what it deferred remains."""
        pending, failed, error_count = self.pending, self.failed, len(self._errors)
        self.pending = {}
        try:
            completed = complete(rows, self)
        except BaseException:
            self.pending, self.failed = pending, failed
            del self._errors[error_count:]
            raise
        deferred, self.pending = self.pending, pending
        for field, (strategy, more_rows, more_outputs) in deferred.items():
            self._enqueue(field, strategy, more_rows, more_outputs)
        return completed

    # Fields that have to be awaited.

    def _bind(self, planned: PlannedField) -> Reader:
        assert isinstance(planned.strategy, Immediate)  # noqa: S101  # other fields are not read
        arguments = self._arguments(planned)
        if isinstance(arguments, Exception):
            return lambda _row: arguments
        return planned.strategy.bind(arguments, self.context)

    def _enqueue(
        self, planned: PlannedField, strategy: Batched | None, rows: Sequence[Any], outputs: Sequence[Any]
    ) -> None:
        self.unfinished += 1
        queued = self.pending.get(planned)
        if queued is None:
            self.pending[planned] = (strategy, list(rows), list(outputs))
        else:
            queued[1].extend(rows)
            queued[2].extend(outputs)

    def _take_pending(self) -> Pending:
        """What has to be awaited, without what belongs to objects that are in no response as a field of them failed."""
        pending, self.pending = self.pending, {}
        if not pending or len(self._errors) == self._error_count_when_pruned:
            return pending
        self._error_count_when_pruned = len(self._errors)
        paths = paths_by_identity(self.root)
        return {
            field: (strategy, [row for row, _ in pairs], [output for _, output in pairs])
            for field, (strategy, rows, outputs) in pending.items()
            if (pairs := [pair for pair in zip(rows, outputs, strict=True) if id(pair[1]) in paths])
        }

    async def _drain(self, pending: Pending) -> None:
        """Resolve all that is pending, and all that this leads to."""
        while len(pending) == 1:
            ((planned, (strategy, rows, outputs)),) = pending.items()
            pending = await self._resolve(planned, strategy, rows, outputs)
        if pending:
            await gather_all([self._drain({planned: queued}) for planned, queued in pending.items()])

    async def _resolve(self, planned: PlannedField, strategy: Batched | None, rows: Rows, outputs: Rows) -> Pending:
        """Resolve one field for all rows; returns what is pending below it."""
        if strategy is None:
            await self._delegate_rows(planned, rows, outputs)
            return {}
        arguments = self._arguments(planned)
        values: Sequence[Any]
        try:
            values = await strategy.resolve_all(rows, arguments, self.context)
        except Exception as error:  # noqa: BLE001  # every row fails with what the field raises
            values = [as_value(error)] * len(rows)
        self.recorded.append((planned.nodes[0], rows, values))
        self._store_values(planned, outputs, values)
        return self._take_pending()

    def _store_values(self, planned: PlannedField, outputs: Rows, values: Sequence[Any]) -> None:
        """Complete the values of a field and store them in their objects."""
        attr = _attr_of(planned, outputs)
        indices = [index for index, value in enumerate(values) if not is_failure(value)]
        if len(indices) < len(values):
            for output, value in zip(outputs, values, strict=True):
                if is_failure(value):
                    self._null(planned, output, [LocatedError(value, (), planned.nodes)])
            outputs, values = [outputs[index] for index in indices], [values[index] for index in indices]
        if not values:
            return
        for output, completed in zip(outputs, self._complete(planned, values, outputs), strict=True):
            if type(completed) is FailedRow:
                self._null(planned, output, completed.errors)
            else:
                setattr(output, attr, completed)

    def _complete(self, planned: PlannedField, values: Sequence[Any], outputs: Rows) -> list[Any]:
        completion = planned.completion
        assert completion is not None  # noqa: S101  # deferred fields have one
        try:
            return self.attempt(completion.complete_many, values)
        except FallBack:
            raise
        except Exception:  # noqa: BLE001  # any failure comes up again below, where it is located
            pairs = zip(values, outputs, strict=True)
            return [self._complete_one(planned, value, output) for value, output in pairs]

    def _complete_one(self, planned: PlannedField, value: Any, output: Any) -> Any:
        errors: Errors = []
        assert planned.completion is not None  # noqa: S101  # deferred fields have one
        try:
            value = without_errors(value, (), planned.nodes, errors)
            completed = planned.completion.complete_one(value, (), errors, self)
        except FallBack:
            raise
        except Exception as error:  # noqa: BLE001  # any failure belongs to its field
            return FailedRow([*errors, locate(error, (), planned.nodes)])
        if errors:
            self.fail(output, [failure.prefixed(planned.response_name) for failure in errors])
        return completed

    def _null(self, planned: PlannedField, output: Any, errors: Errors) -> None:
        """Leave the field null in that object; where it must not be, graphql-core decides what else is null."""
        if not planned.is_nullable:
            raise FallBack(Reason.NULL)
        self.fail(output, [failure.prefixed(planned.response_name) for failure in errors])

    async def _delegate_rows(self, planned: PlannedField, rows: Rows, outputs: Rows) -> None:
        """Have graphql-core execute a field for these rows, each at its path."""
        paths = paths_by_identity(self.root)
        attr = _attr_of(planned, outputs)

        async def delegate_row(row: Any, output: Output) -> None:
            path: Path | None = None
            for key in (*paths[id(output)], planned.response_name):
                path = Path(path, key, None)
            setattr(output, attr, await self.replay.execute_field(planned, row, path))

        pairs = zip(rows, outputs, strict=True)
        await gather_all([delegate_row(row, output) for row, output in pairs if id(output) in paths])

    def _arguments(self, planned: PlannedField) -> Any:
        try:
            return planned.arguments(self.variables)
        except GraphQLError:
            raise FallBack(Reason.ARGUMENTS) from None


def _attr_of(planned: PlannedField, outputs: Rows) -> str:
    return f"f{outputs[0].names.index(planned.response_name)}"


async def gather_all(coroutines: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run all side by side and to their ends, even when one raises FallBack: what they fetch is not fetched twice."""
    if len(coroutines) == 1:
        await coroutines[0]
        return
    results = await asyncio.gather(*coroutines, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
