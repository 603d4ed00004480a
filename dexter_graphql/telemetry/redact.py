"""Knows what a secret looks like, so that none is ever written down."""

import re
from collections.abc import Mapping
from typing import Any

SECRET = re.compile(
    r"sntry[suai]_[A-Za-z0-9_=+/.-]+"
    r"|(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])"
    r"|(?i:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"
    r"|(?i:dsn)\s+https?://[^\s'\"]+|(?<=://)[^\s/@]+(?=@)"
    r"|dxk_[A-Za-z0-9_-]+"
)
"""Tokens of Sentry with a prefix and without, values of `Authorization`, users in addresses, keys of Dexter."""
SECRET_NAMES = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "sentry-hook-signature"})
"""Headers whose value is secret, whatever it looks like."""
HIDDEN = "[hidden]"
PAIR = 2


def redacted(value: Any) -> Any:
    """The same value with everything that looks like a credential taken out, inside of lists and maps too.

    What is neither text, number, list nor map becomes the text that it would be printed as.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return SECRET.sub(HIDDEN, value)
    if isinstance(value, (bytes, bytearray)):
        return redacted(bytes(value).decode("utf-8", "replace"))
    if isinstance(value, Mapping):
        return {redacted(key): _hidden_by_name(key, item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return _sequence(value)
    return SECRET.sub(HIDDEN, repr(value))


def _sequence(value: list[Any] | tuple[Any, ...]) -> list[Any]:
    """The items; of a pair such as a header is, the second by the name of the first."""
    if len(value) == PAIR:
        return [redacted(value[0]), _hidden_by_name(value[0], value[1])]
    return [redacted(item) for item in value]


def _hidden_by_name(name: Any, value: Any) -> Any:
    known = name.decode("latin-1") if isinstance(name, bytes) else name
    return HIDDEN if isinstance(known, str) and known.lower() in SECRET_NAMES else redacted(value)
