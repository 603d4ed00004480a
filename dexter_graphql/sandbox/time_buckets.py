"""Knows how a window is cut into equal buckets and what falls into each. Knows no field and no function."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MAX_POINTS = 10_000


class TooManyPointsError(ValueError):
    """The interval cuts the window into more pieces than Sentry answers."""


@dataclass(frozen=True, slots=True)
class TimeBuckets:
    """Equal intervals that cover a window; the first begins at a multiple of the interval."""

    start: float
    count: int
    interval: int

    @property
    def starts(self) -> list[int]:
        """Seconds since the epoch at which each bucket begins."""
        return [int(self.start) + number * self.interval for number in range(self.count)]

    @property
    def start_times(self) -> list[datetime]:
        """The same as instants in UTC."""
        return [datetime.fromtimestamp(start, UTC) for start in self.starts]

    def index(self, instant: float) -> int:
        """Number of the bucket the moment falls into; outside the window it is not a valid one."""
        return int((instant - self.start) // self.interval)

    def counts(self, instants: Iterable[float]) -> list[int]:
        """The number of instants in each bucket."""
        values = [0] * self.count
        for instant in instants:
            position = self.index(instant)
            if 0 <= position < self.count:
                values[position] += 1
        return values

    def series(self, instants: Iterable[float]) -> list[list[int]]:
        """`[[epochSeconds, count], …]`, one pair per bucket."""
        return [[start, count] for start, count in zip(self.starts, self.counts(instants), strict=True)]


def split_window(start: datetime, end: datetime, interval: timedelta) -> TimeBuckets:
    """Buckets that cover the window; raises TooManyPointsError above Sentry's limit."""
    seconds = int(interval.total_seconds())
    first = int(start.timestamp()) // seconds * seconds
    count = max(1, -(-int(end.timestamp() - first) // seconds))
    if count > MAX_POINTS:
        raise TooManyPointsError(
            "Your interval and date range would create too many results. Use a larger interval, "
            "or a smaller date range."
        )
    return TimeBuckets(first, count, seconds)


def choose_interval(window: timedelta) -> timedelta:
    """What Sentry takes when nobody asks: finer for shorter windows."""
    steps = ((1, 1), (6, 2), (24, 5), (48, 15), (14 * 24, 60), (30 * 24, 4 * 60))
    hours = window / timedelta(hours=1)
    return timedelta(minutes=next((minutes for most, minutes in steps if hours <= most), 24 * 60))
