"""Recognition of changes that were reported before: redelivered bodies, and facts that several reporters report.

The same body within 20 minutes, with no other change of its object in between, is a redelivery. Later, or after another
change, it is a new change whose content is not trusted: neither the time nor the request id of a webhook is signed, so
that a captured body can be sent again. Bodies are therefore remembered by hash and dropped by count alone.

A change that Dexter made is reported twice: by the mutation, and moments later by Sentry's webhook. Older servers send
one fact under two names as well. Reports are counted per reporter: the second report of a fact by one reporter is the
same as the second report by another. So no duplicate is published, and a fact that happened twice is published twice.
"""

from collections.abc import Callable
from typing import NamedTuple

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap, ExpiringMap
from dexter_graphql.realtime.brokers.base import Outcome, Report
from dexter_graphql.realtime.changes import Change, Stream

REDELIVERY_S = 1200.0
"""Seconds within which Sentry retries a delivery: three times, five minutes apart."""
WINDOW_S = 120.0
"""Seconds within which another reporter's report of the same fact arrives, if at all."""
MAX_DELIVERIES = 100_000
"""Deliveries that are remembered for each organization."""
MAX_SUBJECTS = 20_000
"""Objects of a class whose last change is remembered; the one unchanged for longest is dropped first."""
MAX_FACTS = 20_000
"""Facts of a class that are remembered."""

Subject = tuple[str, str | None]
Fingerprint = tuple[str, str | None, str, str]
Reporter = tuple[str, str]
Sightings = dict[Reporter, int]
"""Number of reports of one fact per reporter."""


def subject_of(change: Change) -> Subject:
    """Key of the object that the change is about, within its organization."""
    return (change.entity, change.subject)


def fingerprint(change: Change) -> Fingerprint:
    """Key of a fact: subject, kind and resulting state. Equal for every report of the same fact."""
    return (*subject_of(change), change.kind, change.state)


def reporter_of(change: Change) -> Reporter:
    """Key of the reporter: where the change was reported, and under which name."""
    return (change.origin, change.action)


class Delivery(NamedTuple):
    """When a report arrived, the change that it reported, and the last change of its object after that."""

    at: float
    change_id: str
    last_change: str | None


class ClassMemory:
    """What is remembered of one class of changes, so that a flood of one class evicts nothing of another."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.last_changes: BoundedMap[Subject, str] = BoundedMap(MAX_SUBJECTS)
        self.facts: ExpiringMap[Fingerprint, Sightings] = ExpiringMap(WINDOW_S, MAX_FACTS, now)


class Deduplicator:
    """The reports of one organization."""

    def __init__(self, clock: Clock, *, max_deliveries: int | None = None) -> None:
        self._clock = clock
        self._deliveries: BoundedMap[bytes, Delivery] = BoundedMap(max_deliveries or MAX_DELIVERIES)
        self._classes: dict[Stream, ClassMemory] = {}

    def classify(self, report: Report) -> Outcome:
        """What becomes of a report, which is remembered unless it is a redelivery."""
        change, memory = report.change, self._memory(report.change.stream)
        last_change = memory.last_changes.peek(subject_of(change))
        delivery = self._deliveries.peek(report.key)
        if delivery is not None and self._is_redelivery(delivery, change, last_change):
            return Outcome.REDELIVERY
        is_duplicate = _is_duplicate(change, memory)
        if not is_duplicate:
            last_change = change.id
            memory.last_changes.put(subject_of(change), last_change)
        self._deliveries.put(report.key, Delivery(self._clock.time(), change.id, last_change))
        if is_duplicate:
            return Outcome.DUPLICATE
        return Outcome.PUBLISHED if delivery is None else Outcome.UNTRUSTED

    def _is_redelivery(self, delivery: Delivery, change: Change, last_change: str | None) -> bool:
        """True also for a report that is repeated because its outcome was not known."""
        is_recent = self._clock.time() - delivery.at <= REDELIVERY_S
        return delivery.change_id == change.id or (is_recent and delivery.last_change == last_change)

    def _memory(self, stream: Stream) -> ClassMemory:
        memory = self._classes.get(stream)
        if memory is None:
            memory = self._classes[stream] = ClassMemory(self._clock.time)
        return memory


def _is_duplicate(change: Change, memory: ClassMemory) -> bool:
    """Count a report; True when another reporter has already reported the fact as often."""
    key, reporter = fingerprint(change), reporter_of(change)
    sightings = memory.facts.get(key)
    if sightings is None:
        sightings = {}
        memory.facts.put(key, sightings)
    most = max(sightings.values(), default=0)
    sightings[reporter] = sightings.get(reporter, 0) + 1
    return sightings[reporter] <= most
