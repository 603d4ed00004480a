"""Knows how clients name a stretch of time and how Sentry wants to hear it."""

import re
from datetime import UTC, datetime

import strawberry

from dexter_graphql.errors import BadUserInput

PERIOD = re.compile(r"[1-9][0-9]{0,4}[smhdw]")

Query = tuple[tuple[str, str], ...]


@strawberry.input(description="Two points in time; the first must be before the second.")
class Between:
    """Input."""

    start: datetime = strawberry.field(description="Beginning, included.")
    end: datetime = strawberry.field(description="End, not included.")


@strawberry.input(one_of=True, description="A stretch of time: the last so much, or between two points.")
class TimeRange:
    """Input."""

    last: str | None = strawberry.field(
        default=strawberry.UNSET, description="A number and a unit: `30m`, `24h`, `14d`, `2w`."
    )
    between: Between | None = strawberry.field(default=strawberry.UNSET, description="Two points in time.")


def range_query(value: TimeRange | None, default: str) -> Query:
    """The parameters that ask Sentry for this range, for `default` (such as `90d`) when there is none."""
    if value is None:
        return (("statsPeriod", default),)
    if value.between:
        if value.between.start >= value.between.end:
            raise BadUserInput("'between.start' must be before 'between.end'")
        return (("start", _wire(value.between.start)), ("end", _wire(value.between.end)))
    if not isinstance(value.last, str) or not PERIOD.fullmatch(value.last):
        raise BadUserInput("'last' must be a number and one of s, m, h, d, w: for example '24h'")
    return (("statsPeriod", value.last),)


def _wire(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
