"""Encoding of global ids and cursors.

An id is opaque to clients. It holds the type's name, a slot that is reserved for a second Sentry instance, the
organization's id, and the parts of the entity's key.
"""

import base64
import binascii
import re
from typing import NamedTuple
from urllib.parse import quote, unquote

import msgspec

from dexter_graphql.errors import BadUserInput
from dexter_graphql.sentry.pagination import Position

MAX_ID_LENGTH = 1024
SENTRY_CURSOR = re.compile(r"[\w.:+-]{1,256}")
NUMBER = re.compile(r"\d{1,20}")


class GlobalID(NamedTuple):
    """A decoded id: the type's name, the organization's id and the parts of the key."""

    typename: str
    parts: tuple[str, ...]


def encode_id(typename: str, *parts: str) -> str:
    """The opaque id of an object."""
    text = ":".join([typename, "", *(quote(part, safe="") for part in parts)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_id(value: str) -> GlobalID:
    """Keys inside of an id; raises BadUserInput when it is not one of ours."""
    text = _decode_base64(value, "id")
    typename, separator, rest = text.partition("::")
    if not separator or not typename.isidentifier() or not rest:
        raise BadUserInput("This id was not made by this server")
    return GlobalID(typename, tuple(unquote(part) for part in rest.split(":")))


def key_from_id(value: str, typename: str, count: int) -> tuple[str, ...]:
    """The keys of an id that must belong to `typename`; raises BadUserInput when it does not."""
    found = decode_id(value)
    if found.typename != typename or len(found.parts) != count:
        raise BadUserInput(f"Expected the id of a {typename}, got the id of a {found.typename}")
    return found.parts


def encode_cursor(position: Position) -> str:
    """The opaque cursor of an edge."""
    text = msgspec.json.encode([position.cursor, position.index, position.size])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def decode_cursor(value: str | None) -> Position | None:
    """Where a cursor stands; raises BadUserInput when it is not one of ours."""
    if value is None:
        return None
    try:
        cursor, index, size = msgspec.json.decode(_decode_base64(value, "cursor"), type=tuple[str | None, int, int])
    except msgspec.DecodeError:
        raise BadUserInput("This cursor was not made by this server") from None
    if not (0 <= index <= size <= 100) or size < 1 or (cursor is not None and not SENTRY_CURSOR.fullmatch(cursor)):  # noqa: PLR2004  # Sentry's largest page
        raise BadUserInput("This cursor was not made by this server")
    return Position(cursor, index, size)


def _decode_base64(value: str, what: str) -> str:
    if len(value) > MAX_ID_LENGTH:
        raise BadUserInput(f"This {what} was not made by this server")
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise BadUserInput(f"This {what} was not made by this server") from None
