"""Values over time, as the graph shows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple


class SeriesGroup(NamedTuple):
    """The group that a series is of: field and value pairs, or all groups that have no series of their own."""

    by: tuple[tuple[str, Any], ...]
    is_other: bool
    order: int | None


@dataclass(frozen=True, slots=True)
class Series:
    """Source of a TimeSeries: `values[i]` is of the interval that starts at `start + i * interval_s`.

    `compared`, `sample_counts` and `confidence` have an item for each value, or are None. `incomplete_from` is the
    index of the first value whose interval is not over.
    """

    name: str
    unit: str | None
    start: datetime
    interval_s: int
    values: list[float | None]
    group: SeriesGroup | None = None
    compared: list[float | None] | None = None
    sample_counts: list[float | None] | None = None
    confidence: list[str | None] | None = None
    incomplete_from: int | None = None
