"""The words and times that all bodies are made of, and how times are written."""

from datetime import UTC, datetime
from typing import Any, Final

NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEB: Final = "https://sentry.example"
WORDS: Final = ("cart", "invoice", "session", "token", "queue", "report", "avatar", "search", "ledger", "webhook")

Body = dict[str, Any]


def written(at: datetime) -> str:
    """A time as Sentry writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(at: datetime) -> int:
    """A time in seconds, as it stands in series."""
    return int(at.timestamp())
