"""Knows what a secret looks like, so that none is ever written down."""

import re
from typing import Any

SECRET = re.compile(
    r"sntry[suai]_[A-Za-z0-9_=+/.-]+|\b[0-9a-f]{64}\b|(?i:bearer|basic|dsn)\s+[A-Za-z0-9._~+/=-]{8,}|dxk_[A-Za-z0-9_-]+"
)
HIDDEN = "[hidden]"


def redacted(value: Any) -> Any:
    """The same value with everything that looks like a credential taken out, inside of lists and maps too."""
    if isinstance(value, str):
        return SECRET.sub(HIDDEN, value)
    if isinstance(value, dict):
        return {key: redacted(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redacted(item) for item in value]
    return value
