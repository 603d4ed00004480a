"""The feed of changes: publishes them, and lets readers subscribe to topics from a position."""

from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dexter_graphql.clock import Clock
from dexter_graphql.realtime.brokers.base import (
    Broker,
    BrokerUnavailable,
    Gap,
    Item,
    Outcome,
    Positions,
    Report,
    Retention,
)
from dexter_graphql.realtime.brokers.invalidation import Invalidate, invalidate_nothing
from dexter_graphql.realtime.brokers.memory import MemoryBroker
from dexter_graphql.realtime.brokers.positions import PositionSigner
from dexter_graphql.realtime.changes import Change, Stream, Topic
from dexter_graphql.realtime.followers import FollowedTopics
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Sample

if TYPE_CHECKING:
    from dexter_graphql.sentry.redis.services import RedisServices


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
        self._outcomes: Counter[tuple[Stream, str]] = Counter()
        self._gaps: Counter[Stream] = Counter()

    def __repr__(self) -> str:
        return f"<ChangeFeed in {self._broker!r}>"

    async def publish(self, change: Change, *, body_hash: bytes | None = None) -> Outcome:
        """Publish a change once, however many reporters report it; `body_hash` is that of a webhook's raw body.

        Raises BrokerUnavailable; the same change may be published again then.
        """
        outcome = "unavailable"
        try:
            return (outcome := await self._broker.publish(Report(change, body_hash)))
        finally:
            self._outcomes[change.stream, outcome] += 1

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

    async def position(self, topics: Sequence[Topic]) -> str:
        """The signed position after everything published so far. Raises BrokerUnavailable."""
        return self._signer.serialize(await self._broker.newest(topics))

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

    def collect(self) -> Iterable[Sample]:
        """The metrics of the feed and of its broker."""
        for (stream, outcome), count in self._outcomes.items():
            labels = (("stream", str(stream)), ("outcome", str(outcome)))
            yield Sample("dexter_changes_total", "Changes reported.", count, labels)
        for stream, count in self._gaps.items():
            yield Sample("dexter_change_gaps_total", "Gaps in streams.", count, (("stream", str(stream)),))
        yield from self._broker.collect()

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
                        self._gaps[entry.topic.stream] += 1
                        yield FeedItem(position, gap=entry)


def _has_reached(positions: Positions, newest: Positions) -> bool:
    """True when the positions are not before the newest ones."""
    return all(
        positions[topic].epoch == position.epoch and positions[topic].offset >= position.offset
        for topic, position in newest.items()
    )


def in_memory_feed(
    clock: Clock, key: bytes, invalidate: Invalidate = invalidate_nothing, retention: Retention | None = None
) -> ChangeFeed:
    """A feed kept in this process; `key` signs positions, `invalidate` invalidates cache tags."""
    return ChangeFeed(MemoryBroker(clock, invalidate, retention=retention), PositionSigner(key))


def redis_feed(
    services: "RedisServices", clock: Clock, key: bytes, invalidate: Invalidate, retention: Retention
) -> ChangeFeed:
    """A feed that replicas share; `key` signs positions."""
    # Imported where it is used: redis-py and cryptography take 15 MiB.
    from dexter_graphql.realtime.brokers.redis_streams import RedisBroker  # noqa: PLC0415

    broker = RedisBroker(services.connection, services.cipher, clock, invalidate, retention=retention)
    return ChangeFeed(broker, PositionSigner(key))
