"""Time series."""

from datetime import datetime

from dexter_graphql.graph.common.key_values import KeyValue
from dexter_graphql.graph.declarations.fields import computed, value_type
from dexter_graphql.graph.declarations.wire_types import instant
from dexter_graphql.loaders.series import Series


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

    @computed()
    def group(series: Series) -> list[KeyValue] | None:
        """Fields that the events of the series have in common, with their values; null unless grouped by `top`."""
        return None if series.group is None else list(series.group.by)  # type: ignore[arg-type]  # sources of pairs

    @computed()
    def is_other(series: Series) -> bool | None:
        """True for the series of all groups that have none; null unless grouped by `top`."""
        return None if series.group is None else series.group.is_other

    @computed()
    def order(series: Series) -> int | None:
        """Position of the group in the requested order, starting at 0; null unless grouped by `top`."""
        return None if series.group is None else series.group.order

    @computed()
    def compared_values(series: Series) -> list[float | None] | None:
        """One value per interval of the earlier period; null unless `compareWithSeconds` was given."""
        return series.compared

    @computed()
    def incomplete_from(series: Series) -> int | None:
        """Index of the first value whose interval is not over; null when all are, or when Sentry does not say."""
        return series.incomplete_from

    @computed()
    def sample_counts(series: Series) -> list[float | None] | None:
        """Number of samples that each value was extrapolated from; null when Sentry does not say."""
        return series.sample_counts

    @computed()
    def confidence(series: Series) -> list[str | None] | None:
        """How reliable each extrapolated value is, `low` or `high`; null when Sentry does not say."""
        return series.confidence


def series_of_buckets(name: str, buckets: list[tuple[float, float | None]], unit: str | None = None) -> Series:
    """A series from Sentry's `[[epoch seconds, value], …]`; the interval is the distance between the first two."""
    start = instant(buckets[0][0] if buckets else 0)
    interval = int(buckets[1][0] - buckets[0][0]) if len(buckets) > 1 else 0
    return Series(name, unit, start, interval, [value for _, value in buckets])
