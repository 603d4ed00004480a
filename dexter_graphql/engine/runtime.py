"""Runs a plan breadth first: one await per field and level, whatever the number of rows.

A level is completed as far as its rows tell; what must be waited for is found for all rows together, and goes on with
its own children when it is there. Parallel fields are tasks, one field needs none.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError, located_error
from graphql.execution.values import VariableValues
from graphql.pyutils import Path

from dexter_graphql.engine.completion import Deviation, Failed, Found, Located, located
from dexter_graphql.engine.kernels import Generated, Kernel
from dexter_graphql.engine.outputs import Output, places
from dexter_graphql.engine.plan import Plan, PlannedField
from dexter_graphql.engine.replay import Recorded, Replay
from dexter_graphql.engine.ways import Deferred, Inline, Reader

Rows = list[Any]
Waiting = dict[PlannedField, tuple[Deferred | None, Rows, Rows]]
"""Field → its way (None: graphql-core's), the rows it is wanted for, and the objects that it belongs into."""
Generate = Callable[[Kernel], Generated | None]


class Run:
    """One execution of a plan."""

    __slots__ = (
        "_errors",
        "_generate",
        "_looked_at",
        "_readers",
        "context",
        "failed",
        "plan",
        "recorded",
        "replay",
        "root",
        "unfinished",
        "variables",
        "waiting",
    )

    def __init__(self, plan: Plan, variables: VariableValues, context: Any, replay: Replay, generate: Generate) -> None:
        self.plan = plan
        self.variables = variables
        self.context = context
        self.replay = replay
        self.waiting: Waiting = {}
        self.failed = 0
        """Rows so far that could not be completed, and stand as Failed in a column."""
        self.unfinished = 0
        """How often something failed or has to be waited for; what is completed without it is finished."""
        self.recorded: list[Recorded] = []
        self.root: Any = None
        self._generate = generate
        self._readers: dict[PlannedField, Reader] = {}
        self._errors: list[tuple[Any, Found]] = []
        self._looked_at = 0
        """Failures up to which objects were looked for that came into no answer."""

    async def execute(self, root_value: Any) -> Any:
        """The completed root object; raises Deviation when graphql-core has to complete it."""
        kernel = self.plan.root.kernels.of(type(root_value))
        (self.root,) = kernel((root_value,), self)
        if type(self.root) is Failed:
            raise Deviation
        if not self.plan.is_serial:
            await self._settle(self._taken())
            return self.root
        for field, (way, rows, outputs) in self._taken().items():
            await self._settle({field: (way, rows, outputs)})
        return self.root

    def errors(self) -> list[GraphQLError]:
        """All errors, located; without those of objects that are in no answer, because something above them failed."""
        if not self._errors:
            return []
        known = places(self.root)
        return [
            located_error(failure.error, failure.nodes, [*known[id(holder)], *failure.place])
            for holder, found in self._errors
            if id(holder) in known
            for failure in found
        ]

    # What kernels and completions ask for.

    def defer(self, planned: PlannedField, way: Deferred, rows: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Find this field for these rows, later, together with the others of the level."""
        self._wait(planned, way, rows, outputs)

    def leave(self, planned: PlannedField, rows: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Leave this field to graphql-core."""
        self._wait(planned, None, rows, outputs)

    def fail(self, holder: Any, found: Found) -> None:
        """Remember failures below an object or a list; it has null in their place."""
        self.unfinished += 1
        self._errors.append((holder, found))

    def reader(self, planned: PlannedField) -> Reader:
        """How the field is read in this execution."""
        found = self._readers.get(planned)
        if found is None:
            assert isinstance(planned.way, Inline)  # noqa: S101  # others are not read
            arguments = self._arguments(planned)
            is_refused = isinstance(arguments, Exception)
            found = self._readers[planned] = (
                (lambda _row: arguments) if is_refused else planned.way.bind(arguments, self.context)
            )
        return found

    def generate(self, kernel: Kernel) -> Generated | None:
        """The generated function of a kernel, None while it is too early for it."""
        kernel.generated = self._generate(kernel)
        return kernel.generated

    def attempt(self, complete: Generated, rows: Sequence[Any]) -> list[Any]:
        """What `complete` gives; when it raises, nothing of what it asked for remains."""
        waiting, failed, count = self.waiting, self.failed, len(self._errors)
        self.waiting = {}
        try:
            completed = complete(rows, self)
        except BaseException:
            self.waiting, self.failed = waiting, failed
            del self._errors[count:]
            raise
        mine, self.waiting = self.waiting, waiting
        for field, (way, more_rows, more_outputs) in mine.items():
            self._wait(field, way, more_rows, more_outputs)
        return completed

    # Waiting.

    def _wait(self, planned: PlannedField, way: Deferred | None, rows: Sequence[Any], outputs: Sequence[Any]) -> None:
        self.unfinished += 1
        there = self.waiting.get(planned)
        if there is None:
            self.waiting[planned] = (way, list(rows), list(outputs))
        else:
            there[1].extend(rows)
            there[2].extend(outputs)

    def _taken(self) -> Waiting:
        """What is waited for, without what belongs to objects that came into no answer, as something in them failed."""
        taken, self.waiting = self.waiting, {}
        if not taken or len(self._errors) == self._looked_at:
            return taken
        self._looked_at = len(self._errors)
        known = places(self.root)
        return {
            field: (way, [row for row, _ in pairs], [output for _, output in pairs])
            for field, (way, rows, outputs) in taken.items()
            if (pairs := [pair for pair in zip(rows, outputs, strict=True) if id(pair[1]) in known])
        }

    async def _settle(self, waiting: Waiting) -> None:
        """Find all that is waited for, and all that this in turn leads to."""
        while len(waiting) == 1:
            ((planned, (way, rows, outputs)),) = waiting.items()
            waiting = await self._found(planned, way, rows, outputs)
        if waiting:
            await _together([self._settle({planned: one}) for planned, one in waiting.items()])

    async def _found(self, planned: PlannedField, way: Deferred | None, rows: Rows, outputs: Rows) -> Waiting:
        """Find one field for all rows; what has to be waited for below it."""
        if way is None:
            await self._left(planned, rows, outputs)
            return {}
        arguments = self._arguments(planned)
        values: Sequence[Any]
        try:
            values = await way.resolve_all(rows, arguments, self.context)
        except Exception as error:  # noqa: BLE001  # the border of a field: every row fails with it
            values = [error] * len(rows)
        self.recorded.append((planned.nodes[0], rows, values))
        self._place(planned, outputs, values)
        return self._taken()

    def _place(self, planned: PlannedField, outputs: Rows, values: Sequence[Any]) -> None:
        """Complete the values of a field and put them into their objects."""
        attr = self._attr(planned, outputs)
        good = [index for index, value in enumerate(values) if not isinstance(value, Exception)]
        if len(good) < len(values):
            for output, value in zip(outputs, values, strict=True):
                if isinstance(value, Exception):
                    self._null(planned, output, [Located(value, (), planned.nodes)])
            outputs, values = [outputs[index] for index in good], [values[index] for index in good]
        if not values:
            return
        for output, one in zip(outputs, self._completed(planned, values, outputs), strict=True):
            if type(one) is Failed:
                self._null(planned, output, one.failures)
            else:
                setattr(output, attr, one)

    def _completed(self, planned: PlannedField, values: Sequence[Any], outputs: Rows) -> list[Any]:
        completion = planned.completion
        assert completion is not None  # noqa: S101  # deferred fields have one
        try:
            return self.attempt(completion.column, values)
        except Deviation:
            raise
        except Exception:  # noqa: BLE001  # whatever it was, one by one it is come upon again and placed
            pairs = zip(values, outputs, strict=True)
            return [self._one_completed(planned, value, output) for value, output in pairs]

    def _one_completed(self, planned: PlannedField, value: Any, output: Any) -> Any:
        found: Found = []
        assert planned.completion is not None  # noqa: S101  # deferred fields have one
        try:
            completed = planned.completion.one(value, (), found, self)
        except Deviation:
            raise
        except Exception as error:  # noqa: BLE001  # the border of a field: whatever it fails with is its own
            return Failed([*found, located(error, (), planned.nodes)])
        if found:
            self.fail(output, [failure.below(planned.response_name) for failure in found])
        return completed

    def _null(self, planned: PlannedField, output: Any, failures: Found) -> None:
        """The field stays null in that object; when it must not, graphql-core finds what else is null for it."""
        if not planned.is_nullable:
            raise Deviation
        self.fail(output, [failure.below(planned.response_name) for failure in failures])

    async def _left(self, planned: PlannedField, rows: Rows, outputs: Rows) -> None:
        """Have graphql-core execute a field for these rows, each at its true path."""
        known = places(self.root)
        attr = self._attr(planned, outputs)

        async def one(row: Any, output: Output) -> None:
            path: Path | None = None
            for key in (*known[id(output)], planned.response_name):
                path = Path(path, key, None)
            setattr(output, attr, await self.replay.field(planned, row, path))

        await _together([one(row, output) for row, output in zip(rows, outputs, strict=True) if id(output) in known])

    def _arguments(self, planned: PlannedField) -> Any:
        try:
            return planned.arguments(self.variables)
        except GraphQLError:
            raise Deviation from None

    def _attr(self, planned: PlannedField, outputs: Rows) -> str:
        names = outputs[0].names
        return f"f{names.index(planned.response_name)}"


async def _together(coroutines: Sequence[Any]) -> None:
    """Run all side by side and to their ends, even when one deviates: what they fetch is not fetched twice."""
    if len(coroutines) == 1:
        await coroutines[0]
        return
    results = await asyncio.gather(*coroutines, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
