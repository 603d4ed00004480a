"""The one blocking reader of a replica: follows all topics that have readers, and fills their rings."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.concurrency.single_flight import SingleFlight
from dexter_graphql.realtime.brokers.base import MEBIBYTE, MILLISECONDS, BrokerUnavailable, Position, Retention
from dexter_graphql.realtime.brokers.invalidation import ChangeInvalidation
from dexter_graphql.realtime.brokers.merge import Wakeup
from dexter_graphql.realtime.brokers.redis_entries import (
    Entry,
    Head,
    RawEntry,
    TopicEntries,
    entry_id,
    unreadable,
)
from dexter_graphql.realtime.brokers.redis_keys import KEY_TYPES, ChangeCodec
from dexter_graphql.realtime.brokers.redis_scripts import REPAIR_SCRIPT
from dexter_graphql.realtime.brokers.ring import Ring
from dexter_graphql.realtime.changes import Topic
from dexter_graphql.sentry.redis.connection import FAILURES, TIMEOUT_S, RedisConnection
from dexter_graphql.telemetry.metrics import Sample

BLOCK_S = 1.0
"""How long one read waits for changes."""
CHECK_S = 5.0
"""Seconds between two looks whether Redis lost changes that were read."""
RETRY_S = 0.25
LINGER_S = 60.0
"""For how long a topic without readers is followed, for readers that connect again."""
READ_PAUSE_S = 0.002
"""Between reads that find changes, so that a burst is read in few pieces."""
READ_ENTRIES = 100
"""Entries of one topic that are read at a time."""
MAX_TOPICS = 1_000
RECENT = Retention(max_bytes=8 * MEBIBYTE, max_changes=2_000)
"""What a replica keeps in memory of a topic; older changes are read from Redis."""
WAKE_TTL_MS = 60_000
BEGINNING = "0-0"


@dataclass(slots=True)
class FollowedTopic:
    """A topic that is followed: its recent changes, the id of the last entry read, and when it last had readers."""

    ring: Ring
    cursor: str
    used_at: float


class TopicReader:
    """Rings of the followed topics. `start` must be called in the event loop."""

    def __init__(
        self,
        connection: RedisConnection,
        entries: TopicEntries,
        codec: ChangeCodec,
        invalidation: ChangeInvalidation,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._entries = entries
        self._codec = codec
        self._invalidation = invalidation
        self._clock = clock
        self._followed: BoundedMap[Topic, FollowedTopic] = BoundedMap(
            MAX_TOPICS, may_evict=lambda _topic, followed: not followed.ring.readers
        )
        self._flights: SingleFlight[FollowedTopic] = SingleFlight()
        self._task: asyncio.Task[None] | None = None
        self._wake_key = f"dexter:wake:{uuid4().hex}"
        self._wake_cursor = BEGINNING
        self._checked_at = clock.monotonic()
        self._lag_s = 0.0
        self._unreadable = 0

    def __repr__(self) -> str:
        readers = sum(len(followed.ring.readers) for followed in self._followed.values())
        return f"<TopicReader of {len(self._followed)} topics, {readers} readers>"

    def start(self) -> None:
        """Start reading."""
        self._task = asyncio.create_task(self._read_forever())

    async def close(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def collect(self) -> Iterable[Sample]:
        """How far the reader is behind, and what it could not read."""
        yield Sample("dexter_change_reader_lag_seconds", "Delay of the change that was read last.", self._lag_s)
        yield Sample("dexter_changes_unreadable_total", "Entries in Redis that are no changes.", self._unreadable)

    async def join(self, topic: Topic, reader: Wakeup) -> Ring:
        """The ring of a topic, which wakes `reader` from now on. Waits while Redis is away."""
        while (followed := self._followed.get(topic)) is None:
            await self._flights.run(topic, lambda _flight: self._follow(topic))
        followed.ring.readers.add(reader)
        return followed.ring

    def leave(self, topics: Iterable[Topic], reader: Wakeup) -> None:
        """Wake a reader no longer."""
        for topic in topics:
            followed = self._followed.peek(topic)
            if followed is not None:
                followed.ring.readers.discard(reader)
                followed.used_at = self._clock.monotonic()

    def restart(self, ring: Ring, head: Head) -> None:
        """Follow a topic from its present head, because Redis lost the changes in its ring."""
        followed = self._followed.peek(ring.topic)
        if followed is None or followed.ring is not ring:
            return
        if head.position.epoch == ring.newest.epoch:
            ring.restart(head.position)
            followed.cursor = entry_id(head.position)
        else:
            ring.restart(Position(head.position.epoch, head.first - 1, 0))
            followed.cursor = BEGINNING

    async def _follow(self, topic: Topic) -> FollowedTopic:
        while True:
            try:
                followed = await self._begin(topic)
                break
            except BrokerUnavailable:
                await self._clock.sleep(RETRY_S)
        self._followed.put(topic, followed)
        await self._connection.run(self._wake)
        return followed

    async def _begin(self, topic: Topic) -> FollowedTopic:
        """A ring with the newest changes, so that readers which connect again need none from Redis."""
        head = await self._entries.head(topic)
        raw = await self._entries.newest(topic, head.page_entries)
        entries = [entry for entry in self._entries.parse(topic, raw) if entry.position.epoch == head.position.epoch]
        if not entries or entries[-1].position.offset < head.position.offset:
            ring = Ring(head.position, topic, RECENT)
            return FollowedTopic(ring, entry_id(head.position), self._clock.monotonic())
        first = entries[0].position
        followed = FollowedTopic(
            Ring(first._replace(offset=first.offset - 1), topic, RECENT), BEGINNING, self._clock.monotonic()
        )
        for entry in entries:
            self._append(followed, entry)
        followed.cursor = entry_id(followed.ring.newest)
        return followed

    async def _wake(self, redis: Redis) -> bool:
        """End the read that is under way, so that the next one includes a new topic."""
        await redis.xadd(self._wake_key, {"wake": "1"}, maxlen=1)
        await redis.pexpire(self._wake_key, WAKE_TTL_MS)
        return True

    async def _read_forever(self) -> None:
        while True:
            client = self._connection.dedicated()
            try:
                while True:
                    await self._check()
                    await self._read(client)
            except FAILURES as error:
                self._checked_at = 0.0
                if isinstance(error, ResponseError):
                    await self._repair()
                await self._clock.sleep(RETRY_S)
            finally:
                await _close_quietly(client)

    async def _read(self, client: Redis) -> None:
        by_key = {self._codec.keys(topic).stream.encode(): followed for topic, followed in self._followed.items()}
        cursors = {key: followed.cursor for key, followed in by_key.items()}
        cursors[self._wake_key.encode()] = self._wake_cursor
        async with asyncio.timeout(BLOCK_S + TIMEOUT_S):
            reply: Any = await client.xread(cursors, count=READ_ENTRIES, block=int(BLOCK_S * MILLISECONDS))  # type: ignore[arg-type]  # keys may be bytes
        for key, raw in reply:
            if (followed := by_key.get(key)) is not None:
                await self._take(followed, raw)
                await asyncio.sleep(0)  # other tasks have their turn
            else:
                self._wake_cursor = raw[-1][0].decode()
        if reply:
            await asyncio.sleep(READ_PAUSE_S)

    async def _take(self, followed: FollowedTopic, raw: Sequence[RawEntry]) -> None:
        ring = followed.ring
        followed.cursor = raw[-1][0].decode("latin-1")
        has_other_epoch = False
        for entry in self._entries.parse(ring.topic, raw):
            if entry.position.epoch != ring.newest.epoch:
                has_other_epoch = True
            elif entry.position.offset > ring.newest.offset or not await self._is_intact(ring):
                self._append(followed, entry)
        self._lag_s = max(0.0, self._clock.time() - ring.newest.at_ms / MILLISECONDS)
        if has_other_epoch:  # a new one, or what another program wrote: the head says which
            await self._check_head(ring)

    async def _is_intact(self, ring: Ring) -> bool:
        """False when Redis lost the newest change. Otherwise an older one that comes again is another program's."""
        try:
            is_there = await self._entries.exists(ring.topic, ring.newest)
            head = await self._entries.head(ring.topic)
        except BrokerUnavailable:
            return True
        if head.position.epoch != ring.newest.epoch:
            self.restart(ring, head)
            return True
        return is_there or ring.newest.offset < head.first

    def _append(self, followed: FollowedTopic, entry: Entry) -> None:
        ring, position = followed.ring, entry.position
        follows = position.offset == ring.newest.offset + 1
        if entry.item is None:
            self._unreadable += 1
            if not follows:
                return  # written by another program, in place of no change
        else:
            self._invalidation.invalidate_received(entry.item.change)
            if not follows:
                ring.restart(position._replace(offset=position.offset - 1))
        ring.append(entry.item or unreadable(ring.topic, position), int(self._clock.time() * MILLISECONDS))

    async def _check(self) -> None:
        """Notice what Redis lost, which it does not say by itself; and stop to follow topics without readers."""
        now = self._clock.monotonic()
        if now - self._checked_at < CHECK_S:
            return
        self._checked_at = now
        for topic, followed in list(self._followed.items()):
            if not followed.ring.readers and now - followed.used_at > LINGER_S:
                self._followed.pop(topic)
        await asyncio.gather(*(self._check_head(followed.ring) for followed in self._followed.values()))

    async def _check_head(self, ring: Ring) -> None:
        try:
            head = await self._entries.head(ring.topic)
        except BrokerUnavailable:
            return
        if head.position.epoch != ring.newest.epoch or head.position.offset < ring.newest.offset:
            self.restart(ring, head)

    async def _repair(self) -> None:
        """Remove keys of followed topics that have another type, which fails the reading of all topics."""
        for topic in list(self._followed):
            keys = self._codec.keys(topic)
            await self._connection.run(
                lambda redis, keys=keys: redis.eval(REPAIR_SCRIPT, len(keys), *keys, *KEY_TYPES)  # type: ignore[misc]
            )


async def _close_quietly(client: Redis) -> None:
    with suppress(*FAILURES):
        await client.aclose()
