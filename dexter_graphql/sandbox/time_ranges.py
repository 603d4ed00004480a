"""Time ranges in requests: `statsPeriod`, or `start` and `end`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from dexter_graphql.sandbox.http import Request, raise_bad_request

_PERIOD = re.compile(r"^(\d+)([smhdw])$")
_UNIT_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
DEFAULT_RANGE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A range from `start` (inclusive) to `end` (exclusive), both in UTC."""

    start: datetime
    end: datetime

    def contains(self, at: float) -> bool:
        """Whether the instant, in seconds since the epoch, is in the range."""
        return self.start.timestamp() <= at < self.end.timestamp()


def parse_period(text: str) -> timedelta | None:
    """The duration of `24h`, `14d` or `30m`; None for any other text."""
    match = _PERIOD.match(text)
    return timedelta(seconds=int(match[1]) * _UNIT_S[match[2]]) if match else None


def parse_instant(text: str) -> datetime | None:
    """An ISO 8601 timestamp, in UTC unless it names an offset; None for any other text."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def parse_time_range(request: Request, default: timedelta = DEFAULT_RANGE) -> TimeRange:
    """The time range of a request: `statsPeriod`, else `start` and `end`, else the default up to now.

    The end is one second after now, so that it includes events of the current instant.
    """
    now = request.world.now() + timedelta(seconds=1)
    period = request.param("statsPeriod")
    if period:
        length = parse_period(period)
        if length is None:
            raise_bad_request(f"Invalid statsPeriod: {period!r}")
        return TimeRange(max(now - length, datetime(2000, 1, 1, tzinfo=UTC)), now)
    start, end = request.param("start"), request.param("end")
    if not start and not end:
        return TimeRange(now - default, now)
    if not start or not end:
        raise_bad_request("start and end are both required")
    return _between(start, end)


def _between(start_text: str, end_text: str) -> TimeRange:
    start, end = parse_instant(start_text), parse_instant(end_text)
    if start is None or end is None:
        raise_bad_request(f"Invalid date parameter: {start_text if start is None else end_text}")
    if start > end:
        raise_bad_request("start must be before end")
    return TimeRange(start, end)
