"""Completion of the rows of one class on one level: by a generated function, or field by field.

Field by field is what graphql-core does, in its order: rows depth first, fields in the order of the document. It is
used where the generated function gives up on a row, and while no function is generated yet.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, Protocol

from graphql import FieldNode

from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.engine.failures import (
    Errors,
    FailedRow,
    FallBack,
    LocatedError,
    PartialValue,
    Reason,
    ResponsePath,
    SlowPath,
    locate,
    without_errors,
)
from dexter_graphql.engine.fragment_cache import FragmentContext
from dexter_graphql.engine.outputs import Output
from dexter_graphql.engine.plan import Level, Plan, PlannedField
from dexter_graphql.engine.resolution import Batched, Delegated, Immediate, Reader, Typename
from dexter_graphql.errors import drop_tracebacks

MAX_ROW_CLASSES = 64
"""Classes of rows for which a level keeps completers."""


class RowContext(FragmentContext, Protocol):
    """The execution, as far as completers and generated functions need it."""

    def make_completer(self, level: Level, row_class: type) -> "RowCompleter":
        """A completer that does not exist yet. Raises FallBack when there is no time for it."""
        ...

    def generate(self, completer: "RowCompleter") -> "GeneratedCompleter | None":
        """The generated function, None while there is no time for it."""
        ...

    def attempt(self, complete: "GeneratedCompleter", rows: Sequence[Any]) -> list[Any]:
        """What a function returns; when it raises, nothing of what it deferred remains."""
        ...

    def count_slow_path(self, reason: Reason) -> None:
        """Count a level that is completed row by row."""
        ...

    def reader(self, planned: PlannedField) -> Reader:
        """How an immediate field is read in this execution."""
        ...

    def defer(self, planned: PlannedField, strategy: Batched, rows: Sequence[Any], outputs: Sequence[Output]) -> None:
        """Resolve this field for these rows later, together with the others of the level."""
        ...

    def delegate(self, planned: PlannedField, rows: Sequence[Any], outputs: Sequence[Output]) -> None:
        """Leave this field of these rows to graphql-core."""
        ...


GeneratedCompleter = Callable[[Sequence[Any], RowContext], list[Any]]
Strategy = Immediate | Batched | Typename | Delegated


class RowCompleter:
    """Completes the rows of one class on one level."""

    __slots__ = ("fields", "generated", "output", "row_class")

    def __init__(self, level: Level, row_class: type) -> None:
        typename = level.typename(row_class)
        if typename is None:
            raise FallBack(Reason.ROW_CLASS)
        self.row_class = row_class
        self.output = level.output(typename)
        attrs = self.output.__struct_fields__
        self.fields: tuple[tuple[str, PlannedField, Strategy], ...] = tuple(
            (attr, planned, _strategy_for(planned, row_class))
            for attr, planned in zip(attrs, level.fields(typename), strict=True)
        )
        self.generated: GeneratedCompleter | None = None

    def __call__(self, rows: Sequence[Any], context: RowContext) -> list[Any]:
        """All rows, completed; a FailedRow stands for one that cannot be."""
        generated = self.generated or context.generate(self)
        if generated is not None:
            try:
                return context.attempt(generated, rows)
            except FallBack:
                raise
            except Exception as error:  # noqa: BLE001  # any failure comes up again below, where it is located
                context.count_slow_path(error.reason if isinstance(error, SlowPath) else Reason.VALUE)
        return [self._complete(row, context) for row in rows]

    def complete_one(self, row: Any, path: ResponsePath, errors: Errors, context: RowContext) -> Output:
        """One row, field by field; raises LocatedError when a field that must not be null fails."""
        completed = self.output()
        for attr, planned, strategy in self.fields:
            if isinstance(strategy, Immediate):
                value = self._complete_field(row, planned, (*path, planned.response_name), errors, context)
                setattr(completed, attr, value)
            elif isinstance(strategy, Batched):
                context.defer(planned, strategy, (row,), (completed,))
            elif isinstance(strategy, Typename):
                setattr(completed, attr, strategy.name)
            else:
                context.delegate(planned, (row,), (completed,))
        return completed

    def _complete(self, row: Any, context: RowContext) -> Any:
        errors: Errors = []
        try:
            completed = self.complete_one(row, (), errors, context)
        except LocatedError as failure:
            context.failed += 1
            return FailedRow([*errors, drop_tracebacks(failure)])
        if errors:
            context.fail(completed, errors)
        return completed

    def _complete_field(
        self, row: Any, planned: PlannedField, path: ResponsePath, errors: Errors, context: RowContext
    ) -> Any:
        try:
            assert planned.completion is not None  # noqa: S101  # immediate fields have one
            value = without_errors(context.reader(planned)(row), path, planned.nodes, errors)
            return planned.completion.complete_one(value, path, errors, context)
        except FallBack:
            raise
        except Exception as error:  # noqa: BLE001  # any failure belongs to its field
            failure = locate(error, path, planned.nodes)
        if not planned.is_nullable:
            raise failure
        errors.append(failure)
        return None


class LevelCompleters:
    """The completers of one level, by class of row."""

    def __init__(self, level: Level) -> None:
        self._level = level
        self._by_class: BoundedMap[type, RowCompleter] = BoundedMap(MAX_ROW_CLASSES)

    def of(self, row_class: type, context: RowContext) -> RowCompleter:
        """The completer for that class, made when it is first needed."""
        completer = self._by_class.get(row_class)
        if completer is None:
            completer = context.make_completer(self._level, row_class)
            self._by_class.put(row_class, completer)
        return completer

    def complete(self, rows: Sequence[Any], context: RowContext, nodes: Sequence[FieldNode]) -> list[Any]:
        """A column of objects; None stays None, an exception becomes a FailedRow."""
        classes = set(map(type, rows))
        if len(classes) == 1:
            return self._complete_class(classes.pop(), rows, context, nodes)
        completed: list[Any] = [None] * len(rows)
        # In the order of the rows, so that what is deferred below them is resolved in their order, too.
        for row_class, pairs in groupby(_group_by_class(rows), key=_class_of):
            indices, rows_of_class = zip(*pairs, strict=True)
            outputs = self._complete_class(row_class, rows_of_class, context, nodes)
            for index, output in zip(indices, outputs, strict=True):
                completed[index] = output
        return completed

    def _complete_class(
        self, row_class: type, rows: Sequence[Any], context: RowContext, nodes: Sequence[FieldNode]
    ) -> list[Any]:
        completer = self._by_class.peek(row_class)
        if completer is not None:
            return completer(rows, context)
        if row_class is type(None):
            return [None] * len(rows)
        if issubclass(row_class, PartialValue):
            raise SlowPath(Reason.VALUE)
        if issubclass(row_class, Exception):
            context.failed += len(rows)
            return [FailedRow([LocatedError(row, (), nodes)]) for row in rows]
        return self.of(row_class, context)(rows, context)


class CompiledPlan:
    """A plan with the completers of its levels, which every execution of the plan uses."""

    __slots__ = ("_by_level", "plan")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._by_level: dict[Level, LevelCompleters] = {}

    def completers(self, level: Level) -> LevelCompleters:
        """The completers of one level."""
        completers = self._by_level.get(level)
        if completers is None:
            completers = self._by_level[level] = LevelCompleters(level)
        return completers


def _group_by_class(rows: Sequence[Any]) -> list[tuple[int, Any]]:
    """Rows with their indices: objects first, in their order, then exceptions; None is left out."""
    pairs = [(index, row) for index, row in enumerate(rows) if row is not None]
    return sorted(pairs, key=lambda pair: isinstance(pair[1], Exception))


def _class_of(pair: tuple[int, Any]) -> type:
    return type(pair[1])


def _strategy_for(planned: PlannedField, row_class: type) -> Strategy:
    """The field's strategy for rows of that class."""
    strategy, resolution = planned.strategy, planned.resolution
    if isinstance(strategy, (Immediate, Batched)) and resolution is not None and resolution.needs_hydration(row_class):
        return resolution.with_hydration(strategy)
    return strategy
