"""Values of a table's cells as GraphQL types."""

from datetime import datetime
from math import isfinite
from typing import Any

import msgspec

from dexter_graphql.graph.declarations.wire_types import instant
from dexter_graphql.sentry.errors import InvalidValue


def as_string(value: Any) -> str | None:
    """Text, and the text of a number or a boolean; raises InvalidValue for a list or an object."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (list, dict)):
        raise _misfit("text", value)
    return msgspec.json.encode(value).decode()


def as_number(value: Any) -> float | None:
    """A number, and one that is written as text; raises InvalidValue for another value."""
    if value is None:
        return None
    if isinstance(value, (list, dict, bool)):
        raise _misfit("a number", value)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise _misfit("a number", value) from None
    if not isfinite(number):
        raise _misfit("a number", value)
    return number


def as_boolean(value: Any) -> bool | None:
    """A boolean, and 0 or 1, as some columns have it; raises InvalidValue for another value."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and value in {0, 1}:
        return bool(value)
    raise _misfit("a boolean", value)


def as_date(value: Any) -> datetime | None:
    """A point in time; raises InvalidValue for another value."""
    if value is None:
        return None
    if isinstance(value, (list, dict, bool)):
        raise _misfit("a time", value)
    return instant(value)


def as_list(value: Any) -> list[str] | None:
    """The items of a list as text, and a single value as its only item."""
    if value is None:
        return None
    items = value if isinstance(value, list) else [value]
    return [text for item in items if (text := as_string(item)) is not None]


def _misfit(expected: str, value: Any) -> InvalidValue:
    kinds = {list: "a list", dict: "an object", bool: "a boolean", str: "text"}
    return InvalidValue(f"The value of this column is {kinds.get(type(value), 'a number')}, not {expected}")
