"""Knows how values become what is written: a whole column of them at once, or one by one with care.

`column` takes the values of one field for all rows of a level and is quick; it raises as soon as something is out of
the ordinary, and then the rows are gone through `one` by one, which does what graphql-core does, in its order, with its
messages. What neither of them understands raises Deviation: then graphql-core completes the operation itself.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from graphql import FieldNode, GraphQLLeafType

from dexter_graphql.engine.leaf_types import LeafSerializer

if TYPE_CHECKING:
    from dexter_graphql.engine.plan import Level, PlannedField
    from dexter_graphql.engine.runtime import Execution

ResponsePath = tuple[str | int, ...]
"""Response keys and list indices from some object down to a value."""


class FallBack(Exception):  # named after the fact
    """Something that only graphql-core itself can answer as it would."""


class SlowPath(Exception):  # named after the fact
    """A column has a value that must be looked at one by one."""


class LocatedError(Exception):  # named after the fact
    """A failure with its path below the row that is being completed."""

    def __init__(self, error: Exception, path: ResponsePath, nodes: Sequence[FieldNode]) -> None:
        super().__init__(error)
        self.error, self.path, self.nodes = error, path, nodes

    def prefixed(self, *path: str | int) -> "LocatedError":
        """The same failure, seen from further up."""
        return LocatedError(self.error, (*path, *self.path), self.nodes)


Errors = list[LocatedError]
"""Failures so far, of fields that are null because of them."""


def locate(error: Exception, path: ResponsePath, nodes: Sequence[FieldNode]) -> LocatedError:
    """A failure at its path; one that has a path already keeps it, as it comes from further down."""
    return error if isinstance(error, LocatedError) else LocatedError(error, path, nodes)


class FailedRow:
    """Stands in a column for a row that cannot be completed, with all that failed in it, the reason last."""

    __slots__ = ("failures",)

    def __init__(self, failures: Errors) -> None:
        self.failures = failures


class Completion(Protocol):
    """How values of one type are completed for one field."""

    @property
    def level(self) -> "Level | None":
        """What is completed below, None for leaves."""
        ...

    def complete_many(self, values: Sequence[Any], execution: "Execution") -> list[Any]:
        """All values of a level. Raises when one of them is out of the ordinary."""
        ...

    def complete_one(self, value: Any, path: ResponsePath, found: Errors, execution: "Execution") -> Any:
        """One value, at its path below a row. Raises what the field fails with."""
        ...


class LeafCompletion:
    """Scalars and enums."""

    level = None

    def __init__(self, kind: GraphQLLeafType) -> None:
        self.serializer = LeafSerializer(kind)

    def complete_many(self, values: Sequence[Any], _execution: "Execution") -> list[Any]:
        """All values, written."""
        return self.serializer.serialize_many(values)

    def complete_one(self, value: Any, _path: ResponsePath, _errors: Errors, _execution: "Execution") -> Any:
        """One value, written."""
        return self.serializer.serialize(value)


class NonNullCompletion:
    """Whatever must not be null."""

    def __init__(self, inner: Completion, planned: "PlannedField") -> None:
        self.inner = inner
        self.level = inner.level
        self._make_plan = planned

    def complete_many(self, values: Sequence[Any], execution: "Execution") -> list[Any]:
        """All values."""
        completed = self.inner.complete_many(values, execution)
        for one in completed:
            if one is None:
                raise SlowPath
        return completed

    def complete_one(self, value: Any, path: ResponsePath, found: Errors, execution: "Execution") -> Any:
        """One value; null is a failure."""
        completed = self.inner.complete_one(value, path, found, execution)
        if completed is None:
            coordinate = f"{self._make_plan.parent}.{self._make_plan.name}"
            raise TypeError(f"Cannot return null for non-nullable field {coordinate}.")
        return completed


class ListCompletion:
    """Lists, also of lists."""

    def __init__(self, inner: Completion, planned: "PlannedField") -> None:
        self.inner = inner
        self.level = inner.level
        self._is_item_nullable = not isinstance(inner, NonNullCompletion)
        self._nodes = planned.nodes

    def complete_many(self, values: Sequence[Any], execution: "Execution") -> list[Any]:
        """All lists; their items are completed as one column."""
        sizes = [None if rows is None else _size(rows) for rows in values]
        flat = values[0] if len(values) == 1 and sizes[0] is not None else [r for rows in values if rows for r in rows]
        failed = execution.failed
        items = self.inner.complete_many(flat, execution)
        if execution.failed == failed:
            return _split(items, sizes)
        if not self._is_item_nullable:
            raise SlowPath
        lists = _split(items, sizes)
        for one in lists:
            self._null_failed(one, execution)
        execution.failed = failed
        return lists

    def complete_one(self, value: Any, path: ResponsePath, found: Errors, execution: "Execution") -> Any:
        """One list, item by item."""
        if isinstance(value, Exception):
            raise value
        if value is None:
            return None
        _size(value)
        return [self._item(item, (*path, index), found, execution) for index, item in enumerate(value)]

    def _item(self, value: Any, path: ResponsePath, found: Errors, execution: "Execution") -> Any:
        try:
            return self.inner.complete_one(value, path, found, execution)
        except FallBack:
            raise
        except Exception as error:  # noqa: BLE001  # the border of an item: whatever it fails with is its own
            failure = locate(error, path, self._nodes)
        if not self._is_item_nullable:
            raise failure
        found.append(failure)
        return None

    def _null_failed(self, items: list[Any] | None, execution: "Execution") -> None:
        for index, item in enumerate(items or ()):
            if type(item) is FailedRow:
                assert items is not None  # noqa: S101  # it had an item
                items[index] = None
                execution.fail(items, [failure.prefixed(index) for failure in item.failures])


class ObjectCompletion:
    """Objects, also of abstract types."""

    def __init__(self, level: "Level", planned: "PlannedField") -> None:
        self.level: Level = level
        self._nodes = planned.nodes

    def complete_many(self, values: Sequence[Any], execution: "Execution") -> list[Any]:
        """All objects; one that fails is Failed, and counted by the run."""
        return self.level.completers.complete(values, execution, self._nodes)

    def complete_one(self, value: Any, path: ResponsePath, found: Errors, execution: "Execution") -> Any:
        """One object."""
        if isinstance(value, Exception):
            raise value
        return None if value is None else self.level.completers.complete_one(value, path, found, execution)


def _size(rows: Any) -> int:
    """Number of items; only what surely is a list stays here."""
    if type(rows) is list or type(rows) is tuple:
        return len(rows)
    raise rows if isinstance(rows, Exception) else FallBack


def _split(items: list[Any], sizes: list[int | None]) -> list[list[Any] | None]:
    """A flat column cut into lists of these sizes."""
    if len(sizes) == 1:
        return [None if sizes[0] is None else items]
    lists: list[list[Any] | None] = []
    start = 0
    for size in sizes:
        lists.append(None if size is None else items[start : start + size])
        start += size or 0
    return lists
