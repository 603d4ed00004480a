"""Broker in the memory of this process: a ring buffer per topic, bounded in number and in bytes."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from uuid import uuid4

from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.realtime.brokers.base import Gap, Item, Position
from dexter_graphql.realtime.changes import Change, Topic

MAX_CHANGES = 2_000
MAX_BYTES = 8 * 1024 * 1024
MAX_TOPICS = 1_000


class Ring:
    """The newest changes of one topic. The change at index 0 has the offset `first`."""

    def __init__(self, max_changes: int, max_bytes: int) -> None:
        self.epoch = uuid4().hex[:12]
        self.first = 1
        self.changes: deque[Change] = deque()
        self.readers = 0
        self.published = asyncio.Event()
        self._max_changes = max_changes
        self._max_bytes = max_bytes
        self._size_bytes = 0

    @property
    def newest(self) -> Position:
        """After everything in it."""
        return Position(self.epoch, self.first + len(self.changes) - 1)

    def append(self, change: Change) -> Position:
        """Append a change, drop the oldest ones above the bounds, and wake all readers. Keeps at least the newest."""
        self.changes.append(change)
        self._size_bytes += change.size_bytes
        while len(self.changes) > 1 and (len(self.changes) > self._max_changes or self._size_bytes > self._max_bytes):
            self._size_bytes -= self.changes.popleft().size_bytes
            self.first += 1
        self.published.set()
        self.published = asyncio.Event()
        return self.newest

    def after(self, position: Position) -> Item | Gap | None:
        """The item or gap that follows a position; None when there is none yet.

        What is kept may have reached the reader of another server's position already, so that its gap ends now.
        """
        oldest = Position(self.epoch, self.first - 1)
        if position.epoch != self.epoch or position.offset > self.newest.offset:
            return Gap(self.newest, None)
        if position.offset < oldest.offset:
            return Gap(oldest, oldest.offset - position.offset)
        if position.offset == self.newest.offset:
            return None
        offset = position.offset + 1
        return Item(Position(self.epoch, offset), self.changes[offset - self.first])


class MemoryBroker:
    """A broker for one process. Topics without readers are dropped, oldest first, above the limit."""

    def __init__(
        self, *, max_changes: int = MAX_CHANGES, max_bytes: int = MAX_BYTES, max_topics: int = MAX_TOPICS
    ) -> None:
        self._max_changes = max_changes
        self._max_bytes = max_bytes
        self._rings: BoundedMap[Topic, Ring] = BoundedMap(max_topics, may_evict=lambda _topic, ring: ring.readers == 0)

    def __repr__(self) -> str:
        readers = sum(ring.readers for ring in self._rings.values())
        return f"<MemoryBroker {len(self._rings)} topics, {readers} readers>"

    async def publish(self, change: Change) -> Position:
        """Append to the change's topic and wake its readers."""
        return self._ring(change.topic).append(change)

    async def newest(self, topic: Topic) -> Position:
        """The position after everything published so far."""
        return self._ring(topic).newest

    async def read(self, topic: Topic, after: Position) -> AsyncGenerator[Item | Gap, None]:
        """Every change after a position: first the kept ones, then new ones as they arrive."""
        ring = self._ring(topic)
        ring.readers += 1
        try:
            while True:
                published, item = ring.published, ring.after(after)
                if item is None:
                    await published.wait()
                else:
                    after = item.position
                    yield item
        finally:
            ring.readers -= 1

    def _ring(self, topic: Topic) -> Ring:
        ring = self._rings.get(topic)
        if ring is None:
            ring = Ring(self._max_changes, self._max_bytes)
            self._rings.put(topic, ring)
        return ring
