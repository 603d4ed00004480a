"""Time series."""

from dataclasses import dataclass
from datetime import datetime

from dexter_graphql.graph.declarations.fields import computed, value_type
from dexter_graphql.graph.declarations.wire_types import instant


@dataclass(frozen=True, slots=True)
class Series:
    """Source of a TimeSeries: `values[i]` is of the interval that starts at `start + i * interval_s`."""

    name: str
    unit: str | None
    start: datetime
    interval_s: int
    values: list[float | None]


@value_type
class TimeSeries:
    """Values over time: one per interval, without gaps."""

    @computed()
    def name(series: Series) -> str:
        """Name of the measured value, for example `count()`."""
        return series.name

    @computed()
    def unit(series: Series) -> str | None:
        """Unit of the values, for example `millisecond`. Null for plain numbers."""
        return series.unit

    @computed()
    def starts_at(series: Series) -> datetime:
        """Start of the first interval."""
        return series.start

    @computed()
    def interval_seconds(series: Series) -> int:
        """Length of each interval in seconds."""
        return series.interval_s

    @computed()
    def values(series: Series) -> list[float | None]:
        """One value per interval. Null where Sentry has no value."""
        return series.values


def series_of_buckets(name: str, buckets: list[tuple[float, float | None]], unit: str | None = None) -> Series:
    """A series from Sentry's `[[epoch seconds, value], …]`; the interval is the distance between the first two."""
    start = instant(buckets[0][0] if buckets else 0)
    interval = int(buckets[1][0] - buckets[0][0]) if len(buckets) > 1 else 0
    return Series(name, unit, start, interval, [value for _, value in buckets])
