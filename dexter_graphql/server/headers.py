"""Access to request headers, and memoized parsing of their values."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeVar

from starlette.types import Scope

HEADERS = "dexter.headers"
"""Key of an ASGI scope: the headers as a dictionary."""
MAX_MEMOIZED = 256
MAX_MEMOIZED_BYTES = 256
"""Longest value whose result is memoized; clients choose values."""
Parsed = TypeVar("Parsed")


def headers_of(scope: Scope) -> Mapping[bytes, bytes]:
    """Return the headers by lower-case name; the first one of equal names."""
    headers: dict[bytes, bytes] | None = scope.get(HEADERS)
    if headers is None:
        headers = scope[HEADERS] = dict(reversed(scope["headers"]))
    return headers


def text_of(value: bytes | None) -> str | None:
    """Decode a header's value; any bytes are valid."""
    return None if value is None else value.decode("latin-1")


def memoized_header(parse: Callable[[str | None], Parsed]) -> Callable[[bytes | None], Parsed]:
    """Return `parse` for raw header values, memoized for those seen last. Exceptions are not memoized.

    Not for credentials: values stay in memory.
    """

    def parse_bytes(value: bytes | None) -> Parsed:
        return parse(text_of(value))

    memoized = lru_cache(maxsize=MAX_MEMOIZED)(parse_bytes)

    def parse_memoized(value: bytes | None) -> Parsed:
        return memoized(value) if value is None or len(value) <= MAX_MEMOIZED_BYTES else parse_bytes(value)

    return parse_memoized
