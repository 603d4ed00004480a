"""Ring buffer of the newest changes of one topic, bounded in number, bytes and age."""

from collections import deque
from collections.abc import Sequence

from dexter_graphql.realtime.brokers.base import MILLISECONDS, Gap, Item, Position, Retention
from dexter_graphql.realtime.brokers.merge import Wakeup
from dexter_graphql.realtime.changes import Change, Topic

MAX_SLICE = 100
"""Items that a reader takes at a time."""


class Ring:
    """The newest changes of a topic without holes, and the readers that wait for more."""

    def __init__(self, start: Position, topic: Topic, retention: Retention) -> None:
        self.topic = topic
        self.newest = start
        """The position after everything in it."""
        self.readers: set[Wakeup] = set()
        self.dropped = 0
        """Changes that the bounds dropped."""
        self._items: deque[Item] = deque()
        self._retention = retention
        self._size_bytes = 0

    def __repr__(self) -> str:
        return f"<Ring of {len(self)} changes up to {self.newest.offset}, {len(self.readers)} readers>"

    def __len__(self) -> int:
        return len(self._items)

    @property
    def oldest(self) -> Position:
        """The position right before everything in it."""
        if not self._items:
            return self.newest
        epoch, offset, at_ms = self._items[0].position
        return Position(epoch, offset - 1, at_ms)

    def append(self, change: Change, now_ms: int) -> Item:
        """Append a change and wake all readers; drops the oldest changes above the bounds, never the new one."""
        self.newest = Position(self.newest.epoch, self.newest.offset + 1, max(self.newest.at_ms, now_ms))
        item = Item(self.topic, self.newest, change)
        self._items.append(item)
        self._size_bytes += change.size_bytes
        while len(self._items) > 1 and self._is_over(now_ms):
            self._size_bytes -= self._items.popleft().change.size_bytes
            self.dropped += 1
        for reader in self.readers:
            reader.notify(self.topic)
        return item

    def after(self, position: Position) -> Sequence[Item | Gap]:
        """The first items or the gap after a position; empty when there are none yet.

        What is kept may have reached the reader of another server's position already, so that its gap ends now.
        """
        if position.epoch != self.newest.epoch or position.offset > self.newest.offset:
            return (Gap(self.topic, self.newest, None),)
        oldest = self.oldest
        start = position.offset - oldest.offset
        if start < 0:
            return (Gap(self.topic, oldest, -start),)
        stop = min(len(self._items), start + MAX_SLICE)
        return [self._items[index] for index in range(start, stop)]

    def _is_over(self, now_ms: int) -> bool:
        retention = self._retention
        return (
            len(self._items) > retention.max_changes
            or self._size_bytes > retention.max_bytes
            or self._items[0].position.at_ms < now_ms - retention.max_age_s * MILLISECONDS
        )
