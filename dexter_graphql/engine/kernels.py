"""Knows how the rows of one class are completed on one level: by a generated function, or field by field with care.

The careful way does what graphql-core does, in its order: rows depth first, fields as they stand. It takes over when a
row is out of the ordinary, and while a kernel is not generated yet.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from graphql import FieldNode

from dexter_graphql.engine.completion import Deviation, Failed, Found, Located, Place, located
from dexter_graphql.engine.outputs import Output
from dexter_graphql.engine.ways import Deferred, Inline, Typename

if TYPE_CHECKING:
    from dexter_graphql.engine.plan import Level, PlannedField
    from dexter_graphql.engine.runtime import Run

MAX_CLASSES = 64
"""Classes of rows for which a level keeps kernels; the oldest goes first."""
Generated = Callable[[Sequence[Any], "Run"], list[Any]]


class Kernel:
    """One class of rows on one level."""

    __slots__ = ("fields", "generated", "output", "row_class")

    def __init__(self, level: "Level", row_class: type) -> None:
        typename = level.typename(row_class)
        if typename is None:
            raise Deviation
        self.row_class = row_class
        planned = level.fields(typename)
        self.output = level.output(typename)
        self.fields: tuple[tuple[str, PlannedField, Any], ...] = tuple(
            (attr, one, _way(one, row_class)) for attr, one in zip(self.output.__struct_fields__, planned, strict=True)
        )
        self.generated: Generated | None = None

    def __call__(self, rows: Sequence[Any], run: "Run") -> list[Any]:
        """All rows, completed; Failed stands for one that cannot be."""
        generated = self.generated or run.generate(self)
        if generated is not None:
            try:
                return run.attempt(generated, rows)
            except Deviation:
                raise
            except Exception:  # noqa: BLE001, S110  # whatever it was, the careful way comes upon it again and places it
                pass
        return [self._carefully(row, run) for row in rows]

    def one(self, row: Any, place: Place, found: Found, run: "Run") -> Output:
        """One row, field by field; raises Located when a field that must not be null fails."""
        completed = self.output()
        for attr, planned, way in self.fields:
            if isinstance(way, Inline):
                value = self._field(row, planned, (*place, planned.response_name), found, run)
                setattr(completed, attr, value)
            elif isinstance(way, Deferred):
                run.defer(planned, way, (row,), (completed,))
            elif isinstance(way, Typename):
                setattr(completed, attr, way.name)
            else:
                run.leave(planned, (row,), (completed,))
        return completed

    def _carefully(self, row: Any, run: "Run") -> Any:
        found: Found = []
        try:
            completed = self.one(row, (), found, run)
        except Located as failure:
            run.failed += 1
            return Failed([*found, failure])
        if found:
            run.fail(completed, found)
        return completed

    def _field(self, row: Any, planned: "PlannedField", place: Place, found: Found, run: "Run") -> Any:
        try:
            assert planned.completion is not None  # noqa: S101  # inline fields have one
            return planned.completion.one(run.reader(planned)(row), place, found, run)
        except Deviation:
            raise
        except Exception as error:  # noqa: BLE001  # the border of a field: whatever it fails with is its own
            failure = located(error, place, planned.nodes)
        if not planned.is_nullable:
            raise failure
        found.append(failure)
        return None


class Kernels:
    """The kernels of one level, by class of row."""

    def __init__(self, level: "Level") -> None:
        self._level = level
        self._by_class: dict[type, Kernel] = {}

    def of(self, row_class: type) -> Kernel:
        """The kernel for that class, made when it is first met."""
        found = self._by_class.get(row_class)
        if found is None:
            if len(self._by_class) >= MAX_CLASSES:
                del self._by_class[next(iter(self._by_class))]
            found = self._by_class[row_class] = Kernel(self._level, row_class)
        return found

    def complete(self, rows: Sequence[Any], run: "Run", nodes: Sequence[FieldNode]) -> list[Any]:
        """A column of objects; None stays None, an exception becomes Failed."""
        classes = set(map(type, rows))
        if len(classes) == 1:
            return self._of_class(classes.pop(), rows, run, nodes)
        completed: list[Any] = [None] * len(rows)
        # In their order, so that what is waited for below them is asked for in their order, too.
        for row_class, pairs in groupby(_by_kind(rows), key=_class_of):
            indices, mine = zip(*pairs, strict=True)
            for index, one in zip(indices, self._of_class(row_class, mine, run, nodes), strict=True):
                completed[index] = one
        return completed

    def complete_one(self, row: Any, place: Place, found: Found, run: "Run") -> Output:
        """One object with care, at its place below another."""
        return self.of(type(row)).one(row, place, found, run)

    def _of_class(self, row_class: type, rows: Sequence[Any], run: "Run", nodes: Sequence[FieldNode]) -> list[Any]:
        kernel = self._by_class.get(row_class)
        if kernel is not None:
            return kernel(rows, run)
        if row_class is type(None):
            return [None] * len(rows)
        if issubclass(row_class, Exception):
            run.failed += len(rows)
            return [Failed([Located(row, (), nodes)]) for row in rows]
        return self.of(row_class)(rows, run)


def _by_kind(rows: Sequence[Any]) -> list[tuple[int, Any]]:
    """Rows with their places: those that are objects first, in their order, then exceptions; None is left out."""
    pairs = [(index, row) for index, row in enumerate(rows) if row is not None]
    return sorted(pairs, key=lambda pair: isinstance(pair[1], Exception))


def _class_of(pair: tuple[int, Any]) -> type:
    return type(pair[1])


def _way(planned: "PlannedField", row_class: type) -> Any:
    """The field's way for rows of that class."""
    way = planned.way
    if isinstance(way, (Inline, Deferred)) and planned.resolution is not None and planned.resolution.lacks(row_class):
        return planned.resolution.hydrating(way)
    return way
