"""Validation of intervals for usage and sessions: whole hours that divide a day."""

from datetime import datetime, timedelta
from typing import Final

from dexter_graphql.sandbox.time_buckets import TimeBuckets, split_window

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


class IntervalError(ValueError):
    """The interval is not supported; the message is that of Sentry's 400."""


def split_hourly(start: datetime, end: datetime, interval: timedelta | None) -> TimeBuckets:
    """Buckets over the time range, hourly by default; raises IntervalError or TooManyPointsError."""
    length = interval or _HOUR
    if length < _HOUR or length % _HOUR:
        raise IntervalError("The interval has to be a multiple of the minimum interval of one hour.")
    if length > _DAY:
        raise IntervalError("The interval has to be less than one day.")
    if _DAY % length:
        raise IntervalError("The interval should divide one day without a remainder.")
    return split_window(start, end, length)
