"""Parser of the rate limit headers in Sentry's answers."""

import math
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache

import msgspec

LIMIT = "x-sentry-rate-limit-limit"
REMAINING = "x-sentry-rate-limit-remaining"
RESET = "x-sentry-rate-limit-reset"
CONCURRENT = "x-sentry-rate-limit-concurrentlimit"
MAX_NUMBER = 10**9
SKEW_S = 2.0
"""Difference between our clock and Sentry's above which Sentry's is used."""
DATE_AGE_S = 1.0
"""Average age of a `Date` header: it has whole seconds, and many servers update it once per second."""
MAX_WINDOW_S = 3600.0
MAX_DATES = 16
"""Parsed dates that are kept; parsing one takes longer than everything else here."""


class RateLimitInfo(msgspec.Struct, frozen=True):
    """Calls per window and how many remain, concurrent calls, and the end of the window.

    `resets_at` is on our clock, in seconds since the epoch. None for what the answer does not contain.
    """

    limit: int | None = None
    remaining: int | None = None
    resets_at: float | None = None
    concurrent: int | None = None


NO_LIMITS = RateLimitInfo()


def parse(headers: Mapping[str, str], now: float) -> RateLimitInfo:
    """The limits in the headers of one answer; names in lower case. Invalid values are ignored."""
    limit, concurrent = _number(headers, LIMIT), _number(headers, CONCURRENT)
    if limit is None and concurrent is None:
        return NO_LIMITS
    return RateLimitInfo(limit or None, _number(headers, REMAINING), _resets_at(headers, now), concurrent or None)


def _resets_at(headers: Mapping[str, str], now: float) -> float | None:
    try:
        resets_at = float(headers.get(RESET, ""))
    except ValueError:
        return None
    ahead_s = resets_at - now - _skew_s(headers, now)
    return now + ahead_s if math.isfinite(ahead_s) and -SKEW_S <= ahead_s <= MAX_WINDOW_S else None


def _skew_s(headers: Mapping[str, str], now: float) -> float:
    """How far Sentry's clock is ahead of ours; 0 while the difference may be the age of `Date`."""
    try:
        sentry_now = _timestamp(headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return sentry_now - now if abs(sentry_now - now + DATE_AGE_S) > SKEW_S else 0.0


@lru_cache(MAX_DATES)
def _timestamp(text: str) -> float:
    """An HTTP date in seconds since the epoch; all answers of one second have the same."""
    date = parsedate_to_datetime(text)
    return (date.replace(tzinfo=UTC) if date.tzinfo is None else date).timestamp()


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "")
    return min(int(text), MAX_NUMBER) if text.isascii() and text.isdecimal() and len(text) < 12 else None  # noqa: PLR2004  # digits
