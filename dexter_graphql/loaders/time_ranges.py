"""Knows stretches of time, fixed ones and those that end now; is told what now is. Knows no input of the graph."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND_S, MINUTE_S, HOUR_S, DAY_S = 1, 60, 3600, 86_400
QueryParameters = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` (included) to `end` (not included)."""

    start: datetime
    end: datetime

    @property
    def query(self) -> QueryParameters:
        """The parameters that ask Sentry for it, in whole seconds."""
        return (("start", _wire_time(self.start)), ("end", _wire_time(self.end)))

    def at(self, _now: datetime) -> "Interval":
        """Itself, whenever it is asked for."""
        return self


@dataclass(frozen=True, slots=True)
class Relative:
    """The last so many seconds, in whole steps of the clock.

    As a value it is the same from one request to the next, so that equal ranges batch together; what it means is known
    when the request's instant is.
    """

    length_s: int
    step_s: int = MINUTE_S

    def at(self, now: datetime) -> Interval:
        """The whole steps in which it lies: everybody who asks within one step gets the same.

        The running step is included. Without it, what has just been announced would be missing from the list that is
        read because of it, and today from usage by the day.
        """
        here = now.astimezone(UTC)
        start = _floor_to_step(here - timedelta(seconds=self.length_s), self.step_s)
        return Interval(start, _floor_to_step(here, self.step_s) + timedelta(seconds=self.step_s))

    def stable_until(self, now: datetime) -> datetime:
        """When it begins to be another span: the next step of its end or of its start, whichever comes first."""
        interval = self.at(now)
        return min(interval.end, interval.start + timedelta(seconds=self.step_s + self.length_s))


TimeRange = Interval | Relative


def _floor_to_step(instant: datetime, step_s: int) -> datetime:
    """The beginning of the step, counted from midnight, that the instant lies in; a step divides a day."""
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(seconds=int((instant - midnight).total_seconds()) // step_s * step_s)


def _wire_time(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
