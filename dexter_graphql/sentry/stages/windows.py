"""Reads what Sentry says of its limits in the headers of an answer."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

PREFIX = "x-sentry-rate-limit-"
MAX_NUMBER = 10**9
SKEW_S = 2.0
"""Difference between our clock and Sentry's from which on theirs is believed."""
DATE_AGE_S = 1.0
"""How old a `Date` is when it comes, on average: it tells whole seconds, and many servers write it once per second."""
MAX_WINDOW_S = 3600.0


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says: calls per window and how many are left, calls in flight, and when the window ends.

    `resets_at` is on our clock, in seconds since the epoch. None stands for what was not said.
    """

    limit: int | None = None
    remaining: int | None = None
    resets_at: float | None = None
    concurrent: int | None = None


NOTHING = Said()


def said(headers: Mapping[str, str], now: float) -> Said:
    """What the headers of one answer say; names in lower case. Values that make no sense are left out."""
    limit, concurrent = _number(headers, "limit"), _number(headers, "concurrentlimit")
    if limit is None and concurrent is None:
        return NOTHING
    return Said(limit or None, _number(headers, "remaining"), _resets_at(headers, now), concurrent or None)


def _resets_at(headers: Mapping[str, str], now: float) -> float | None:
    reset = headers.get(PREFIX + "reset", "")
    try:
        at = float(reset)
    except ValueError:
        return None
    ahead_s = at - now - _skew_s(headers, now)
    return now + ahead_s if math.isfinite(ahead_s) and -SKEW_S <= ahead_s <= MAX_WINDOW_S else None


def _skew_s(headers: Mapping[str, str], now: float) -> float:
    """How far Sentry's clock is ahead of ours; 0 while that may be the age of `Date`."""
    try:
        theirs = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return 0.0
    skew_s = (theirs.replace(tzinfo=UTC) if theirs.tzinfo is None else theirs).timestamp() - now
    return skew_s if abs(skew_s + DATE_AGE_S) > SKEW_S else 0.0


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(PREFIX + name, "")
    return min(int(text), MAX_NUMBER) if text.isascii() and text.isdecimal() and len(text) < 12 else None  # noqa: PLR2004  # digits
