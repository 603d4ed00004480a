"""Knows when two who tell of a change tell of the same one. Knows no broker.

A change that Dexter made is told twice: by the mutation, and some moments later by Sentry's webhook. Older servers tell
one fact under two names as well. Facts are counted per teller: the second time that one of them tells a fact is the
same as the second time that another does. So nobody's echo is published, and nothing that happened twice is lost.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from dexter_graphql.clock import Clock
from dexter_graphql.realtime.changes import Change

WINDOW_S = 120.0
"""Seconds within which an echo of a change comes, if at all."""
MAX_KNOWN = 50_000

Fingerprint = tuple[str, str, str | None, str, str]
Reporter = tuple[str, str]


def fingerprint(change: Change) -> Fingerprint:
    """What makes two changes the same fact: subject, kind and resulting state."""
    return (change.organization, change.entity, change.subject, change.kind, change.state)


def _reporter(change: Change) -> Reporter:
    return (change.origin, change.action)


@dataclass(slots=True)
class Sightings:
    """How often each teller told a fact, and when one of them first did."""

    since: float
    counts: dict[Reporter, int] = field(default_factory=dict)


class ChangeDeduplicator:
    """The facts of the last moments; bounded, the oldest is forgotten first."""

    def __init__(self, clock: Clock, *, window_s: float = WINDOW_S, limit: int = MAX_KNOWN) -> None:
        self._clock = clock
        self._window_s = window_s
        self._limit = limit
        self._sightings: OrderedDict[Fingerprint, Sightings] = OrderedDict()

    def is_duplicate(self, change: Change) -> bool:
        """Count one more telling; True when another teller told the same fact as often before."""
        sightings = self._sightings_of(fingerprint(change))
        most = max(sightings.counts.values(), default=0)
        sightings.counts[_reporter(change)] = sightings.counts.get(_reporter(change), 0) + 1
        return sightings.counts[_reporter(change)] <= most

    def retract(self, change: Change) -> None:
        """Take back one telling, because the change was not published after all."""
        sightings = self._sightings.get(fingerprint(change))
        if sightings is not None and sightings.counts.get(_reporter(change), 0) > 0:
            sightings.counts[_reporter(change)] -= 1

    def _sightings_of(self, key: Fingerprint) -> Sightings:
        now = self._clock.monotonic()
        while self._sightings and now - next(iter(self._sightings.values())).since > self._window_s:
            self._sightings.popitem(last=False)
        sightings = self._sightings.setdefault(key, Sightings(now))
        if len(self._sightings) > self._limit:
            self._sightings.popitem(last=False)
        return sightings
