"""One stream of the changes of several topics, in the order of arrival."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence

from dexter_graphql.realtime.brokers.base import Gap, Item, Position, Positions
from dexter_graphql.realtime.changes import Topic

Following = Callable[[Topic, Position], Awaitable[Sequence[Item | Gap]]]
"""Returns what follows a position of a topic now, in order and bounded; empty when there is nothing yet."""


class Wakeup:
    """Tells one reader which topics have new changes."""

    __slots__ = ("_event", "topics")

    def __init__(self, topics: Iterable[Topic]) -> None:
        self.topics = dict.fromkeys(topics)
        """The topics to look at, in the order of their news."""
        self._event = asyncio.Event()

    def notify(self, topic: Topic) -> None:
        """Wake the reader because of a topic."""
        self.topics[topic] = None
        self._event.set()

    async def wait(self) -> None:
        """Return when a topic has news."""
        await self._event.wait()
        self._event.clear()


async def merge(after: Positions, following: Following, wakeup: Wakeup) -> AsyncGenerator[Item | Gap, None]:
    """Everything after a position in each topic, the oldest of all topics first; waits for `wakeup` in between."""
    positions = dict(after)
    queues: dict[Topic, deque[Item | Gap]] = {}
    while True:
        for topic in [topic for topic in wakeup.topics if topic not in queues]:
            del wakeup.topics[topic]  # before the look, so that news during it are noticed
            entries = await following(topic, positions[topic])
            if entries:
                queues[topic] = deque(entries)
                wakeup.topics[topic] = None
        if not queues:
            await wakeup.wait()
            continue
        queue = min(queues.values(), key=_arrival)
        entry = queue.popleft()
        positions[entry.topic] = entry.position
        if not queue:
            del queues[entry.topic]
        yield entry


def _arrival(queue: deque[Item | Gap]) -> int:
    return queue[0].position.at_ms
