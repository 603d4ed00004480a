"""Series of events in one form, with a value for each interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple, TypeVar

from dexter_graphql.loaders.series import Series, SeriesGroup
from dexter_graphql.loaders.time_ranges import Interval
from dexter_graphql.sentry.errors import InvalidValue

T = TypeVar("T")
MAX_VALUES = 20_000
"""Values of one series; Sentry sends at most 10,000."""
COUNTING = ("count", "sum", "epm", "eps", "tpm", "tps", "failure_count")
"""How functions begin that are 0 where there are no events."""


class SeriesPoint(NamedTuple):
    """A value at the start of an interval, in seconds since the epoch."""

    start: float
    value: float | None
    is_incomplete: bool = False
    compared: float | None = None
    sample_count: float | None = None
    confidence: str | None = None


@dataclass(frozen=True, slots=True)
class EventSeries:
    """A series as Sentry sends it."""

    name: str
    unit: str | None
    points: Sequence[SeriesPoint]
    interval_s: int | None
    group: SeriesGroup | None

    def over(self, interval: Interval, requested_s: int | None) -> Series:
        """The series with a value for each interval. Without any it starts where the range does."""
        points = sorted(self.points, key=lambda point: point.start)
        interval_s = _interval_of(points, requested_s) or self.interval_s or requested_s or 0
        if not points:
            return Series(self.name, self.unit, interval.start, interval_s, [], self.group)
        points = _without_gaps(points, interval_s, self.empty_value)
        return Series(
            self.name,
            self.unit,
            _time_of(points[0]),
            interval_s,
            [point.value for point in points],
            self.group,
            compared=_unless_empty([point.compared for point in points]),
            sample_counts=_unless_empty([point.sample_count for point in points]),
            confidence=_unless_empty([point.confidence for point in points]),
            incomplete_from=next((index for index, point in enumerate(points) if point.is_incomplete), None),
        )

    @property
    def empty_value(self) -> float | None:
        """The value of an interval without events: 0 for functions that count, otherwise null."""
        return 0.0 if self.name.startswith(COUNTING) else None


def _time_of(point: SeriesPoint) -> datetime:
    try:
        return datetime.fromtimestamp(point.start, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidValue("Sentry sent a number that is not a time") from None


def _unless_empty(values: list[T | None]) -> list[T | None] | None:
    return None if all(value is None for value in values) else values


def _interval_of(points: Sequence[SeriesPoint], requested_s: int | None) -> int:
    """The distance of neighbours; the requested interval where points are missing between all of them."""
    distances = {int(after.start - before.start) for before, after in pairwise(points)} - {0}
    if not distances:
        return 0
    if requested_s and all(distance % requested_s == 0 for distance in distances):
        return requested_s
    return min(distances)


def _without_gaps(points: Sequence[SeriesPoint], interval_s: int, empty_value: float | None) -> list[SeriesPoint]:
    """The points with others in their gaps; raises InvalidValue for more than any series has."""
    if not interval_s:
        return list(points)
    first = points[0].start
    by_index = {int((point.start - first) // interval_s): point for point in points}
    count = max(by_index) + 1
    if count == len(points):
        return list(points)
    if count > MAX_VALUES:
        raise InvalidValue("The times of a series in Sentry's answer are too far apart")
    return [by_index.get(index) or SeriesPoint(first + index * interval_s, empty_value) for index in range(count)]
