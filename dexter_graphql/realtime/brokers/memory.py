"""Broker in the memory of this process: a ring buffer per topic."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from uuid import uuid4

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.realtime.brokers.base import (
    MILLISECONDS,
    Gap,
    Item,
    Outcome,
    Position,
    Positions,
    Report,
    Retention,
)
from dexter_graphql.realtime.brokers.invalidation import ChangeInvalidation, Invalidate, invalidate_nothing
from dexter_graphql.realtime.brokers.merge import Wakeup, merge
from dexter_graphql.realtime.brokers.ring import Ring
from dexter_graphql.realtime.brokers.stats import RetentionStats, TopicSize
from dexter_graphql.realtime.changes import Topic
from dexter_graphql.realtime.deduplication import Deduplicator
from dexter_graphql.telemetry.metrics import Sample

MAX_TOPICS = 1_000
MAX_ORGANIZATIONS = 100
"""Organizations whose reports are remembered; the one without reports for longest is dropped first."""
EPOCH_CHARACTERS = 8


class MemoryBroker:
    """A broker for one process. Topics without readers are dropped, oldest first, above the limit."""

    def __init__(
        self,
        clock: Clock,
        invalidate: Invalidate = invalidate_nothing,
        *,
        retention: Retention | None = None,
        max_topics: int = MAX_TOPICS,
        max_deliveries: int | None = None,
    ) -> None:
        self._clock = clock
        self._invalidation = ChangeInvalidation(invalidate)
        self._retention = retention or Retention()
        self._max_deliveries = max_deliveries
        self._stats = RetentionStats()
        self._rings: BoundedMap[Topic, Ring] = BoundedMap(max_topics, may_evict=lambda _topic, ring: not ring.readers)
        self._deduplicators: BoundedMap[str, Deduplicator] = BoundedMap(MAX_ORGANIZATIONS)

    def __repr__(self) -> str:
        readers = sum(len(ring.readers) for ring in self._rings.values())
        return f"<MemoryBroker {len(self._rings)} topics, {readers} readers>"

    async def publish(self, report: Report) -> Outcome:
        """Append the change to its topic and wake the readers, unless it is a redelivery or a duplicate."""
        change = report.change
        outcome = self._deduplicator(change.organization).classify(report)
        if outcome.is_published:
            self._invalidation.invalidate_published(change)
            ring, now_ms = self._ring(change.topic), self._now_ms()
            item = Item(change.topic, ring.next_position(now_ms), report.published(outcome))
            dropped = ring.append(item, now_ms)
            self._stats.record(change.topic, TopicSize(len(ring), ring.size_bytes), dropped)
        return outcome

    async def newest(self, topics: Sequence[Topic]) -> Positions:
        """The position after everything published so far, for each topic."""
        return {topic: self._ring(topic).newest for topic in topics}

    async def read(self, after: Positions) -> AsyncGenerator[Item | Gap, None]:
        """Every change after a position in each topic: first the kept ones, then new ones as they arrive."""
        with self._reading(after) as wakeup:
            async with aclosing(merge(after, self._following, wakeup)) as entries:
                async for entry in entries:
                    yield entry

    def collect(self) -> Iterable[Sample]:
        """What is kept and what was dropped."""
        return self._stats.collect()

    async def start(self) -> None:
        """Return at once: there are no background tasks."""

    async def close(self) -> None:
        """Return at once: there are no background tasks."""

    async def _following(self, topic: Topic, position: Position) -> Sequence[Item | Gap]:
        return self._ring(topic).after(position)

    @contextmanager
    def _reading(self, topics: Positions) -> Iterator[Wakeup]:
        wakeup, rings = Wakeup(topics), [self._ring(topic) for topic in topics]
        for ring in rings:
            ring.readers.add(wakeup)
        try:
            yield wakeup
        finally:
            for ring in rings:
                ring.readers.discard(wakeup)

    def _ring(self, topic: Topic) -> Ring:
        ring = self._rings.get(topic)
        if ring is None:
            start = Position(uuid4().hex[:EPOCH_CHARACTERS], 0, self._now_ms())
            ring = Ring(start, topic, self._retention)
            self._rings.put(topic, ring)
        return ring

    def _deduplicator(self, organization: str) -> Deduplicator:
        deduplicator = self._deduplicators.get(organization)
        if deduplicator is None:
            deduplicator = Deduplicator(self._clock, max_deliveries=self._max_deliveries)
            self._deduplicators.put(organization, deduplicator)
        return deduplicator

    def _now_ms(self) -> int:
        return int(self._clock.time() * MILLISECONDS)
