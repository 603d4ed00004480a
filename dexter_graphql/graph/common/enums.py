"""Knows how a word of Sentry's becomes a value of an enum."""

from typing import Any

import strawberry

UNKNOWN_VALUE = "A word that is newer than this server; the raw field beside has it."


def wire_value(value: str, description: str) -> Any:
    """An enum value that stands for Sentry's `value`."""
    return strawberry.enum_value(value, description=description)
