"""Encoding of global IDs and cursors.

An ID is opaque to clients. It holds the type's name, a slot that is reserved for a second Sentry instance, the
organization's ID, and the parts of the entity's key.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote

import msgspec

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.relay.id_kinds import explain_id
from dexter_graphql.sentry.pagination import Position

MAX_ENCODED_LENGTH = 1024
MAX_POSITION = 100
"""Rows of Sentry's largest page, which a position counts in."""
UNQUOTED = re.compile(r"[A-Za-z0-9_.~-]*+")
"""Texts that `quote` leaves as they are."""
PADDING = ("", "\0\0", "\0")
"""What a text lacks to whole groups of three bytes, by the rest of its length."""
URL_SAFE = bytes.maketrans(b"+/", b"-_")
FOREIGN_CURSOR = "Invalid cursor: it was not created by this server"
SENTRY_CURSOR = re.compile(r"[\w.:+-]{1,256}")


class GlobalID(NamedTuple):
    """A decoded ID: the type's name, the organization's ID and the parts of the key."""

    typename: str
    parts: tuple[str, ...]


def encode_id(typename: str, *parts: str) -> str:
    """The opaque ID of an object."""
    text = ":".join((typename, "", *map(_quote, parts)))
    return binascii.b2a_base64(text.encode(), newline=False).translate(URL_SAFE, b"=").decode()


def encode_ids(typename: str, *columns: Sequence[str]) -> list[str]:
    """The IDs of many objects of one type; `columns[i]` has the i-th part of each.

    All texts are encoded at once: each is padded to whole groups of three bytes, whose base64 is then cut apart.
    """
    quoted = map(_quote_column, columns)
    texts = [f"{typename}::{parts}" for parts in map(":".join, zip(*quoted, strict=True))]
    padded = "".join([text + PADDING[len(text) % 3] for text in texts])
    encoded = base64.urlsafe_b64encode(padded.encode()).decode()
    ids, start = [], 0
    for text in texts:
        length = len(text)
        ids.append(encoded[start : start + (length * 4 + 2) // 3])
        start += (length + 2) // 3 * 4
    return ids


def decode_id(value: str) -> GlobalID:
    """The type and the parts of an ID; raises BadUserInput when this server did not create it."""
    text = _decode_base64(value)
    typename, separator, rest = (text or "").partition("::")
    if not separator or not typename.isidentifier() or not rest:
        raise BadUserInput(explain_id(value))
    return GlobalID(typename, tuple(unquote(part) for part in rest.split(":")))


def key_from_id(value: str, typename: str, count: int) -> tuple[str, ...]:
    """The parts of an ID that must be of that type; raises BadUserInput when it is not."""
    decoded = decode_id(value)
    if decoded.typename != typename or len(decoded.parts) != count:
        raise BadUserInput(f"Expected the ID of type {typename}, got the ID of type {decoded.typename}")
    return decoded.parts


def encode_cursor(position: Position) -> str:
    """The opaque cursor of an edge."""
    text = msgspec.json.encode([position.cursor, position.index, position.size])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def decode_cursor(value: str | None, argument: str = "after") -> Position | None:
    """The position of a cursor in that argument; raises BadUserInput when this server did not create it."""
    if value is None:
        return None
    try:
        cursor, index, size = msgspec.json.decode(_decode_base64(value) or "", type=tuple[str | None, int, int])
    except msgspec.DecodeError:
        raise BadUserInput(FOREIGN_CURSOR, (argument,)) from None
    is_valid = 0 <= index <= size <= MAX_POSITION and size > 0
    if not is_valid or (cursor is not None and not SENTRY_CURSOR.fullmatch(cursor)):
        raise BadUserInput(FOREIGN_CURSOR, (argument,))
    return Position(cursor, index, size)


def _quote_column(column: Sequence[str]) -> Sequence[str]:
    is_plain = UNQUOTED.fullmatch("".join(column)) is not None
    return column if is_plain else [quote(part, safe="") for part in column]


def _quote(part: str) -> str:
    """A part without the separator; most parts are numbers, which stay as they are."""
    return part if part.isascii() and part.isalnum() else quote(part, safe="")


def _decode_base64(value: str) -> str | None:
    """The text in an ID or a cursor; None when it is not one."""
    if len(value) > MAX_ENCODED_LENGTH:
        return None
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
