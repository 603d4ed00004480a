"""Knows how the rows of one class are completed on one level: by a generated function, or field by field with care.

The careful way does what graphql-core does, in its order: rows depth first, fields as they stand. It takes over when a
row is out of the ordinary, and while a kernel is not generated yet.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from graphql import FieldNode

from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.engine.completion import Errors, FailedRow, FallBack, LocatedError, ResponsePath, locate
from dexter_graphql.engine.outputs import Output
from dexter_graphql.engine.resolution import Batched, Immediate, Typename

if TYPE_CHECKING:
    from dexter_graphql.engine.plan import Level, PlannedField
    from dexter_graphql.engine.runtime import Execution

MAX_ROW_CLASSES = 64
"""Classes of rows for which a level keeps kernels; the oldest goes first."""
GeneratedCompleter = Callable[[Sequence[Any], "Execution"], list[Any]]


class RowCompleter:
    """One class of rows on one level."""

    __slots__ = ("fields", "generated", "output", "row_class")

    def __init__(self, level: "Level", row_class: type) -> None:
        typename = level.typename(row_class)
        if typename is None:
            raise FallBack
        self.row_class = row_class
        planned = level.fields(typename)
        self.output = level.output(typename)
        self.fields: tuple[tuple[str, PlannedField, Any], ...] = tuple(
            (attr, one, _strategy_for(one, row_class))
            for attr, one in zip(self.output.__struct_fields__, planned, strict=True)
        )
        self.generated: GeneratedCompleter | None = None

    def __call__(self, rows: Sequence[Any], execution: "Execution") -> list[Any]:
        """All rows, completed; Failed stands for one that cannot be."""
        generated = self.generated or execution.generate(self)
        if generated is not None:
            try:
                return execution.attempt(generated, rows)
            except FallBack:
                raise
            except Exception:  # noqa: BLE001, S110  # whatever it was, the careful way comes upon it again and places it
                pass
        return [self._carefully(row, execution) for row in rows]

    def complete_one(self, row: Any, path: ResponsePath, found: Errors, execution: "Execution") -> Output:
        """One row, field by field; raises Located when a field that must not be null fails."""
        completed = self.output()
        for attr, planned, strategy in self.fields:
            if isinstance(strategy, Immediate):
                value = self._field(row, planned, (*path, planned.response_name), found, execution)
                setattr(completed, attr, value)
            elif isinstance(strategy, Batched):
                execution.defer(planned, strategy, (row,), (completed,))
            elif isinstance(strategy, Typename):
                setattr(completed, attr, strategy.name)
            else:
                execution.delegate(planned, (row,), (completed,))
        return completed

    def _carefully(self, row: Any, execution: "Execution") -> Any:
        found: Errors = []
        try:
            completed = self.complete_one(row, (), found, execution)
        except LocatedError as failure:
            execution.failed += 1
            return FailedRow([*found, failure])
        if found:
            execution.fail(completed, found)
        return completed

    def _field(
        self, row: Any, planned: "PlannedField", path: ResponsePath, found: Errors, execution: "Execution"
    ) -> Any:
        try:
            assert planned.completion is not None  # noqa: S101  # inline fields have one
            return planned.completion.complete_one(execution.reader(planned)(row), path, found, execution)
        except FallBack:
            raise
        except Exception as error:  # noqa: BLE001  # the border of a field: whatever it fails with is its own
            failure = locate(error, path, planned.nodes)
        if not planned.is_nullable:
            raise failure
        found.append(failure)
        return None


class RowCompleters:
    """The kernels of one level, by class of row."""

    def __init__(self, level: "Level") -> None:
        self._level = level
        self._by_class: BoundedMap[type, RowCompleter] = BoundedMap(MAX_ROW_CLASSES)

    def of(self, row_class: type, execution: "Execution") -> RowCompleter:
        """The completer for that class, made when it is first met."""
        completer = self._by_class.get(row_class)
        if completer is None:
            completer = execution.make_completer(self._level, row_class)
            self._by_class.put(row_class, completer)
        return completer

    def complete(self, rows: Sequence[Any], execution: "Execution", nodes: Sequence[FieldNode]) -> list[Any]:
        """A column of objects; None stays None, an exception becomes Failed."""
        classes = set(map(type, rows))
        if len(classes) == 1:
            return self._of_class(classes.pop(), rows, execution, nodes)
        completed: list[Any] = [None] * len(rows)
        # In their order, so that what is waited for below them is asked for in their order, too.
        for row_class, pairs in groupby(_group_by_class(rows), key=_class_of):
            indices, mine = zip(*pairs, strict=True)
            for index, one in zip(indices, self._of_class(row_class, mine, execution, nodes), strict=True):
                completed[index] = one
        return completed

    def complete_one(self, row: Any, path: ResponsePath, found: Errors, execution: "Execution") -> Output:
        """One object with care, at its path below another."""
        return self.of(type(row), execution).complete_one(row, path, found, execution)

    def _of_class(
        self, row_class: type, rows: Sequence[Any], execution: "Execution", nodes: Sequence[FieldNode]
    ) -> list[Any]:
        completer = self._by_class.peek(row_class)
        if completer is not None:
            return completer(rows, execution)
        if row_class is type(None):
            return [None] * len(rows)
        if issubclass(row_class, Exception):
            execution.failed += len(rows)
            return [FailedRow([LocatedError(row, (), nodes)]) for row in rows]
        return self.of(row_class, execution)(rows, execution)


def _group_by_class(rows: Sequence[Any]) -> list[tuple[int, Any]]:
    """Rows with their places: those that are objects first, in their order, then exceptions; None is left out."""
    pairs = [(index, row) for index, row in enumerate(rows) if row is not None]
    return sorted(pairs, key=lambda pair: isinstance(pair[1], Exception))


def _class_of(pair: tuple[int, Any]) -> type:
    return type(pair[1])


def _strategy_for(planned: "PlannedField", row_class: type) -> Any:
    """The field's way for rows of that class."""
    strategy = planned.strategy
    if (
        isinstance(strategy, (Immediate, Batched))
        and planned.resolution is not None
        and planned.resolution.needs_hydration(row_class)
    ):
        return planned.resolution.with_hydration(strategy)
    return strategy
