"""Changes that are older than those in memory, read from Redis in pages that equal readers share."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dexter_graphql.concurrency.bounded_map import BoundedMap, SizeBudget
from dexter_graphql.realtime.brokers.base import MEBIBYTE, Gap, Item, Position
from dexter_graphql.realtime.brokers.redis_entries import Entry, Head, TopicEntries, entry_id, unreadable
from dexter_graphql.realtime.brokers.ring import MAX_SLICE, OVERHEAD_BYTES
from dexter_graphql.realtime.changes import Topic

MAX_BYTES = 32 * MEBIBYTE
"""Pages of all topics in memory."""


class Page(NamedTuple):
    """What follows a position, in order and without holes."""

    start: Position
    entries: Sequence[Item | Gap]

    def after(self, position: Position) -> Sequence[Item | Gap] | None:
        """The first entries after a position; None when it is not in the page."""
        if self.start == position:
            return self.entries[:MAX_SLICE]
        index = next((index for index, entry in enumerate(self.entries) if entry.position == position), None)
        return None if index is None else self.entries[index + 1 : index + 1 + MAX_SLICE] or None


class History:
    """Pages of older changes. One page is read at a time; readers that waited find it in memory."""

    def __init__(self, entries: TopicEntries) -> None:
        self._entries = entries
        self._pages: BoundedMap[tuple[Topic, Position], Page] = BoundedMap(budget=SizeBudget(MAX_BYTES))
        self._lock = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<History of {self._pages!r}>"

    async def after(self, topic: Topic, position: Position, end: Position) -> Sequence[Item | Gap]:
        """What follows a position up to another one, which is after it. Raises BrokerUnavailable."""
        following = self._cached(topic, position)
        if following is None:
            async with self._lock:
                following = self._cached(topic, position) or await self._fetch(topic, position)
        return _clip(following, position, end)

    def _cached(self, topic: Topic, position: Position) -> Sequence[Item | Gap] | None:
        for (page_topic, start), page in self._pages.items():
            if page_topic == topic and start.epoch == position.epoch and start.offset <= position.offset:
                following = page.after(position)
                if following is not None:
                    self._pages.touch((page_topic, start))
                    return following
        return None

    async def _fetch(self, topic: Topic, position: Position) -> Sequence[Item | Gap]:
        head = await self._entries.head(topic)
        if head.position.epoch != position.epoch:
            return (Gap(topic, head.position, None),)
        page = Page(position, await self._page(topic, position, head))
        size = sum(entry.change.size_bytes if isinstance(entry, Item) else OVERHEAD_BYTES for entry in page.entries)
        self._pages.put((topic, position), page, size)
        return page.entries[:MAX_SLICE]

    async def _page(self, topic: Topic, position: Position, head: Head) -> Sequence[Item | Gap]:
        cursor = entry_id(position)
        while raw := await self._entries.after(topic, cursor, head.page_entries):
            page = _entries_after(topic, position, self._entries.parse(topic, raw), head)
            if page:
                return page
            cursor = raw[-1][0].decode("latin-1")  # other programs wrote all of these
        missed = head.position.offset - position.offset
        return [Gap(topic, head.position, missed if missed > 0 else None)]


def _entries_after(topic: Topic, position: Position, entries: Iterable[Entry], head: Head) -> list[Item | Gap]:
    """Entries and gaps in one sequence without holes."""
    page: list[Item | Gap] = []
    for entry in entries:
        if entry.position.epoch != position.epoch:
            continue
        step = entry.position.offset - position.offset
        if entry.item is None and step != 1:
            continue
        if step < 1:
            return [*page, Gap(topic, head.position, None)]
        if step > 1:
            page.append(Gap(topic, entry.position._replace(offset=entry.position.offset - 1), step - 1))
        page.append(entry.item or unreadable(topic, entry.position))
        position = entry.position
    return page


def _clip(entries: Sequence[Item | Gap], position: Position, end: Position) -> Sequence[Item | Gap]:
    """The entries up to a position; a gap that is longer ends there, unless its size is unknown."""
    clipped: list[Item | Gap] = []
    for entry in entries:
        if entry.position.offset <= end.offset or (isinstance(entry, Gap) and entry.missed is None):
            clipped.append(entry)
        else:
            if isinstance(entry, Gap):
                clipped.append(Gap(entry.topic, end, end.offset - position.offset))
            break
        position = entry.position
    return clipped
