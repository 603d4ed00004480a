"""Reading of a topic's head and of the entries of its stream in Redis, which may hold anything."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from dexter_graphql.clock import Clock
from dexter_graphql.realtime.brokers.base import (
    MEBIBYTE,
    MILLISECONDS,
    BrokerUnavailable,
    Gap,
    Item,
    Position,
)
from dexter_graphql.realtime.brokers.grouped_scripts import AWAY, GroupedScripts
from dexter_graphql.realtime.brokers.redis_keys import ChangeCodec
from dexter_graphql.realtime.brokers.redis_scripts import HEAD_SCRIPT
from dexter_graphql.realtime.changes import Topic
from dexter_graphql.sentry.redis.connection import RedisConnection

EPOCH_CHARACTERS = 8
MAX_EPOCH_BYTES = 40
ENTRY_ID = re.compile(rb"(\d{1,16})-(\d{1,16})")
PAGE_ENTRIES = 500
PAGE_BYTES = 4 * MEBIBYTE
"""Approximate size of the entries that are read at a time."""

RawEntry = tuple[bytes, Mapping[bytes, bytes]]


class Head(NamedTuple):
    """The newest position of a topic, the first sequence number that is kept, and the size of what is kept."""

    position: Position
    first: int
    size_bytes: int

    @property
    def page_entries(self) -> int:
        """How many entries are read at a time."""
        count = self.position.offset - self.first + 1
        return max(1, min(PAGE_ENTRIES, PAGE_BYTES * count // (self.size_bytes + 1)))


class Entry(NamedTuple):
    """An entry as it was read: its position, and the item or, when it cannot be decrypted, None."""

    position: Position
    item: Item | None


class TopicEntries:
    """Heads and entries of all topics. Every method raises BrokerUnavailable when Redis does not answer."""

    def __init__(self, connection: RedisConnection, scripts: GroupedScripts, codec: ChangeCodec, clock: Clock) -> None:
        self._connection = connection
        self._scripts = scripts
        self._codec = codec
        self._clock = clock

    async def head(self, topic: Topic) -> Head:
        """The present head of a topic; one that is missing is created. Equal requests that wait are sent once."""
        arguments = (new_epoch(), int(self._clock.time() * MILLISECONDS))
        reply = await self._scripts.run(HEAD_SCRIPT, self._codec.keys(topic), arguments, is_shared=True)
        epoch, offset, at_ms, first, size_bytes = reply
        position = Position(epoch.decode("latin-1"), int(offset), int(at_ms))
        return Head(position, int(first), int(size_bytes))

    async def newest(self, topic: Topic, count: int) -> Sequence[RawEntry]:
        """The newest entries of a topic, the oldest of them first."""
        key = self._codec.keys(topic).stream
        return list(reversed(await self._read(lambda redis: redis.xrevrange(key, count=count))))

    async def after(self, topic: Topic, entry_id: str, count: int) -> Sequence[RawEntry]:
        """The first entries of a topic after one."""
        key = self._codec.keys(topic).stream
        return await self._read(lambda redis: redis.xrange(key, min=f"({entry_id}", count=count))

    async def exists(self, topic: Topic, position: Position) -> bool:
        """True when the entry at a position is there."""
        key, name = self._codec.keys(topic).stream, entry_id(position)
        return bool(await self._read(lambda redis: redis.xrange(key, min=name, max=name, count=1)))

    def parse(self, topic: Topic, raw: Iterable[RawEntry]) -> Iterator[Entry]:
        """Entries with their positions, without those that cannot be of a broker."""
        for entry_id, fields in raw:
            match = ENTRY_ID.fullmatch(entry_id)
            if match is None or len(fields) != 1:
                continue
            [(epoch, content)] = fields.items()
            if len(epoch) > MAX_EPOCH_BYTES:
                continue
            position = Position(epoch.decode("latin-1"), int(match[2]), int(match[1]))
            change = self._codec.decrypt(topic, content)
            yield Entry(position, None if change is None else Item(topic, position, change))

    async def _read(self, command: Any) -> Sequence[RawEntry]:
        entries = await self._connection.run(command)
        if entries is None:
            raise BrokerUnavailable(AWAY)
        return entries  # type: ignore[no-any-return]  # untyped


def new_epoch() -> str:
    """An epoch that no topic has had."""
    return uuid4().hex[:EPOCH_CHARACTERS]


def entry_id(position: Position) -> str:
    """The id of the entry at a position."""
    return f"{position.at_ms}-{position.offset}"


def unreadable(topic: Topic, position: Position) -> Gap:
    """The gap in place of one change that cannot be decrypted."""
    return Gap(topic, position, 1)
