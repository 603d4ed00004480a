"""Broker in Redis Streams, which replicas share: a stream for each topic, and the recent changes in memory."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing

from dexter_graphql.clock import Clock
from dexter_graphql.realtime.brokers.base import (
    MILLISECONDS,
    BrokerUnavailable,
    Gap,
    Item,
    Outcome,
    Position,
    Positions,
    Report,
    Retention,
)
from dexter_graphql.realtime.brokers.grouped_scripts import GroupedScripts
from dexter_graphql.realtime.brokers.invalidation import ChangeInvalidation, Invalidate
from dexter_graphql.realtime.brokers.merge import Wakeup, merge
from dexter_graphql.realtime.brokers.redis_entries import TopicEntries, new_epoch
from dexter_graphql.realtime.brokers.redis_history import History
from dexter_graphql.realtime.brokers.redis_keys import ChangeCodec
from dexter_graphql.realtime.brokers.redis_reader import RETRY_S, TopicReader
from dexter_graphql.realtime.brokers.redis_scripts import PUBLISH_SCRIPT
from dexter_graphql.realtime.brokers.ring import Ring
from dexter_graphql.realtime.brokers.stats import RetentionStats, TopicSize
from dexter_graphql.realtime.changes import Change, Topic
from dexter_graphql.sentry.redis.connection import RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher
from dexter_graphql.telemetry.metrics import Sample

BLOCKS = 16
"""Into how many blocks a topic is divided at least; the retention drops whole blocks."""
MAX_BLOCK_CHANGES = 64
PATIENCE_S = 0.03
"""Time without an answer from Redis after which a publication fails; Sentry waits for a second at most."""


class RedisBroker:
    """A broker for several processes. What one of them published survives it, and reaches the readers of all."""

    def __init__(
        self,
        connection: RedisConnection,
        cipher: Cipher,
        clock: Clock,
        invalidate: Invalidate,
        *,
        retention: Retention | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._clock = clock
        self._bounds = _bounds(retention or Retention())
        self._codec = ChangeCodec(cipher)
        self._scripts = GroupedScripts(connection, patience_s)
        self._entries = TopicEntries(connection, self._scripts, self._codec, clock)
        self._invalidation = ChangeInvalidation(invalidate)
        self._reader = TopicReader(connection, self._entries, self._codec, self._invalidation, clock)
        self._history = History(self._entries)
        self._stats = RetentionStats()

    def __repr__(self) -> str:
        return f"<RedisBroker {self._reader!r}>"

    async def publish(self, report: Report) -> Outcome:
        """Append the change to its topic on all replicas, unless it is a redelivery or a duplicate."""
        self._invalidation.expect(report.change)
        outcome = await self._publish(report, report.change, is_stripped=False)
        if outcome is Outcome.UNTRUSTED:
            published = await self._publish(report, report.published(outcome), is_stripped=True)
            outcome = outcome if published is Outcome.PUBLISHED else published
        if outcome.is_published:
            self._invalidation.invalidate_published(report.change)
        return outcome

    async def newest(self, topics: Sequence[Topic]) -> Positions:
        """The position after everything published so far, for each topic."""
        heads = await asyncio.gather(*map(self._entries.head, topics))
        return {topic: head.position for topic, head in zip(topics, heads, strict=True)}

    async def read(self, after: Positions) -> AsyncGenerator[Item | Gap, None]:
        """Every change after a position in each topic: first the kept ones, then new ones as they arrive."""
        wakeup = Wakeup(after)
        try:
            rings = {topic: await self._reader.join(topic, wakeup) for topic in after}

            async def following(topic: Topic, position: Position) -> Sequence[Item | Gap]:
                return await self._following(rings[topic], position)

            async with aclosing(merge(after, following, wakeup)) as entries:
                async for entry in entries:
                    yield entry
        finally:
            self._reader.leave(after, wakeup)

    def collect(self) -> Iterable[Sample]:
        """What is kept and what was dropped, and how far the reader is behind."""
        return (*self._stats.collect(), *self._reader.collect())

    async def start(self) -> None:
        """Start following the topics that have readers."""
        self._reader.start()

    async def close(self) -> None:
        """End the background tasks; the connection belongs to the caller."""
        await self._reader.close()
        await self._scripts.close()

    async def _publish(self, report: Report, change: Change, *, is_stripped: bool) -> Outcome:
        names = self._codec.names(report)
        arguments = (
            self._codec.encrypt(change),
            int(self._clock.time() * MILLISECONDS),
            *names,
            int(is_stripped),
            new_epoch(),
            self._bounds,
        )
        outcome, *kept = await self._scripts.run(PUBLISH_SCRIPT, self._codec.keys(change.topic), arguments)
        if kept:
            changes, size_bytes, dropped = map(int, kept)
            self._stats.record(change.topic, TopicSize(changes, size_bytes), dropped)
        return Outcome(outcome.decode())

    async def _following(self, ring: Ring, position: Position) -> Sequence[Item | Gap]:
        """What follows a position; waits while Redis is away and is needed."""
        while True:
            try:
                if position.epoch == ring.newest.epoch and position.offset < ring.oldest.offset:
                    return await self._history.after(ring.topic, position, ring.oldest)
                is_ahead = position.epoch != ring.newest.epoch or position.offset > ring.newest.offset
                if is_ahead and not ring.has_replaced(position):
                    return await self._reconcile(ring, position)
                return ring.after(position)
            except BrokerUnavailable:
                await self._clock.sleep(RETRY_S)

    async def _reconcile(self, ring: Ring, position: Position) -> Sequence[Item | Gap]:
        """What follows a position that the ring has not reached: another replica was faster, or Redis lost changes."""
        head = await self._entries.head(ring.topic)
        if head.position.epoch != ring.newest.epoch:
            self._reader.restart(ring, head)
        if position.epoch == head.position.epoch and position.offset <= head.position.offset:
            return ()  # the ring gets there
        return (Gap(ring.topic, head.position, None),)


def _bounds(retention: Retention) -> str:
    """The bounds of a topic and of its blocks, as the script takes them."""
    bounds = (
        retention.max_changes,
        retention.max_bytes,
        int(retention.max_age_s * MILLISECONDS),
        max(1, min(MAX_BLOCK_CHANGES, retention.max_changes // BLOCKS)),
        max(1, retention.max_bytes // BLOCKS),
    )
    return " ".join(map(str, bounds))
