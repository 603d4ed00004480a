"""Knows when two who tell of a change tell of the same one. Knows no broker.

A change that Dexter made is told twice: by the mutation, and some moments later by Sentry's webhook. Older servers tell
one fact under two names as well. Facts are counted per teller: the second time that one of them tells a fact is the
same as the second time that another does. So nobody's echo is published, and nothing that happened twice is lost.
"""

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import ExpiringMap
from dexter_graphql.realtime.changes import Change

WINDOW_S = 120.0
"""Seconds within which an echo of a change comes, if at all."""
MAX_KNOWN = 50_000

Fingerprint = tuple[str, str, str | None, str, str]
Reporter = tuple[str, str]
Sightings = dict[Reporter, int]
"""How often each reporter reported a fact."""


def fingerprint(change: Change) -> Fingerprint:
    """What makes two changes the same fact: subject, kind and resulting state."""
    return (change.organization, change.entity, change.subject, change.kind, change.state)


def _reporter(change: Change) -> Reporter:
    return (change.origin, change.action)


class ChangeDeduplicator:
    """The facts of the last moments; bounded, the oldest is forgotten first."""

    def __init__(self, clock: Clock, *, window_s: float = WINDOW_S, limit: int = MAX_KNOWN) -> None:
        self._sightings: ExpiringMap[Fingerprint, Sightings] = ExpiringMap(window_s, limit, clock.monotonic)

    def is_duplicate(self, change: Change) -> bool:
        """Count one more telling; True when another teller told the same fact as often before."""
        sightings = self._sightings_of(fingerprint(change))
        most = max(sightings.values(), default=0)
        reporter = _reporter(change)
        sightings[reporter] = sightings.get(reporter, 0) + 1
        return sightings[reporter] <= most

    def retract(self, change: Change) -> None:
        """Take back one telling, because the change was not published after all."""
        sightings = self._sightings.get(fingerprint(change))
        if sightings is not None and sightings.get(_reporter(change), 0) > 0:
            sightings[_reporter(change)] -= 1

    def _sightings_of(self, key: Fingerprint) -> Sightings:
        sightings = self._sightings.get(key)
        if sightings is None:
            sightings = {}
            self._sightings.put(key, sightings)
        return sightings
