"""The feed of changes: publishes them, and lets readers subscribe to topics from a position."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from dexter_graphql.clock import Clock
from dexter_graphql.realtime.brokers.base import (
    Broker,
    BrokerUnavailable,
    Gap,
    Invalidate,
    Item,
    Outcome,
    Positions,
    Report,
    Retention,
)
from dexter_graphql.realtime.brokers.memory import MemoryBroker
from dexter_graphql.realtime.brokers.positions import PositionSigner
from dexter_graphql.realtime.changes import Change, Topic
from dexter_graphql.realtime.followers import FollowedTopics
from dexter_graphql.telemetry.logs import get_log


@dataclass(frozen=True, slots=True)
class FeedItem:
    """A change or a gap, and the signed position right after it."""

    position: str
    change: Change | None = None
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What was published after a position, up to now, and the positions after it."""

    entries: Sequence[Item | Gap]
    positions: Positions


class ChangeFeed:
    """All changes of all organizations. Does not check whether a reader may see them."""

    def __init__(self, broker: Broker, signer: PositionSigner) -> None:
        self._broker = broker
        self._signer = signer
        self.followed = FollowedTopics()
        self._log = get_log("dexter.changes")

    def __repr__(self) -> str:
        return f"<ChangeFeed in {self._broker!r}>"

    async def publish(self, change: Change, *, body_hash: bytes | None = None) -> Outcome:
        """Publish a change once, however many reporters report it; `body_hash` is that of a webhook's raw body.

        Raises BrokerUnavailable; the same change may be published again then.
        """
        return await self._broker.publish(Report(change, body_hash))

    async def announce(self, change: Change) -> None:
        """Publish a change that this server has made; it is dropped while the broker is away.

        The write is done by then and cannot be undone. Sentry's webhook reports the same change.
        """
        try:
            await self.publish(change)
        except BrokerUnavailable:
            self._log.warning("change not announced", action=change.action, organization=change.organization)

    async def subscribe(self, topics: Sequence[Topic], after: str | None) -> AsyncGenerator[FeedItem, None]:
        """Changes of some topics after a position, or from now on when it is None.

        Raises BadUserInput for a position that this feed did not sign for these topics, and BrokerUnavailable. The
        start is fixed when this returns: changes published before the first item is requested are not lost.
        """
        if after is None:
            start = await self._broker.newest(topics)
        else:
            start = self._signer.parse(topics, after)
        return self._items(start)

    async def newest(self, topics: Sequence[Topic]) -> Positions:
        """The position after everything published so far, for each topic. Raises BrokerUnavailable."""
        return await self._broker.newest(topics)

    async def backlog(self, after: Positions) -> Backlog:
        """What was published after a position in each topic, up to now. Raises BrokerUnavailable."""
        newest, positions, entries = await self._broker.newest(list(after)), dict(after), list[Item | Gap]()
        if not _has_reached(positions, newest):
            async with aclosing(self._broker.read(after)) as coming:
                async for entry in coming:
                    entries.append(entry)
                    positions[entry.topic] = entry.position
                    if _has_reached(positions, newest):
                        break
        return Backlog(entries, positions)

    async def start(self) -> None:
        """Start the broker's background tasks."""
        await self._broker.start()

    async def close(self) -> None:
        """End the broker's background tasks."""
        await self._broker.close()

    async def _items(self, after: Positions) -> AsyncGenerator[FeedItem, None]:
        positions = dict(after)
        with self.followed.following(after):
            async with aclosing(self._broker.read(after)) as entries:
                async for entry in entries:
                    positions[entry.topic] = entry.position
                    position = self._signer.serialize(positions)
                    if isinstance(entry, Item):
                        yield FeedItem(position, change=entry.change)
                    else:
                        yield FeedItem(position, gap=entry)


def _has_reached(positions: Positions, newest: Positions) -> bool:
    """True when the positions are not before the newest ones."""
    return all(
        positions[topic].epoch == position.epoch and positions[topic].offset >= position.offset
        for topic, position in newest.items()
    )


def in_memory_feed(
    clock: Clock, key: bytes, invalidate: Invalidate = lambda _tags: None, retention: Retention | None = None
) -> ChangeFeed:
    """A feed kept in this process; `key` signs positions, `invalidate` invalidates cache tags."""
    return ChangeFeed(MemoryBroker(clock, invalidate, retention=retention), PositionSigner(key))
