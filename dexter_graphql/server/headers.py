"""The headers of a request, read once, and what was said of values that come again and again."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeVar

from starlette.types import Scope

HEADERS = "dexter.headers"
"""Where the headers stand in an ASGI scope, once somebody asked for them."""
MAX_MEMOIZED = 256
MAX_MEMOIZED_BYTES = 256
"""Bytes of a value whose verdict is kept; clients choose values."""
Parsed = TypeVar("Parsed")


def headers_of(scope: Scope) -> Mapping[bytes, bytes]:
    """The headers by their names in lower case; of several with one name the first."""
    found: dict[bytes, bytes] | None = scope.get(HEADERS)
    if found is None:
        found = scope[HEADERS] = dict(reversed(scope["headers"]))
    return found


def text_of(value: bytes | None) -> str | None:
    """A header's value as text, whatever bytes it has."""
    return None if value is None else value.decode("latin-1")


def memoized_header(judge: Callable[[str | None], Parsed]) -> Callable[[bytes | None], Parsed]:
    """`judge` for the raw values of a header; asked once for each of those seen last. What it raises is not kept.

    Not for credentials: values stay in memory.
    """

    def judged(value: bytes | None) -> Parsed:
        return judge(text_of(value))

    kept = lru_cache(maxsize=MAX_MEMOIZED)(judged)

    def verdict(value: bytes | None) -> Parsed:
        return kept(value) if value is None or len(value) <= MAX_MEMOIZED_BYTES else judged(value)

    return verdict
