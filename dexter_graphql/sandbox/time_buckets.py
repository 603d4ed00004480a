"""Equal time buckets over a time range, and counts by bucket."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MAX_POINTS = 10_000


class TooManyPointsError(ValueError):
    """The interval yields more buckets than Sentry allows."""


@dataclass(frozen=True, slots=True)
class TimeBuckets:
    """`count` buckets of `interval` seconds, the first one starting at `start`."""

    start: float
    count: int
    interval: int

    @property
    def starts(self) -> list[int]:
        """The start of each bucket in seconds since the epoch."""
        return [int(self.start) + number * self.interval for number in range(self.count)]

    @property
    def start_times(self) -> list[datetime]:
        """The start of each bucket in UTC."""
        return [datetime.fromtimestamp(start, UTC) for start in self.starts]

    def index(self, instant: float) -> int:
        """The index of the bucket that contains the instant; out of range outside of the buckets."""
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
    """Buckets aligned to the interval that cover the time range; raises TooManyPointsError."""
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
    """Sentry's default interval for a time range of that length."""
    steps = ((1, 1), (6, 2), (24, 5), (48, 15), (14 * 24, 60), (30 * 24, 4 * 60))
    hours = window / timedelta(hours=1)
    return timedelta(minutes=next((minutes for most, minutes in steps if hours <= most), 24 * 60))
