"""Completion of values by type: a whole column at once, or one value at its path.

`complete_many` takes the values of one field for all rows of a level. It is fast and raises as soon as a value is not
as usual. Then `complete_one` is called row by row: it does what graphql-core does, in its order, with its messages.
What neither of them can complete raises FallBack.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from graphql import FieldNode, GraphQLLeafType

from dexter_graphql.engine.failures import Errors, FailedRow, FallBack, Reason, ResponsePath, SlowPath, locate
from dexter_graphql.engine.leaf_types import LeafSerializer


class CompletionContext(Protocol):
    """The execution, as far as completions need it."""

    failed: int
    """Rows so far that are a FailedRow in a column."""

    def fail(self, holder: Any, errors: Errors) -> None:
        """Record failures below an object or a list that has null in their place."""
        ...

    def complete_rows(self, level: Any, rows: Sequence[Any], nodes: Sequence[FieldNode]) -> list[Any]:
        """All objects of a column. None stays None, and one that fails is a FailedRow."""
        ...

    def complete_row(self, level: Any, row: Any, path: ResponsePath, errors: Errors) -> Any:
        """One object at its path."""
        ...


class Completion(Protocol):
    """How values of one type are completed for one field."""

    @property
    def level(self) -> Any:
        """The level of the objects, None for leaves."""
        ...

    def complete_many(self, values: Sequence[Any], context: CompletionContext) -> list[Any]:
        """All values of a column. Raises when one of them is not as usual."""
        ...

    def complete_one(self, value: Any, path: ResponsePath, errors: Errors, context: CompletionContext) -> Any:
        """One value at its path below a row. Raises what the field fails with."""
        ...


class LeafCompletion:
    """Scalars and enums."""

    level = None

    def __init__(self, leaf_type: GraphQLLeafType) -> None:
        self.serializer = LeafSerializer(leaf_type)

    def complete_many(self, values: Sequence[Any], _context: CompletionContext) -> list[Any]:
        """All values, serialised."""
        return self.serializer.serialize_many(values)

    def complete_one(self, value: Any, _path: ResponsePath, _errors: Errors, _context: CompletionContext) -> Any:
        """One value, serialised."""
        return self.serializer.serialize(value)


class NonNullCompletion:
    """Values that must not be null; `coordinate` names the field in the error."""

    def __init__(self, inner: Completion, coordinate: str) -> None:
        self.inner = inner
        self.level = inner.level
        self._coordinate = coordinate

    def complete_many(self, values: Sequence[Any], context: CompletionContext) -> list[Any]:
        """All values."""
        completed = self.inner.complete_many(values, context)
        for value in completed:
            if value is None:
                raise SlowPath(Reason.NULL)
        return completed

    def complete_one(self, value: Any, path: ResponsePath, errors: Errors, context: CompletionContext) -> Any:
        """One value; null is a failure."""
        completed = self.inner.complete_one(value, path, errors, context)
        if completed is None:
            raise TypeError(f"Cannot return null for non-nullable field {self._coordinate}.")
        return completed


class ListCompletion:
    """Lists, also of lists."""

    def __init__(self, inner: Completion, nodes: Sequence[FieldNode]) -> None:
        self.inner = inner
        self.level = inner.level
        self._is_item_nullable = not isinstance(inner, NonNullCompletion)
        self._nodes = nodes

    def complete_many(self, values: Sequence[Any], context: CompletionContext) -> list[Any]:
        """All lists; their items are completed as one column."""
        sizes = [None if rows is None else _size(rows) for rows in values]
        flat = values[0] if len(values) == 1 and sizes[0] is not None else [r for rows in values if rows for r in rows]
        failed = context.failed
        items = self.inner.complete_many(flat, context)
        if context.failed == failed:
            return _split(items, sizes)
        if not self._is_item_nullable:
            raise SlowPath(Reason.FAILED_ROW)
        lists = _split(items, sizes)
        for items_of_one in lists:
            self._null_failed(items_of_one, context)
        context.failed = failed
        return lists

    def complete_one(self, value: Any, path: ResponsePath, errors: Errors, context: CompletionContext) -> Any:
        """One list, item by item."""
        if isinstance(value, Exception):
            raise value
        if value is None:
            return None
        _size(value)
        return [self._item(item, (*path, index), errors, context) for index, item in enumerate(value)]

    def _item(self, value: Any, path: ResponsePath, errors: Errors, context: CompletionContext) -> Any:
        try:
            return self.inner.complete_one(value, path, errors, context)
        except FallBack:
            raise
        except Exception as error:  # noqa: BLE001  # any failure belongs to its item
            failure = locate(error, path, self._nodes)
        if not self._is_item_nullable:
            raise failure
        errors.append(failure)
        return None

    def _null_failed(self, items: list[Any] | None, context: CompletionContext) -> None:
        for index, item in enumerate(items or ()):
            if type(item) is FailedRow:
                assert items is not None  # noqa: S101  # it has an item
                items[index] = None
                context.fail(items, [failure.prefixed(index) for failure in item.errors])


class ObjectCompletion:
    """Objects, also of abstract types."""

    def __init__(self, level: Any, nodes: Sequence[FieldNode]) -> None:
        self.level = level
        self._nodes = nodes

    def complete_many(self, values: Sequence[Any], context: CompletionContext) -> list[Any]:
        """All objects; one that fails is a FailedRow."""
        return context.complete_rows(self.level, values, self._nodes)

    def complete_one(self, value: Any, path: ResponsePath, errors: Errors, context: CompletionContext) -> Any:
        """One object."""
        if isinstance(value, Exception):
            raise value
        return None if value is None else context.complete_row(self.level, value, path, errors)


def _size(rows: Any) -> int:
    """Number of items. Other iterables than lists and tuples are left to graphql-core."""
    if type(rows) is list or type(rows) is tuple:
        return len(rows)
    raise rows if isinstance(rows, Exception) else FallBack(Reason.NOT_A_LIST)


def _split(items: list[Any], sizes: list[int | None]) -> list[list[Any] | None]:
    """A flat column, cut into lists of these sizes."""
    if len(sizes) == 1:
        return [None if sizes[0] is None else items]
    lists: list[list[Any] | None] = []
    start = 0
    for size in sizes:
        lists.append(None if size is None else items[start : start + size])
        start += size or 0
    return lists
