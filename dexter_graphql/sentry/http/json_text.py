"""Repair of JSON text from Sentry: unpaired surrogates, which no decoder accepts, and JSON within a string."""

import re

import msgspec

ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
"""Any escape sequence; the group matches an unpaired surrogate."""
SURROGATE = re.compile(rb"\\u[dD]")
REPLACEMENT = rb"\ufffd"
BACKSLASH = b"\\"
STRING = re.compile(rb'\s*"')
CONTAINER = list[msgspec.Raw] | dict[str, msgspec.Raw]
FEW_ESCAPES = 50
"""Escape sequences that are looked at one by one, which is the fastest way in texts that have no more."""


def repair_json(body: bytes) -> bytes:
    """The body without unpaired surrogates; when it is a string that holds an object or a list, that one.

    A string within the string stays as it is.
    """
    body = replace_unpaired_surrogates(body)
    if STRING.match(body) is None:
        return body
    try:
        text = replace_unpaired_surrogates(msgspec.json.decode(body, type=str).encode())
        msgspec.json.decode(text, type=CONTAINER)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body
    return text


def replace_unpaired_surrogates(body: bytes) -> bytes:
    """The body with U+FFFD for every escaped surrogate that has no partner."""
    if not _has_surrogate(body):
        return body
    return ESCAPE.sub(lambda match: REPLACEMENT if match[1] else match[0], body)


def _has_surrogate(body: bytes) -> bool:
    # Searching one byte is tens of times as fast as searching several, and most answers have few escape sequences.
    position = body.find(BACKSLASH)
    for _ in range(FEW_ESCAPES):
        if position < 0:
            return False
        if SURROGATE.match(body, position):
            return True
        position = body.find(BACKSLASH, position + 2)
    return SURROGATE.search(body, position) is not None if position >= 0 else False
