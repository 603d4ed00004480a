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
from dexter_graphql.sentry.lenient import NULL, UNREADABLE, decode_leniently

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
UNITS_S: Mapping[str, int] = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
"""First letter of a time unit → seconds."""
INTERVAL = re.compile(r"(\d{1,6})\s*([a-z]*)")


class Kind(msgspec.Struct, frozen=True, gc=False):
    """Discriminator of a condition or an action."""

    type: str = ""


def read(value: msgspec.Raw, kind: type[T]) -> T | None:
    """A JSON object as `kind`. Keys may be camel case or snake case, numbers may be strings. None for null."""
    members = decoded(value, dict[str, msgspec.Raw])
    if members is None:
        return None
    camel = {_camel(name): member for name, member in members.items()}
    return decoded(raw(camel), kind)


def decoded(value: msgspec.Raw, kind: Any) -> Any:
    """A JSON value as `kind`, None for null."""
    if value == NULL:
        return None
    try:
        return decode_leniently(value, kind)
    except UNREADABLE as error:
        raise InvalidValue(f"A value of an alert in Sentry's answer does not fit: {error}") from None


def parts_of(value: msgspec.Raw, typenames: Mapping[str, str], unknown: str) -> list[LazyJSON]:
    """The objects in a JSON list, each with the typename that its `type` selects; other values are left out."""
    return [LazyJSON(typenames.get(_kind(item), unknown), item) for item in objects_of(value)]


def objects_of(value: msgspec.Raw) -> list[msgspec.Raw]:
    """The objects in a JSON list; none in other JSON."""
    try:
        items = msgspec.json.decode(value, type=list[msgspec.Raw])
    except UNREADABLE:
        return []
    return [item for item in items if bytes(item).startswith(b"{")]


def _kind(item: msgspec.Raw) -> str:
    try:
        return decode_leniently(item, Kind).type
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
