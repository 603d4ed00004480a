"""Brokers of each kind for the tests of what all of them promise, and readers of what they deliver."""

import asyncio
from contextlib import aclosing, asynccontextmanager

from dexter_graphql.realtime.brokers.base import Item, Report, Retention
from dexter_graphql.realtime.brokers.memory import MemoryBroker
from dexter_graphql.realtime.changes import Stream, Topic
from support.command import PATIENCE_S
from support.realtime import MovableClock, make_change

ISSUES, ERRORS, COMMENTS = (Topic("acme", stream) for stream in (Stream.ISSUES, Stream.ERRORS, Stream.COMMENTS))


class BrokerUnderTest:
    """A broker with its clock and the cache tags that it invalidated."""

    def __init__(self):
        self.clock, self.invalidated = MovableClock(), []
        self.broker = None

    async def publish(self, *subjects, **different):
        """Outcomes of reports of one change for each subject; `body_hash` is given to all."""
        body_hash = different.pop("body_hash", None)
        return [await self.broker.publish(Report(make_change(subject, **different), body_hash)) for subject in subjects]

    async def newest(self, topic=ISSUES):
        """The position after everything in a topic."""
        return (await self.broker.newest([topic]))[topic]

    async def positions(self, *subjects, **different):
        """Positions after each of the changes."""
        topic = Topic(different.get("organization", "acme"), different.get("stream", Stream.ISSUES))
        positions = []
        for subject in subjects:
            await self.publish(subject, **different)
            positions.append(await self.newest(topic))
        return positions

    def reading(self, *positions, topics=(ISSUES,)):
        """A reader after a position in each topic, to be used in `async with`."""
        return aclosing(self.broker.read(dict(zip(topics, positions, strict=True))))

    async def read(self, position, count, topic=ISSUES):
        """What follows a position: subjects, and gaps as they are."""
        async with self.reading(position, topics=(topic,)) as entries:
            return await take(entries, count)


async def take(entries, count):
    """The next entries of a reader: subjects, and gaps as they are."""
    return [plain(await asyncio.wait_for(anext(entries), PATIENCE_S)) for _ in range(count)]


def plain(entry):
    """The subject of an item; a gap as it is."""
    return entry.change.subject if isinstance(entry, Item) else entry


@asynccontextmanager
async def memory_broker(retention=None):
    """An empty broker in memory."""
    under_test = BrokerUnderTest()
    under_test.broker = MemoryBroker(
        under_test.clock, under_test.invalidated.extend, retention=retention or Retention()
    )
    yield under_test


BROKERS = {"memory": memory_broker}
