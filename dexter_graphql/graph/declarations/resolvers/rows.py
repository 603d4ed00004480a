"""Reading of values and keys from rows."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec

from dexter_graphql.engine.failures import PartialValue, is_failure
from dexter_graphql.engine.resolution import Immediate, Reader
from dexter_graphql.errors import as_value
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.lenient import IncompleteList, omitted_from
from dexter_graphql.sentry.pagination import Slice


def immediate(reader: Reader, *, attr: str | None = None, leaf: Any = None) -> Immediate:
    """The strategy of a reader that needs neither arguments nor context."""
    return Immediate(lambda _arguments, _context: reader, is_context_free=True, attr=attr, leaf=leaf)


def row_itself(row: Any) -> Any:
    """The row as its own value."""
    return row


def with_errors(value: Any, errors: Sequence[Exception] = ()) -> Any:
    """The value with the errors of its parts: those given, and those of items that a decoded list lacks."""
    if isinstance(value, IncompleteList):
        value = PartialValue(list(value), value.omitted)
    if not errors or is_failure(value):
        return value
    if isinstance(value, PartialValue):
        return PartialValue(value.value, [*value.errors, *errors])
    return PartialValue(value, errors)


def member_reader(attr: str) -> Reader:
    """Reads a member; None when the row lacks it."""
    return lambda row: with_errors(getattr(row, attr, None))


def raw_reader(attr: str) -> Reader:
    """Reads a member as it was decoded; None when the row lacks it."""
    return lambda row: getattr(row, attr, None)


def converted(reader: Reader, convert: Callable[[Any], Any] | None) -> Reader:
    """Reads a decoded value and converts it, unless it is null or invalid, with the errors of its parts."""

    def read(row: Any) -> Any:
        value = reader(row)
        if value is None or isinstance(value, Exception):
            return value
        return with_errors(value) if convert is None else with_errors(convert(value), omitted_from(value))

    return read


def invalid_among(row: Any, attrs: Iterable[str]) -> list[InvalidValue]:
    """Those of these members that are invalid."""
    values = (getattr(row, attr, None) for attr in attrs)
    return [value for value in values if isinstance(value, InvalidValue)]


def without_invalid(row: Any, attrs: Iterable[str]) -> Any:
    """The row with null in the place of these members that are invalid."""
    invalid = [attr for attr in attrs if isinstance(getattr(row, attr, None), InvalidValue)]
    return msgspec.structs.replace(row, **dict.fromkeys(invalid)) if invalid else row


def with_omitted(value: Any, row: Any, attrs: Iterable[str]) -> Any:
    """The value; when it is null, a list or a page, with the errors of items that the lists in these members lack."""
    if value is not None and type(value) is not list and not isinstance(value, Slice):
        return with_errors(value)
    return with_errors(value, [error for attr in attrs for error in omitted_from(getattr(row, attr, None))])


def guarded_key(key: Callable[[Any], Any], reads: Collection[str], needed: Collection[str]) -> Callable[[Any], Any]:
    """The key of a row, or an InvalidValue when a member in `reads` is invalid or one in `needed` is missing."""

    def key_of(row: Any) -> Any:
        if invalid := invalid_among(row, reads):
            return invalid[0]
        missing = next((attr for attr in needed if getattr(row, attr, None) is None), None)
        return key(row) if missing is None else InvalidValue(f"Sentry's answer lacks '{missing}'")

    return key_of


def each_value(read: Callable[[Any], Any], rows: Sequence[Any]) -> list[Any]:
    """The value of each row, or the exception that reading it raised."""
    values = []
    for row in rows:
        try:
            values.append(read(row))
        except Exception as error:  # noqa: BLE001  # the border between rows: each exception is its row's value
            values.append(as_value(error))
    return values
