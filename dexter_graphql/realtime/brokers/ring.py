"""Ring buffer of the newest changes of one topic, bounded in number, bytes and age."""

from collections import deque
from collections.abc import Sequence

from dexter_graphql.realtime.brokers.base import MILLISECONDS, Gap, Item, Position, Retention
from dexter_graphql.realtime.brokers.merge import Wakeup
from dexter_graphql.realtime.changes import Topic

MAX_SLICE = 100
"""Entries that a reader takes at a time."""
OVERHEAD_BYTES = 512


class Ring:
    """The newest changes of a topic without holes, and the readers that wait for more.

    A change that cannot be read is an entry as well: a gap of one.
    """

    def __init__(self, start: Position, topic: Topic, retention: Retention) -> None:
        self.topic = topic
        self.oldest = start
        """The position right before everything in it."""
        self.newest = start
        """The position after everything in it."""
        self.readers: set[Wakeup] = set()
        self.size_bytes = 0
        self._entries: deque[Item | Gap] = deque()
        self._retention = retention
        self._replaced: Position | None = None

    def __repr__(self) -> str:
        return f"<Ring of {len(self)} changes up to {self.newest.offset}, {len(self.readers)} readers>"

    def __len__(self) -> int:
        return len(self._entries)

    def next_position(self, now_ms: int) -> Position:
        """The position of the next change; times never go back."""
        return Position(self.newest.epoch, self.newest.offset + 1, max(self.newest.at_ms, now_ms))

    def append(self, entry: Item | Gap, now_ms: int) -> int:
        """Append the entry that follows the newest one and wake all readers.

        Drops the oldest entries above the bounds, never the new one, and returns how many.
        """
        dropped = 0
        self.newest = entry.position
        self._entries.append(entry)
        self.size_bytes += _size_bytes(entry)
        while len(self._entries) > 1 and self._is_over(now_ms):
            oldest = self._entries.popleft()
            self.oldest = oldest.position
            self.size_bytes -= _size_bytes(oldest)
            dropped += 1
        self._notify()
        return dropped

    def restart(self, start: Position) -> None:
        """Begin again at a position that does not follow the newest one.

        Readers that had everything get a gap of unknown size and continue from there.
        """
        if self._entries or self._replaced is None:
            self._replaced = self.newest
        self._entries.clear()
        self.size_bytes = 0
        self.oldest = self.newest = start
        self._notify()

    def has_replaced(self, position: Position) -> bool:
        """True for the position of a reader that had everything before the ring began again."""
        return position == self._replaced

    def after(self, position: Position) -> Sequence[Item | Gap]:
        """The first entries after a position, or the gap there; empty when there are none yet.

        What is kept may have reached the reader of another server's position already, so that its gap ends now.
        """
        if self.has_replaced(position):
            return (Gap(self.topic, self.oldest, None),)
        start = position.offset - self.oldest.offset
        if position.epoch != self.newest.epoch or start > len(self._entries):
            return (Gap(self.topic, self.newest, None),)
        if start < 0:
            return (Gap(self.topic, self.oldest, -start),)
        if start > 0 and self._entries[start - 1].position.at_ms != position.at_ms:
            # The sequence number was used for another change: Redis lost the newest ones.
            return (Gap(self.topic, self.newest, None),)
        stop = min(len(self._entries), start + MAX_SLICE)
        return [self._entries[index] for index in range(start, stop)]

    def _notify(self) -> None:
        for reader in self.readers:
            reader.notify(self.topic)

    def _is_over(self, now_ms: int) -> bool:
        retention = self._retention
        return (
            len(self._entries) > retention.max_changes
            or self.size_bytes > retention.max_bytes
            or self._entries[0].position.at_ms < now_ms - retention.max_age_s * MILLISECONDS
        )


def _size_bytes(entry: Item | Gap) -> int:
    return entry.change.size_bytes if isinstance(entry, Item) else OVERHEAD_BYTES
