"""Decoding of the untyped JSON in alerts and monitors: comparisons, settings and lists of conditions and actions."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

import msgspec

from dexter_graphql.graph.common.scalars import raw
from dexter_graphql.graph.declarations.fields import LazyJSON
from dexter_graphql.graph.declarations.wire_types import enum_member
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.lenient import (
    NULL,
    UNREADABLE,
    complete_list,
    decode_leniently,
    invalid_value,
    member_or_invalid,
    omitted_from,
)

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
UNITS_S: Mapping[str, int] = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
"""First letter of a time unit → seconds."""
INTERVAL = re.compile(r"(\d{1,6})\s*([a-z]*)")


class Kind(msgspec.Struct, frozen=True, gc=False):
    """Discriminator of a condition or an action."""

    type: str = ""


def read(value: msgspec.Raw, kind: type[T], name: str) -> T | None:
    """A JSON object as `kind`. Keys may be camel case or snake case, numbers may be strings. None for null."""
    members = decoded(value, dict[str, msgspec.Raw], name)
    if members is None:
        return None
    camel = {_camel(key): member for key, member in members.items()}
    return decoded(raw(camel), kind, name)


def decoded(value: msgspec.Raw, kind: Any, name: str) -> Any:
    """A JSON value as `kind`, None for null. `name` is that of the member, for messages."""
    if value == NULL:
        return None
    try:
        return decode_leniently(value, kind, name)
    except UNREADABLE as error:
        raise invalid_value(name, error) from None


class Numbered(msgspec.Struct, frozen=True, gc=False):
    """The ID of a condition."""

    id: int | str | None = None


def in_order(conditions: msgspec.Raw) -> msgspec.Raw:
    """A JSON list of conditions in the order of their IDs, because Sentry returns them in a random order.

    Any other value, and a list of which an item has no numeric ID, is returned as it is.
    """
    try:
        items = msgspec.json.decode(conditions, type=list[msgspec.Raw])
        numbers = [int(msgspec.json.decode(item, type=Numbered).id or "") for item in items]
    except (ValueError, *UNREADABLE):
        return conditions
    if numbers == sorted(numbers):
        return conditions
    return raw([items[index] for index in sorted(range(len(items)), key=numbers.__getitem__)])


def parts_of(value: msgspec.Raw, typenames: Mapping[str, str], unknown: str, name: str) -> list[LazyJSON]:
    """The objects in a JSON list, each with the typename that its `type` selects; other values are left out."""
    objects = objects_of(value, name)
    parts = [LazyJSON(typenames.get(_kind(item), unknown), item) for item in objects]
    return complete_list(parts, omitted_from(objects))


def objects_of(value: msgspec.Raw, name: str) -> list[msgspec.Raw]:
    """The objects in a JSON list, with the errors of other values in it, or of another value in its place."""
    try:
        items = decoded(value, list[msgspec.Raw], name) or []
    except InvalidValue as error:
        return complete_list([], [error])
    objects = [item for item in items if is_object(item)]
    others = [item for item in items if not is_object(item) and item != NULL]
    return complete_list(
        objects, [InvalidValue(f"An item of '{name}' in Sentry's answer is no object") for _ in others]
    )


def is_object(value: msgspec.Raw) -> bool:
    """True for the JSON of an object."""
    return bytes(value).lstrip()[:1] == b"{"


def _kind(item: msgspec.Raw) -> str:
    try:
        kind = member_or_invalid(decode_leniently(item, Kind, "type"), "type")
        return kind if isinstance(kind, str) else ""
    except UNREADABLE:
        return ""


def seconds(text: str | None) -> int | None:
    """Seconds of a duration such as `15min`, `1h` or `1w`; None for other text."""
    match = INTERVAL.fullmatch((text or "").strip().lower())
    unit = UNITS_S.get(match[2][:1]) if match is not None else None
    return int(match[1]) * unit if match is not None and unit is not None else None


def member_of(cls: type[E], value: Any) -> E | None:
    """Enum value for a word or number in Sentry's API: UNKNOWN when it is not known, None for None."""
    if value is None:
        return None
    return enum_member(cls)(str(value))


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)
