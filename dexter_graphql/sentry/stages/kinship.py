"""Knows which reads ask the same of another minute: ranges of one length that end now.

"The last hour" is another range, and so another read, every minute. While Sentry is ill, what was known of it a minute
ago is worth more than nothing.
"""

from datetime import UTC, datetime

from dexter_graphql.sentry.call import Call

ENDED_S = 120.0
"""A range that ended longer ago does not end now."""

RollingRangeKey = tuple[str, str, str, float, tuple[tuple[str, str], ...]]


def rolling_range_key(call: Call, now: float) -> RollingRangeKey | None:
    """What reads of one range that ends now have in common; None for all others."""
    query = dict(call.query)
    if "start" not in query or "end" not in query:
        return None
    start, end = _instant(query["start"]), _instant(query["end"])
    if start is None or end is None or end < now - ENDED_S:
        return None
    rest = tuple(sorted(pair for pair in call.query if pair[0] not in {"start", "end"}))
    return (call.upstream.key, call.host, call.path, end - start, rest)


def _instant(text: str) -> float | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).timestamp()
