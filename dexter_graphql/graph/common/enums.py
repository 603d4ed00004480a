"""Enum values that stand for values of Sentry's API."""

from typing import Any

import strawberry

UNKNOWN_VALUE = "A value this server does not know; see the `…Raw` field."


def wire_value(value: str, description: str) -> Any:
    """An enum value for a value of Sentry's API."""
    return strawberry.enum_value(value, description=description)
