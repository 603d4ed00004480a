"""Words and times in the bodies, and their formats."""

from datetime import UTC, datetime
from typing import Any, Final

NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEB: Final = "https://sentry.example"
WORDS: Final = ("cart", "invoice", "session", "token", "queue", "report", "avatar", "search", "ledger", "webhook")

Body = dict[str, Any]


def format_time(at: datetime) -> str:
    """A time in Sentry's format."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(at: datetime) -> int:
    """A time in Unix seconds, as in time series."""
    return int(at.timestamp())
