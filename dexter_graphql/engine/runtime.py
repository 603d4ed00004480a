"""Runs a plan breadth first: one await per field and level, whatever the number of rows.

A level is completed as far as its rows tell; what must be waited for is found for all rows together, and goes on with
its own children when it is there. Parallel fields are tasks, one field needs none.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from graphql import GraphQLError, located_error
from graphql.execution.values import VariableValues
from graphql.pyutils import Path

from dexter_graphql.engine.completers import GeneratedCompleter, RowCompleter
from dexter_graphql.engine.completion import Errors, FailedRow, FallBack, LocatedError, locate
from dexter_graphql.engine.outputs import Output, paths_by_identity
from dexter_graphql.engine.plan import Level, Plan, PlannedField
from dexter_graphql.engine.replay import RecordedValues, Replay
from dexter_graphql.engine.resolution import Batched, Immediate, Reader

Rows = list[Any]
Pending = dict[PlannedField, tuple[Batched | None, Rows, Rows]]
"""Field → its way (None: graphql-core's), the rows it is wanted for, and the objects that it belongs into."""


class RowCompiler(Protocol):
    """Plans and generates, while an operation is executed, what was not planned and generated before."""

    def make_completer(self, level: Level, row_class: type) -> RowCompleter:
        """The fields of a level for one class of rows. Raises FallBack when there is no time for it."""
        ...

    def generate(self, completer: RowCompleter) -> GeneratedCompleter | None:
        """The generated function; None when there is no time for it."""
        ...


class Execution:
    """One execution of a plan."""

    __slots__ = (
        "_errors",
        "_generate",
        "_looked_at",
        "_readers",
        "context",
        "failed",
        "make_completer",
        "pending",
        "plan",
        "recorded",
        "replay",
        "root",
        "unfinished",
        "variables",
    )

    def __init__(
        self, plan: Plan, variables: VariableValues, context: Any, replay: Replay, row_compiler: RowCompiler
    ) -> None:
        self.plan = plan
        self.variables = variables
        self.context = context
        self.replay = replay
        self.pending: Pending = {}
        self.failed = 0
        """Rows so far that could not be completed, and stand as Failed in a column."""
        self.unfinished = 0
        """How often something failed or has to be waited for; what is completed without it is finished."""
        self.recorded: list[RecordedValues] = []
        self.root: Any = None
        self.make_completer = row_compiler.make_completer
        self._generate = row_compiler.generate
        self._readers: dict[PlannedField, Reader] = {}
        self._errors: list[tuple[Any, Errors]] = []
        self._looked_at = 0
        """Failures up to which objects were looked for that came into no answer."""

    async def execute(self, root_value: Any) -> Any:
        """The completed root object; raises Deviation when graphql-core has to complete it."""
        completer = self.plan.root.completers.of(type(root_value), self)
        (self.root,) = completer((root_value,), self)
        if type(self.root) is FailedRow:
            raise FallBack
        if not self.plan.is_serial:
            await self._drain(self._take_pending())
            return self.root
        for field, (strategy, rows, outputs) in self._take_pending().items():
            await self._drain({field: (strategy, rows, outputs)})
        return self.root

    def errors(self) -> list[GraphQLError]:
        """All errors, located; without those of objects that are in no answer, because something above them failed."""
        if not self._errors:
            return []
        known = paths_by_identity(self.root)
        return [
            located_error(failure.error, failure.nodes, [*known[id(holder)], *failure.path])
            for holder, found in self._errors
            if id(holder) in known
            for failure in found
        ]

    # What kernels and completions ask for.

    def defer(self, planned: PlannedField, strategy: Batched, rows: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Find this field for these rows, later, together with the others of the level."""
        self._enqueue(planned, strategy, rows, outputs)

    def delegate(self, planned: PlannedField, rows: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Leave this field to graphql-core."""
        self._enqueue(planned, None, rows, outputs)

    def fail(self, holder: Any, found: Errors) -> None:
        """Remember failures below an object or a list; it has null in their place."""
        self.unfinished += 1
        self._errors.append((holder, found))

    def reader(self, planned: PlannedField) -> Reader:
        """How the field is read in this execution."""
        found = self._readers.get(planned)
        if found is None:
            assert isinstance(planned.strategy, Immediate)  # noqa: S101  # others are not read
            arguments = self._arguments(planned)
            is_refused = isinstance(arguments, Exception)
            found = self._readers[planned] = (
                (lambda _row: arguments) if is_refused else planned.strategy.bind(arguments, self.context)
            )
        return found

    def generate(self, completer: RowCompleter) -> GeneratedCompleter | None:
        """The generated function of a kernel, None while it is too early for it."""
        completer.generated = self._generate(completer)
        return completer.generated

    def attempt(self, complete: GeneratedCompleter, rows: Sequence[Any]) -> list[Any]:
        """What `complete` gives; when it raises, nothing of what it asked for remains."""
        pending, failed, count = self.pending, self.failed, len(self._errors)
        self.pending = {}
        try:
            completed = complete(rows, self)
        except BaseException:
            self.pending, self.failed = pending, failed
            del self._errors[count:]
            raise
        mine, self.pending = self.pending, pending
        for field, (strategy, more_rows, more_outputs) in mine.items():
            self._enqueue(field, strategy, more_rows, more_outputs)
        return completed

    # Waiting.

    def _enqueue(
        self, planned: PlannedField, strategy: Batched | None, rows: Sequence[Any], outputs: Sequence[Any]
    ) -> None:
        self.unfinished += 1
        there = self.pending.get(planned)
        if there is None:
            self.pending[planned] = (strategy, list(rows), list(outputs))
        else:
            there[1].extend(rows)
            there[2].extend(outputs)

    def _take_pending(self) -> Pending:
        """What is waited for, without what belongs to objects that came into no answer, as something in them failed."""
        taken, self.pending = self.pending, {}
        if not taken or len(self._errors) == self._looked_at:
            return taken
        self._looked_at = len(self._errors)
        known = paths_by_identity(self.root)
        return {
            field: (strategy, [row for row, _ in pairs], [output for _, output in pairs])
            for field, (strategy, rows, outputs) in taken.items()
            if (pairs := [pair for pair in zip(rows, outputs, strict=True) if id(pair[1]) in known])
        }

    async def _drain(self, pending: Pending) -> None:
        """Find all that is waited for, and all that this in turn leads to."""
        while len(pending) == 1:
            ((planned, (strategy, rows, outputs)),) = pending.items()
            pending = await self._found(planned, strategy, rows, outputs)
        if pending:
            await gather_all([self._drain({planned: one}) for planned, one in pending.items()])

    async def _found(self, planned: PlannedField, strategy: Batched | None, rows: Rows, outputs: Rows) -> Pending:
        """Find one field for all rows; what has to be waited for below it."""
        if strategy is None:
            await self._delegate_rows(planned, rows, outputs)
            return {}
        arguments = self._arguments(planned)
        values: Sequence[Any]
        try:
            values = await strategy.resolve_all(rows, arguments, self.context)
        except Exception as error:  # noqa: BLE001  # the border of a field: every row fails with it
            values = [error] * len(rows)
        self.recorded.append((planned.nodes[0], rows, values))
        self._store_values(planned, outputs, values)
        return self._take_pending()

    def _store_values(self, planned: PlannedField, outputs: Rows, values: Sequence[Any]) -> None:
        """Complete the values of a field and put them into their objects."""
        attr = self._attr(planned, outputs)
        good = [index for index, value in enumerate(values) if not isinstance(value, Exception)]
        if len(good) < len(values):
            for output, value in zip(outputs, values, strict=True):
                if isinstance(value, Exception):
                    self._null(planned, output, [LocatedError(value, (), planned.nodes)])
            outputs, values = [outputs[index] for index in good], [values[index] for index in good]
        if not values:
            return
        for output, one in zip(outputs, self._completed(planned, values, outputs), strict=True):
            if type(one) is FailedRow:
                self._null(planned, output, one.failures)
            else:
                setattr(output, attr, one)

    def _completed(self, planned: PlannedField, values: Sequence[Any], outputs: Rows) -> list[Any]:
        completion = planned.completion
        assert completion is not None  # noqa: S101  # deferred fields have one
        try:
            return self.attempt(completion.complete_many, values)
        except FallBack:
            raise
        except Exception:  # noqa: BLE001  # whatever it was, one by one it is come upon again and placed
            pairs = zip(values, outputs, strict=True)
            return [self._one_completed(planned, value, output) for value, output in pairs]

    def _one_completed(self, planned: PlannedField, value: Any, output: Any) -> Any:
        found: Errors = []
        assert planned.completion is not None  # noqa: S101  # deferred fields have one
        try:
            completed = planned.completion.complete_one(value, (), found, self)
        except FallBack:
            raise
        except Exception as error:  # noqa: BLE001  # the border of a field: whatever it fails with is its own
            return FailedRow([*found, locate(error, (), planned.nodes)])
        if found:
            self.fail(output, [failure.prefixed(planned.response_name) for failure in found])
        return completed

    def _null(self, planned: PlannedField, output: Any, failures: Errors) -> None:
        """The field stays null in that object; when it must not, graphql-core finds what else is null for it."""
        if not planned.is_nullable:
            raise FallBack
        self.fail(output, [failure.prefixed(planned.response_name) for failure in failures])

    async def _delegate_rows(self, planned: PlannedField, rows: Rows, outputs: Rows) -> None:
        """Have graphql-core execute a field for these rows, each at its true path."""
        known = paths_by_identity(self.root)
        attr = self._attr(planned, outputs)

        async def one(row: Any, output: Output) -> None:
            path: Path | None = None
            for key in (*known[id(output)], planned.response_name):
                path = Path(path, key, None)
            setattr(output, attr, await self.replay.field(planned, row, path))

        await gather_all([one(row, output) for row, output in zip(rows, outputs, strict=True) if id(output) in known])

    def _arguments(self, planned: PlannedField) -> Any:
        try:
            return planned.arguments(self.variables)
        except GraphQLError:
            raise FallBack from None

    def _attr(self, planned: PlannedField, outputs: Rows) -> str:
        names = outputs[0].names
        return f"f{names.index(planned.response_name)}"


async def gather_all(coroutines: Sequence[Any]) -> None:
    """Run all side by side and to their ends, even when one deviates: what they fetch is not fetched twice."""
    if len(coroutines) == 1:
        await coroutines[0]
        return
    results = await asyncio.gather(*coroutines, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
