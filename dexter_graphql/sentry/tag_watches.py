"""Watches of cache tags: they wake what must be read again when something that it was made of was invalidated."""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.telemetry.metrics import Sample

MAX_SEEN = 10_000
"""Tags that a watch remembers while it does not know its own; above, it counts as touched."""


class TagWatches:
    """The watches of one client."""

    def __init__(self, tag_versions: TagVersions) -> None:
        self.lag_s = tag_versions.lag_s
        """Seconds after an invalidation until Sentry's search index has surely caught up."""
        self._open: set[TagWatch] = set()
        self._by_tag: dict[str, set[TagWatch]] = {}
        tag_versions.listen(self._touch)

    def __len__(self) -> int:
        return len(self._open) + len(set().union(*self._by_tag.values()))

    def collect(self) -> list[Sample]:
        """The number of watches, each of one live query."""
        return [Sample("dexter_live_queries", "Live queries that are computed for their subscribers.", len(self))]

    def watch(self) -> "TagWatch":
        """A watch that notices every invalidation until it is narrowed."""
        return TagWatch(self)

    def open(self, watch: "TagWatch") -> None:
        """Pass all invalidations to a watch."""
        self._open.add(watch)

    def index(self, watch: "TagWatch", tags: frozenset[str]) -> None:
        """Pass only the invalidations of these tags to a watch."""
        self._open.discard(watch)
        for tag in tags:
            self._by_tag.setdefault(tag, set()).add(watch)

    def remove(self, watch: "TagWatch", tags: frozenset[str]) -> None:
        """Pass nothing more to a watch that was indexed under these tags."""
        self._open.discard(watch)
        for tag in tags:
            watches = self._by_tag[tag]
            watches.discard(watch)
            if not watches:
                del self._by_tag[tag]

    def _touch(self, tags: frozenset[str] | None) -> None:
        for watch in self._open:
            watch.see(tags)
        touched = self._by_tag.values() if tags is None else [self._by_tag[tag] for tag in tags & self._by_tag.keys()]
        for watch in set().union(*touched):
            watch.touched.set()


class TagWatch:
    """Notices the invalidation of the tags that an answer depends on, from before it is made.

    The tags are known only when the answer is there. Until then all invalidations are remembered.
    """

    def __init__(self, watches: TagWatches) -> None:
        self.touched = asyncio.Event()
        """Set when one of its tags was invalidated."""
        self._watches = watches
        self._tags: frozenset[str] = frozenset()
        self._seen: set[str] = set()

    def begin(self) -> None:
        """Begin again, because an answer is about to be made."""
        self._watches.remove(self, self._tags)
        self._tags, self._seen = frozenset(), set()
        self.touched.clear()
        self._watches.open(self)

    def narrow(self, tags: Iterable[str]) -> None:
        """Notice these tags alone, those that were invalidated since the beginning included."""
        self._tags = frozenset(tags)
        self._watches.index(self, self._tags)
        if not self._seen.isdisjoint(self._tags):
            self.touched.set()
        self._seen = set()

    def see(self, tags: frozenset[str] | None) -> None:
        """Remember an invalidation of these tags, or of all."""
        if tags is None or len(self._seen) + len(tags) > MAX_SEEN:
            self.touched.set()
        else:
            self._seen |= tags

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._watches.remove(self, self._tags)
