"""Knows how values become what is written: a whole column of them at once, or one by one with care.

`column` takes the values of one field for all rows of a level and is quick; it raises as soon as something is out of
the ordinary, and then the rows are gone through `one` by one, which does what graphql-core does, in its order, with its
messages. What neither of them understands raises Deviation: then graphql-core completes the operation itself.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from graphql import FieldNode, GraphQLLeafType

from dexter_graphql.engine.leaves import Writer

if TYPE_CHECKING:
    from dexter_graphql.engine.plan import Level, PlannedField
    from dexter_graphql.engine.runtime import Run

Place = tuple[str | int, ...]
"""Response keys and list indices from some object down to a value."""


class Deviation(Exception):  # named after the fact
    """Something that only graphql-core itself can answer as it would."""


class Irregular(Exception):  # named after the fact
    """A column has a value that must be looked at one by one."""


class Located(Exception):  # named after the fact
    """A failure with its place below the row that is being completed."""

    def __init__(self, error: Exception, place: Place, nodes: Sequence[FieldNode]) -> None:
        super().__init__(error)
        self.error, self.place, self.nodes = error, place, nodes

    def below(self, *place: str | int) -> "Located":
        """The same failure, seen from further up."""
        return Located(self.error, (*place, *self.place), self.nodes)


Found = list[Located]
"""Failures so far, of fields that are null because of them."""


def located(error: Exception, place: Place, nodes: Sequence[FieldNode]) -> Located:
    """A failure at its place; one that has a place already keeps it, as it comes from further down."""
    return error if isinstance(error, Located) else Located(error, place, nodes)


class Failed:
    """Stands in a column for a row that cannot be completed, with all that failed in it, the reason last."""

    __slots__ = ("failures",)

    def __init__(self, failures: Found) -> None:
        self.failures = failures


class Completion(Protocol):
    """How values of one type are completed for one field."""

    @property
    def level(self) -> "Level | None":
        """What is completed below, None for leaves."""
        ...

    def column(self, values: Sequence[Any], run: "Run") -> list[Any]:
        """All values of a level. Raises when one of them is out of the ordinary."""
        ...

    def one(self, value: Any, place: Place, found: Found, run: "Run") -> Any:
        """One value, at its place below a row. Raises what the field fails with."""
        ...


class Leaves:
    """Scalars and enums."""

    level = None

    def __init__(self, kind: GraphQLLeafType) -> None:
        self.writer = Writer(kind)

    def column(self, values: Sequence[Any], _run: "Run") -> list[Any]:
        """All values, written."""
        return self.writer.all(values)

    def one(self, value: Any, _place: Place, _found: Found, _run: "Run") -> Any:
        """One value, written."""
        return self.writer.one(value)


class NonNull:
    """Whatever must not be null."""

    def __init__(self, inner: Completion, planned: "PlannedField") -> None:
        self.inner = inner
        self.level = inner.level
        self._planned = planned

    def column(self, values: Sequence[Any], run: "Run") -> list[Any]:
        """All values."""
        completed = self.inner.column(values, run)
        for one in completed:
            if one is None:
                raise Irregular
        return completed

    def one(self, value: Any, place: Place, found: Found, run: "Run") -> Any:
        """One value; null is a failure."""
        completed = self.inner.one(value, place, found, run)
        if completed is None:
            place_name = f"{self._planned.parent}.{self._planned.name}"
            raise TypeError(f"Cannot return null for non-nullable field {place_name}.")
        return completed


class ListOf:
    """Lists, also of lists."""

    def __init__(self, inner: Completion, planned: "PlannedField") -> None:
        self.inner = inner
        self.level = inner.level
        self._is_item_nullable = not isinstance(inner, NonNull)
        self._nodes = planned.nodes

    def column(self, values: Sequence[Any], run: "Run") -> list[Any]:
        """All lists; their items are completed as one column."""
        sizes = [None if rows is None else _size(rows) for rows in values]
        flat = values[0] if len(values) == 1 and sizes[0] is not None else [r for rows in values if rows for r in rows]
        failed = run.failed
        items = self.inner.column(flat, run)
        if run.failed == failed:
            return _cut(items, sizes)
        if not self._is_item_nullable:
            raise Irregular
        lists = _cut(items, sizes)
        for one in lists:
            self._null_failed(one, run)
        run.failed = failed
        return lists

    def one(self, value: Any, place: Place, found: Found, run: "Run") -> Any:
        """One list, item by item."""
        if isinstance(value, Exception):
            raise value
        if value is None:
            return None
        _size(value)
        return [self._item(item, (*place, index), found, run) for index, item in enumerate(value)]

    def _item(self, value: Any, place: Place, found: Found, run: "Run") -> Any:
        try:
            return self.inner.one(value, place, found, run)
        except Deviation:
            raise
        except Exception as error:  # noqa: BLE001  # the border of an item: whatever it fails with is its own
            failure = located(error, place, self._nodes)
        if not self._is_item_nullable:
            raise failure
        found.append(failure)
        return None

    def _null_failed(self, items: list[Any] | None, run: "Run") -> None:
        for index, item in enumerate(items or ()):
            if type(item) is Failed:
                assert items is not None  # noqa: S101  # it had an item
                items[index] = None
                run.fail(items, [failure.below(index) for failure in item.failures])


class Objects:
    """Objects, also of abstract types."""

    def __init__(self, level: "Level", planned: "PlannedField") -> None:
        self.level: Level = level
        self._nodes = planned.nodes

    def column(self, values: Sequence[Any], run: "Run") -> list[Any]:
        """All objects; one that fails is Failed, and counted by the run."""
        return self.level.kernels.complete(values, run, self._nodes)

    def one(self, value: Any, place: Place, found: Found, run: "Run") -> Any:
        """One object."""
        if isinstance(value, Exception):
            raise value
        return None if value is None else self.level.kernels.complete_one(value, place, found, run)


def _size(rows: Any) -> int:
    """Number of items; only what surely is a list stays here."""
    if type(rows) is list or type(rows) is tuple:
        return len(rows)
    raise rows if isinstance(rows, Exception) else Deviation


def _cut(items: list[Any], sizes: list[int | None]) -> list[list[Any] | None]:
    """A flat column cut into lists of these sizes."""
    if len(sizes) == 1:
        return [None if sizes[0] is None else items]
    lists: list[list[Any] | None] = []
    start = 0
    for size in sizes:
        lists.append(None if size is None else items[start : start + size])
        start += size or 0
    return lists
