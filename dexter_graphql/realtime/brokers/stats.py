"""Figures of a broker: what it keeps of each topic, and what its retention dropped."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.realtime.changes import Stream, Topic
from dexter_graphql.telemetry.metrics import Sample

MAX_TOPICS = 10_000


class TopicSize(NamedTuple):
    """How much is kept of a topic."""

    changes: int
    size_bytes: int


class RetentionStats:
    """The figures of all topics that this process has published to lately, by class."""

    def __init__(self) -> None:
        self._kept: BoundedMap[Topic, TopicSize] = BoundedMap(MAX_TOPICS)
        self._dropped: Counter[Stream] = Counter()

    def record(self, topic: Topic, kept: TopicSize, dropped: int) -> None:
        """Record what is kept of a topic after a publication, and how many changes that publication dropped."""
        self._kept.put(topic, kept)
        self._dropped[topic.stream] += dropped

    def collect(self) -> Iterable[Sample]:
        """The figures as metrics."""
        for stream in Stream:
            kept = [kept for topic, kept in self._kept.items() if topic.stream is stream]
            labels = (("stream", str(stream)),)
            yield Sample("dexter_changes_kept", "Changes kept.", sum(item.changes for item in kept), labels)
            size_bytes = sum(item.size_bytes for item in kept)
            yield Sample("dexter_changes_kept_bytes", "Size of the changes kept.", size_bytes, labels)
            dropped = self._dropped[stream]
            yield Sample("dexter_changes_dropped_total", "Changes dropped by the retention.", dropped, labels)
