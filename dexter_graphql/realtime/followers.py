"""The topics that subscriptions of this process follow."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from dexter_graphql.realtime.changes import Stream, Topic


class FollowedTopics:
    """Counts the subscriptions of each topic."""

    def __init__(self) -> None:
        self._counts: Counter[Topic] = Counter()
        self._changed = asyncio.Event()

    def __repr__(self) -> str:
        return f"<FollowedTopics {len(self._counts)}>"

    @property
    def organizations(self) -> frozenset[str]:
        """The organizations of which a topic is followed."""
        return frozenset(topic.organization for topic in self._counts)

    def streams_of(self, organization: str) -> frozenset[Stream]:
        """The classes of an organization's changes that are followed."""
        return frozenset(topic.stream for topic in self._counts if topic.organization == organization)

    @contextmanager
    def following(self, topics: Iterable[Topic]) -> Iterator[None]:
        """Count a subscription to some topics, until the block ends."""
        topics = tuple(topics)
        self._counts.update(topics)
        self._notify()
        try:
            yield
        finally:
            self._counts.subtract(topics)
            self._counts = +self._counts
            self._notify()

    async def wait_for_change(self) -> None:
        """Return when the next subscription begins or ends."""
        await self._changed.wait()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
