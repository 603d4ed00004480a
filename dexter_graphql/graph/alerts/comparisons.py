"""Comparisons of alert conditions as Sentry sends them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from dexter_graphql.graph.alerts.json_values import read

COMPARISON = {"comparison": msgspec.Raw}
"""Member that most conditions read."""
LEVELS: Mapping[int | None, str] = MappingProxyType(
    {0: "sample", 10: "debug", 20: "info", 30: "warning", 40: "error", 50: "fatal"}
)
CATEGORIES: Mapping[int | None, str] = MappingProxyType(
    {1: "error", 2: "performance", 3: "profile", 4: "cron", 5: "replay", 6: "feedback", 7: "uptime", 8: "metric",
     10: "outage", 11: "metric", 12: "db_query", 13: "http_client", 14: "frontend", 15: "mobile"}
)  # fmt: skip
"""Sentry's number of an issue category → its name."""


class Frequency(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Comparison of a frequency condition."""

    value: float | None = None
    interval: str | None = None
    comparison_interval: str | None = None


class Compared(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Comparison of the other conditions; each kind uses some of these members."""

    value: str | int | float | None = None
    comparison_type: str | None = None
    time: str | None = None
    target_type: str | None = None
    target_identifier: str | int | None = None
    level: int | None = None
    match: str | None = None
    key: str | None = None
    attribute: str | None = None
    environment: str | None = None
    release_age_type: str | None = None
    age_comparison: str | None = None


NOTHING = Compared()


def compared(row: Any) -> Compared:
    """Comparison of a condition."""
    return read(row.comparison, Compared, "comparison") or NOTHING


def frequency(row: Any) -> Frequency:
    """Comparison of a frequency condition."""
    return read(row.comparison, Frequency, "comparison") or Frequency()


def whole_number(value: str | float | None) -> int | None:
    """The number in a value; null when it has none."""
    try:
        return None if value is None else int(value)
    except (ValueError, OverflowError):
        return None


def text_of(value: str | float | None) -> str | None:
    """A value as text."""
    return None if value is None else str(value)
