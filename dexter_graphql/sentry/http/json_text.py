"""Repair of JSON text that Sentry sends with half of a surrogate pair, which no JSON decoder accepts."""

import re

ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
"""Any escape sequence; the group matches an unpaired surrogate."""
REPLACEMENT = rb"\ufffd"


def replace_unpaired_surrogates(body: bytes) -> bytes:
    """The body with U+FFFD for every escaped surrogate that has no partner."""
    if b"\\u" not in body or (b"\\ud" not in body and b"\\uD" not in body):
        return body
    return ESCAPE.sub(lambda match: REPLACEMENT if match[1] else match[0], body)
