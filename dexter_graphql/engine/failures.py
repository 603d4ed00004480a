"""Failures while values are completed: located errors, and the signals that leave the fast path."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from graphql import FieldNode, GraphQLError

from dexter_graphql.errors import as_value, drop_tracebacks

ResponsePath = tuple[str | int, ...]
"""Response keys and list indices from some object down to a value."""


class Reason(StrEnum):
    """Why the fast path was left, for one level or for the whole operation."""

    NULL = "null"
    """Null where it is not allowed."""
    VALUE = "value"
    """A value that its type does not take as it is."""
    FAILED_ROW = "failed_row"
    """An object that cannot be completed."""
    ROW_CLASS = "row_class"
    """A row whose object type is not known."""
    NOT_A_LIST = "not_a_list"
    """Something else than a list or a tuple where a list belongs."""
    ARGUMENTS = "arguments"
    """Arguments that cannot be coerced."""
    DELEGATED = "delegated"
    """A field that graphql-core executed and that must not be null."""
    PLAN_SIZE = "plan_size"
    """More levels than a plan may have."""
    COMPILE_BUDGET = "compile_budget"
    """No time left to plan a level."""
    ENGINE_ERROR = "engine_error"
    """A mistake of the engine."""


class FallBack(Exception):
    """graphql-core has to complete the operation."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class SlowPath(Exception):
    """The rows of a level have to be completed one by one."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class PartialValue(Exception):
    """A field's value without the parts that failed, and their errors, which are reported at the field's path.

    An exception, so that columns of values give up on it, and each value is completed for itself.
    """

    def __init__(self, value: Any, errors: Sequence[Exception]) -> None:
        super().__init__(value, errors)
        self.value, self.errors = value, errors


class LocatedError(Exception):
    """A failure with its path below the object that is being completed."""

    def __init__(self, error: Exception, path: ResponsePath, nodes: Sequence[FieldNode]) -> None:
        super().__init__(error)
        self.error, self.path, self.nodes = error, path, nodes

    def prefixed(self, *path: str | int) -> "LocatedError":
        """The same failure with a path that begins further up."""
        return LocatedError(self.error, (*path, *self.path), self.nodes)


Errors = list[LocatedError]
"""Failures of fields that are null because of them."""


def locate(error: Exception, path: ResponsePath, nodes: Sequence[FieldNode]) -> LocatedError:
    """A failure at its path. One that has a path keeps it: it comes from further down."""
    return drop_tracebacks(error) if isinstance(error, LocatedError) else LocatedError(as_value(error), path, nodes)


def without_tracebacks(errors: Iterable[GraphQLError] | None) -> list[GraphQLError] | None:
    """The errors of a result; None when there are none. Unexpected ones keep the text of their tracebacks as notes."""
    results = []
    for error in errors or ():
        original = error.original_error
        while isinstance(original, GraphQLError):
            original = drop_tracebacks(original).original_error
        if original is not None:
            as_value(original)
        results.append(drop_tracebacks(error))
    return results or None


def without_errors(value: Any, path: ResponsePath, nodes: Sequence[FieldNode], errors: Errors) -> Any:
    """The value; the errors of a partial one are added to `errors`."""
    if not isinstance(value, PartialValue):
        return value
    errors += [LocatedError(error, path, nodes) for error in value.errors]
    return value.value


def is_failure(value: Any) -> bool:
    """True for an exception in place of a value."""
    return isinstance(value, Exception) and not isinstance(value, PartialValue)


class FailedRow:
    """Stands in a column for an object that cannot be completed, with its failures; the last one is the reason."""

    __slots__ = ("errors",)

    def __init__(self, errors: Errors) -> None:
        self.errors = errors
