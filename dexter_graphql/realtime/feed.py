"""The feed of changes: deduplicates and publishes them, and lets readers subscribe to a topic from a position."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.realtime.brokers.base import Broker, Gap, Item
from dexter_graphql.realtime.brokers.memory import MemoryBroker
from dexter_graphql.realtime.brokers.positions import PositionSigner
from dexter_graphql.realtime.changes import Change, Topic
from dexter_graphql.realtime.deduplication import ChangeDeduplicator, Subject, subject_of

MAX_SUBJECTS = 100_000
"""Objects whose last change is remembered; the one unchanged for longest is dropped first."""


@dataclass(frozen=True, slots=True)
class FeedItem:
    """A change or a gap, and the signed position right after it."""

    position: str
    change: Change | None = None
    gap: Gap | None = None


class ChangeFeed:
    """All changes of all organizations. Does not check whether a reader may see them."""

    def __init__(self, broker: Broker, deduplicator: ChangeDeduplicator, signer: PositionSigner) -> None:
        self._broker = broker
        self._deduplicator = deduplicator
        self._signer = signer
        self._last_changes: BoundedMap[Subject, str] = BoundedMap(MAX_SUBJECTS)

    def __repr__(self) -> str:
        return f"<ChangeFeed in {self._broker!r}>"

    async def publish(self, change: Change) -> bool:
        """Append a change; False when it is a duplicate and was dropped."""
        if self._deduplicator.is_duplicate(change):
            return False
        try:
            await self._broker.publish(change)
        except BaseException:
            self._deduplicator.retract(change)
            raise
        self._last_changes.put(subject_of(change), change.id)
        return True

    def last_change(self, change: Change) -> str | None:
        """Id of the change published last for the same object; None when none is remembered."""
        return self._last_changes.peek(subject_of(change))

    async def subscribe(self, topic: Topic, after: str | None) -> AsyncGenerator[FeedItem, None]:
        """Changes after a position, or from now on when it is None.

        Raises BadUserInput for a position that this feed did not sign. The start is fixed when this returns: changes
        published before the first item is requested are not lost.
        """
        start = await self._broker.newest(topic) if after is None else self._signer.parse(topic, after)
        return self._items(topic, self._broker.read(topic, start))

    async def _items(self, topic: Topic, items: AsyncGenerator[Item | Gap, None]) -> AsyncGenerator[FeedItem, None]:
        try:
            async for item in items:
                position = self._signer.serialize(topic, item.position)
                if isinstance(item, Item):
                    yield FeedItem(position, change=item.change)
                else:
                    yield FeedItem(position, gap=item)
        finally:
            await items.aclose()


def in_memory_feed(clock: Clock, key: bytes) -> ChangeFeed:
    """A feed kept in this process; `key` signs positions."""
    return ChangeFeed(MemoryBroker(), ChangeDeduplicator(clock), PositionSigner(key))
