"""Time ranges: the input, and the range that was used for an answer."""

from datetime import datetime

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.declarations.fields import computed, value_type
from dexter_graphql.loaders.time_ranges import MINUTE_S, SECOND_S, Interval, Relative, TimeRange, period_seconds


@strawberry.input(description="Absolute time range. `startsAt` must be before `endsAt`.")
class Between:
    """Input."""

    starts_at: datetime = strawberry.field(description="Start of the range (inclusive).")
    ends_at: datetime = strawberry.field(description="End of the range (exclusive).")


@strawberry.input(
    name="TimeRange",
    one_of=True,
    description="A relative (`last`, `exactly`) or absolute (`between`) time range. Exactly one field must be set.",
)
class TimeRangeInput:
    """Input."""

    last: str | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "Duration before now: a number and a unit, for example `30m`, `24h`, `14d` or `2w`. The range is widened to"
            " whole minutes, or to whole intervals of the field, so that requests within a minute share an answer."
        ),
    )
    exactly: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Like `last`, but exact to the second. Answers are not shared: each request costs a call.",
    )
    between: Between | None = strawberry.field(
        default=strawberry.UNSET, description="Two points in time, truncated to seconds."
    )


@value_type
class UsedRange:
    """Time range that was used for an answer."""

    @computed()
    def starts_at(interval: Interval) -> datetime:
        """Start of the range (inclusive)."""
        return interval.start

    @computed()
    def ends_at(interval: Interval) -> datetime:
        """End of the range (exclusive). For a range that ends now, the end of the current minute or interval."""
        return interval.end


def time_range_of(value: TimeRangeInput, step_s: int = MINUTE_S) -> TimeRange:
    """The time range of the argument `range`, in whole steps for `last`; raises BadUserInput when it is invalid."""
    if value.between:
        start, end = (instant.replace(microsecond=0) for instant in (value.between.starts_at, value.between.ends_at))
        if value.between.starts_at >= value.between.ends_at:
            raise BadUserInput("'between.startsAt' must be before 'between.endsAt'", ("range", "between"))
        return Interval(start, end)
    if isinstance(value.exactly, str):
        return Relative(seconds_of(value.exactly, "range", "exactly"), SECOND_S)
    return Relative(seconds_of(value.last, "range", "last"), step_s)


def seconds_of(period: object, *field: str) -> int:
    """Seconds of a duration such as `30m` or `24h` at this path; raises BadUserInput when it is invalid."""
    seconds = period_seconds(period)
    if seconds is None:
        raise BadUserInput(f"'{field[-1]}' must be a number followed by s, m, h, d or w, for example '24h'", field)
    return seconds
