"""Values in alert rules, for their translation. What does not fit is passed on, so that decoding reports it there."""

from collections.abc import Callable, Mapping
from typing import Any


def text(value: Any, default: str = "") -> Any:
    """The text, the default for null and empty text, and any other value unchanged."""
    return value or default if value is None or isinstance(value, str) else value


def identifier(value: Any) -> Any:
    """The number as text, and any other value unchanged."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def member(value: Any, name: str) -> Any:
    """A member of an object, None for null, and any other value inside a list, which fits no member."""
    if value is None:
        return None
    return value.get(name) if isinstance(value, dict) else [value]


def translated(value: Any, translation: Callable[[Mapping[str, Any]], Any]) -> Any:
    """The list with its objects translated, an empty one for null, and any other value unchanged."""
    if not isinstance(value, list):
        return [] if value is None else value
    return [translation(item) if isinstance(item, dict) else item for item in value]


def items(value: Any) -> list[Any]:
    """The items of the list; none of another value."""
    return value if isinstance(value, list) else []
