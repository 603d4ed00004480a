"""Deduplication of changes that several reporters report.

A change that Dexter made is reported twice: by the mutation, and moments later by Sentry's webhook. Older servers send
one fact under two names as well. Reports are counted per reporter: the second report of a fact by one reporter is the
same as the second report by another. So no duplicate is published, and a fact that happened twice is published twice.
"""

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import ExpiringMap
from dexter_graphql.realtime.changes import Change

WINDOW_S = 120.0
"""Seconds within which another reporter's report of the same fact arrives, if at all."""
MAX_FACTS = 50_000

Fingerprint = tuple[str, str, str | None, str, str]
Subject = tuple[str, str, str | None]
Reporter = tuple[str, str]
Sightings = dict[Reporter, int]
"""Number of reports of one fact per reporter."""


def fingerprint(change: Change) -> Fingerprint:
    """Key of a fact: subject, kind and resulting state. Equal for every report of the same fact."""
    return (*subject_of(change), change.kind, change.state)


def subject_of(change: Change) -> Subject:
    """Key of the object that the change is about."""
    return (change.organization, change.entity, change.subject)


def _reporter(change: Change) -> Reporter:
    return (change.origin, change.action)


class ChangeDeduplicator:
    """Facts of the last two minutes; bounded, the oldest is dropped first."""

    def __init__(self, clock: Clock, *, window_s: float = WINDOW_S, limit: int = MAX_FACTS) -> None:
        self._sightings: ExpiringMap[Fingerprint, Sightings] = ExpiringMap(window_s, limit, clock.monotonic)

    def is_duplicate(self, change: Change) -> bool:
        """Count a report; True when another reporter has already reported the fact as often."""
        sightings = self._sightings_of(fingerprint(change))
        most = max(sightings.values(), default=0)
        reporter = _reporter(change)
        sightings[reporter] = sightings.get(reporter, 0) + 1
        return sightings[reporter] <= most

    def retract(self, change: Change) -> None:
        """Take back one report, because the change could not be published."""
        sightings = self._sightings.get(fingerprint(change))
        if sightings is not None and sightings.get(_reporter(change), 0) > 0:
            sightings[_reporter(change)] -= 1

    def _sightings_of(self, key: Fingerprint) -> Sightings:
        sightings = self._sightings.get(key)
        if sightings is None:
            sightings = {}
            self._sightings.put(key, sightings)
        return sightings
