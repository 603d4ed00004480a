"""Time ranges: absolute ones and ones that end now."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from dexter_graphql.loaders.parameters import QueryParameters

SECOND_S, MINUTE_S, HOUR_S, DAY_S = 1, 60, 3600, 86_400
PERIOD = re.compile(r"[1-9][0-9]{0,4}[smhdw]")
UNITS_S: Mapping[str, int] = MappingProxyType({"s": SECOND_S, "m": MINUTE_S, "h": HOUR_S, "d": DAY_S, "w": 7 * DAY_S})


@dataclass(frozen=True, slots=True)
class Interval:
    """An absolute time range from `start` (inclusive) to `end` (exclusive)."""

    start: datetime
    end: datetime

    @property
    def query(self) -> QueryParameters:
        """The parameters of this range, in whole seconds."""
        return (("start", _wire_time(self.start)), ("end", _wire_time(self.end)))

    def at(self, _now: datetime) -> "Interval":
        """The interval itself, independent of the present time."""
        return self


@dataclass(frozen=True, slots=True)
class Relative:
    """A time range of `length_s` seconds that ends now, aligned to steps of `step_s` seconds.

    Equal ranges of different requests are equal values, so that their keys batch together. The interval follows from
    the start time of the request.
    """

    length_s: int
    step_s: int = MINUTE_S

    def at(self, now: datetime) -> Interval:
        """The interval in whole steps that contains the range; it is the same within one step.

        It includes the running step. Without it, an issue that was just announced would be missing from the list that
        a client reads because of the announcement, and the present day from daily usage.
        """
        now = now.astimezone(UTC)
        start = _floor_to_step(now - timedelta(seconds=self.length_s), self.step_s)
        return Interval(start, _floor_to_step(now, self.step_s) + timedelta(seconds=self.step_s))

    def stable_until(self, now: datetime) -> datetime:
        """When the interval changes: at the next step of its start or of its end, whichever is earlier."""
        interval = self.at(now)
        return min(interval.end, interval.start + timedelta(seconds=self.step_s + self.length_s))


TimeRange = Interval | Relative


def period_seconds(period: object) -> int | None:
    """Seconds of a duration such as `30m` or `24h`; None for another value."""
    if not isinstance(period, str) or not PERIOD.fullmatch(period):
        return None
    return int(period[:-1]) * UNITS_S[period[-1]]


def _floor_to_step(instant: datetime, step_s: int) -> datetime:
    """The start of the step that contains the instant. Steps divide a day and begin at midnight."""
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(seconds=int((instant - midnight).total_seconds()) // step_s * step_s)


def _wire_time(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
