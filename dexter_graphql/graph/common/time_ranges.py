"""Knows how clients name a stretch of time, and how they are told the one that was used."""

import re
from datetime import datetime

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.declarations.fields import computed, value_type
from dexter_graphql.loaders.time_ranges import DAY_S, HOUR_S, MINUTE_S, SECOND_S, Interval, Relative, TimeRange

PERIOD = re.compile(r"[1-9][0-9]{0,4}[smhdw]")
UNITS_S = {"s": SECOND_S, "m": MINUTE_S, "h": HOUR_S, "d": DAY_S, "w": 7 * DAY_S}


@strawberry.input(description="Two points in time; the first must be before the second.")
class Between:
    """Input."""

    start: datetime = strawberry.field(description="Beginning, included.")
    end: datetime = strawberry.field(description="End, not included.")


@strawberry.input(
    name="TimeRange",
    one_of=True,
    description="A stretch of time: the last so much, to the step or to the second, or between two points.",
)
class TimeRangeInput:
    """Input."""

    last: str | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "A number and a unit: `30m`, `24h`, `14d`, `2w`. Widened to whole minutes, or to whole intervals where the"
            " field has them, so that all who ask within a minute share an answer."
        ),
    )
    exactly: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="As `last`, but to the second. Nobody shares the answer, and each one costs a call.",
    )
    between: Between | None = strawberry.field(
        default=strawberry.UNSET, description="Two points in time, to the second."
    )


@value_type
class UsedRange:
    """The stretch of time that an answer is about."""

    @computed()
    def start(interval: Interval) -> datetime:
        """Beginning, included."""
        return interval.start

    @computed()
    def end(interval: Interval) -> datetime:
        """End, not included. Of a range that ends now, the end of the running minute or interval."""
        return interval.end


def time_range_of(value: TimeRangeInput, step_s: int = MINUTE_S) -> TimeRange:
    """The stretch that a client names, in whole steps unless it says otherwise; raises BadUserInput for none."""
    if value.between:
        start, end = (instant.replace(microsecond=0) for instant in (value.between.start, value.between.end))
        if value.between.start >= value.between.end:
            raise BadUserInput("'between.start' must be before 'between.end'")
        return Interval(start, end)
    if isinstance(value.exactly, str):
        return Relative(seconds_of(value.exactly, "exactly"), SECOND_S)
    return Relative(seconds_of(value.last, "last"), step_s)


def seconds_of(period: object, name: str) -> int:
    """Length of `30m`, `24h` and the like; raises BadUserInput, with the name of the input field, for anything else."""
    if not isinstance(period, str) or not PERIOD.fullmatch(period):
        raise BadUserInput(f"'{name}' must be a number and one of s, m, h, d, w: for example '24h'")
    return int(period[:-1]) * UNITS_S[period[-1]]
