"""Fields that read one member of a trace's item."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from dexter_graphql.graph.declarations.fields import ComputedDeclaration
from dexter_graphql.graph.declarations.kind_field import declared_field
from dexter_graphql.graph.declarations.wire_types import instant
from dexter_graphql.graph.explore.cells import as_boolean, as_number, as_string
from dexter_graphql.loaders.traces import TraceItemRecord
from dexter_graphql.sentry.errors import InvalidValue

Convert = Callable[[Any], Any]


def item_field(member: str, convert: Convert, description: str) -> Any:
    """A field that converts a member of the item."""

    def read(item: TraceItemRecord) -> Any:
        return convert(item.node.get(member))

    return declared_field(ComputedDeclaration({}, None, read), None, description)


def text(member: str, description: str) -> Any:
    """A field for text, null where it is empty."""
    return item_field(member, lambda value: as_string(value) or None, description)


def number(member: str, description: str) -> Any:
    """A field for a number."""
    return item_field(member, as_number, description)


def boolean(member: str, description: str) -> Any:
    """A field for a boolean."""
    return item_field(member, as_boolean, description)


def time(member: str, description: str) -> Any:
    """A field for a point in time, which Sentry sends in seconds since the epoch."""
    return item_field(member, as_time, description)


def as_time(value: Any) -> datetime | None:
    """The point in time; raises InvalidValue for another value."""
    if value is None:
        return None
    if isinstance(value, (list, dict, bool)):
        raise InvalidValue("Sentry sent something else instead of a time")
    return instant(value)


def pairs(member: str, description: str) -> Any:
    """A field for an object of numbers, as a list of pairs."""
    return item_field(member, as_pairs, description)


def as_pairs(value: Any) -> list[tuple[str, float]]:
    """Names with numbers; raises InvalidValue for another value."""
    if value is None:
        return []
    if not isinstance(value, dict):
        raise InvalidValue("Sentry sent something else instead of measurements")
    return [(name, number) for name, each in value.items() if (number := as_number(each)) is not None]
