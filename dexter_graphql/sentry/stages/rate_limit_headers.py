"""Reads what Sentry says of its limits in the headers of an answer."""

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
"""Difference between our clock and Sentry's from which on theirs is believed."""
DATE_AGE_S = 1.0
"""How old a `Date` is when it comes, on average: it tells whole seconds, and many servers write it once per second."""
MAX_WINDOW_S = 3600.0
MAX_DATES = 16
"""Dates that are remembered as numbers; reading one takes longer than all else here."""


class RateLimitInfo(msgspec.Struct, frozen=True):
    """What an answer says: calls per window and how many are left, calls in flight, and when the window ends.

    `resets_at` is on our clock, in seconds since the epoch. None stands for what was not said.
    """

    limit: int | None = None
    remaining: int | None = None
    resets_at: float | None = None
    concurrent: int | None = None


NO_LIMITS = RateLimitInfo()


def parse(headers: Mapping[str, str], now: float) -> RateLimitInfo:
    """What the headers of one answer say; names in lower case. Values that make no sense are left out."""
    limit, concurrent = _number(headers, LIMIT), _number(headers, CONCURRENT)
    if limit is None and concurrent is None:
        return NO_LIMITS
    return RateLimitInfo(limit or None, _number(headers, REMAINING), _resets_at(headers, now), concurrent or None)


def _resets_at(headers: Mapping[str, str], now: float) -> float | None:
    try:
        at = float(headers.get(RESET, ""))
    except ValueError:
        return None
    ahead_s = at - now - _skew_s(headers, now)
    return now + ahead_s if math.isfinite(ahead_s) and -SKEW_S <= ahead_s <= MAX_WINDOW_S else None


def _skew_s(headers: Mapping[str, str], now: float) -> float:
    """How far Sentry's clock is ahead of ours; 0 while that may be the age of `Date`."""
    try:
        theirs = _instant(headers.get("date", ""))
    except ValueError:
        return 0.0
    return theirs - now if abs(theirs - now + DATE_AGE_S) > SKEW_S else 0.0


@lru_cache(MAX_DATES)
def _instant(date: str) -> float:
    """A date of HTTP in seconds since the epoch; all answers of a second have the same."""
    found = parsedate_to_datetime(date)
    return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).timestamp()


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "")
    return min(int(text), MAX_NUMBER) if text.isascii() and text.isdecimal() and len(text) < 12 else None  # noqa: PLR2004  # digits
