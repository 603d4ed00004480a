"""Knows stretches of time, fixed ones and those that end now; is told what now is. Knows no input of the graph."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND_S, MINUTE_S, HOUR_S, DAY_S = 1, 60, 3600, 86_400
Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` (included) to `end` (not included)."""

    start: datetime
    end: datetime

    @property
    def query(self) -> Query:
        """The parameters that ask Sentry for it, in whole seconds."""
        return (("start", _wire(self.start)), ("end", _wire(self.end)))

    def at(self, _now: datetime) -> "Span":
        """Itself, whenever it is asked for."""
        return self


@dataclass(frozen=True, slots=True)
class Last:
    """The last so many seconds, in whole steps of the clock.

    As a value it is the same from one request to the next, so that equal ranges batch together; what it means is known
    when the request's instant is.
    """

    length_s: int
    step_s: int = MINUTE_S

    def at(self, now: datetime) -> Span:
        """The whole steps in which it lies: everybody who asks within one step gets the same.

        The running step is included. Without it, what has just been announced would be missing from the list that is
        read because of it, and today from usage by the day.
        """
        here = now.astimezone(UTC)
        start = _stepped(here - timedelta(seconds=self.length_s), self.step_s)
        return Span(start, _stepped(here, self.step_s) + timedelta(seconds=self.step_s))

    def same_until(self, now: datetime) -> datetime:
        """When it begins to be another span: the next step of its end or of its start, whichever comes first."""
        span = self.at(now)
        return min(span.end, span.start + timedelta(seconds=self.step_s + self.length_s))


Stretch = Span | Last


def _stepped(instant: datetime, step_s: int) -> datetime:
    """The beginning of the step, counted from midnight, that the instant lies in; a step divides a day."""
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(seconds=int((instant - midnight).total_seconds()) // step_s * step_s)


def _wire(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
