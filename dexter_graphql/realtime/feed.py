"""Where changes go in and come out: removes echoes, publishes, and lets a reader follow a topic from a position."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from dexter_graphql.clock import Clock
from dexter_graphql.realtime.brokers.base import Broker, Gap, Item
from dexter_graphql.realtime.brokers.memory import MemoryBroker
from dexter_graphql.realtime.brokers.positions import PositionSigner
from dexter_graphql.realtime.changes import Change, Topic
from dexter_graphql.realtime.deduplication import ChangeDeduplicator


@dataclass(frozen=True, slots=True)
class FeedItem:
    """What a follower gets: a change, or a gap, and the text of the position right after it."""

    position: str
    change: Change | None = None
    gap: Gap | None = None


class ChangeFeed:
    """All changes of all organizations. Whoever follows a topic must have been allowed to before."""

    def __init__(self, broker: Broker, deduplicator: ChangeDeduplicator, signer: PositionSigner) -> None:
        self._broker = broker
        self._deduplicator = deduplicator
        self._signer = signer

    def __repr__(self) -> str:
        return f"<Changes in {self._broker!r}>"

    async def publish(self, change: Change) -> bool:
        """Append a change, unless it is the echo of one; True when it was new."""
        if self._deduplicator.is_duplicate(change):
            return False
        try:
            await self._broker.publish(change)
        except BaseException:
            self._deduplicator.retract(change)
            raise
        return True

    async def follow(self, topic: Topic, after: str | None) -> AsyncGenerator[FeedItem, None]:
        """What follows a position, from now on when it is None; raises BadUserInput when it is not one of ours.

        The place is fixed when this returns: what is published before the first item is asked for is not lost.
        """
        start = await self._broker.newest(topic) if after is None else self._signer.read(topic, after)
        return self._followed(topic, self._broker.read(topic, start))

    async def _followed(self, topic: Topic, found: AsyncGenerator[Item | Gap, None]) -> AsyncGenerator[FeedItem, None]:
        try:
            async for one in found:
                position = self._signer.written(topic, one.position)
                if isinstance(one, Item):
                    yield FeedItem(position, change=one.change)
                else:
                    yield FeedItem(position, gap=one)
        finally:
            await found.aclose()


def in_memory_feed(clock: Clock, key: bytes) -> ChangeFeed:
    """Changes that one process keeps; `key` signs positions."""
    return ChangeFeed(MemoryBroker(), ChangeDeduplicator(clock), PositionSigner(key))
