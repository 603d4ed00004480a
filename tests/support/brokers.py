"""Brokers of each kind for the tests of what all of them promise, and readers of what they deliver."""

import asyncio
import atexit
import os
import tempfile
import time
from contextlib import aclosing, asynccontextmanager
from functools import cache
from pathlib import Path

from dexter_graphql.realtime.brokers.base import Item, Report
from dexter_graphql.realtime.brokers.memory import MemoryBroker
from dexter_graphql.realtime.brokers.redis_streams import RedisBroker
from dexter_graphql.realtime.changes import Stream, Topic
from dexter_graphql.sentry.redis.connection import RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher
from support.command import PATIENCE_S
from support.realtime import MovableClock, make_change
from support.redis import RedisServer

ISSUES, ERRORS, COMMENTS = (Topic("acme", stream) for stream in (Stream.ISSUES, Stream.ERRORS, Stream.COMMENTS))


class BrokerClock(MovableClock):
    """A clock whose time stands until tests move it, with real pauses."""

    def monotonic(self):
        return time.monotonic() + self.passed

    async def sleep(self, seconds):
        await asyncio.sleep(min(seconds, 0.02))


class BrokerUnderTest:
    """A broker with its clock and the cache tags that it invalidated."""

    def __init__(self, server=None):
        self.server = server
        self.clock, self.invalidated = BrokerClock(), []
        self.broker = None

    def invalidate(self, tags, *, is_local=True):
        """Record the tags."""
        self.invalidated.extend(tags)

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
    under_test.broker = MemoryBroker(under_test.clock, under_test.invalidate, retention=retention)
    yield under_test


@asynccontextmanager
async def redis_broker(retention=None, *, server=None, key=None, patience_s=PATIENCE_S):
    """A broker in Redis; an empty one unless it has the key of another one on the same server."""
    server = server or await shared_server()
    under_test = BrokerUnderTest(server)
    connection = RedisConnection(server.url, under_test.clock)
    cipher = Cipher(key or os.urandom(16))
    under_test.broker = RedisBroker(
        connection, cipher, under_test.clock, under_test.invalidate, retention=retention, patience_s=patience_s
    )
    await under_test.broker.start()
    try:
        yield under_test
    finally:
        await under_test.broker.close()
        await connection.close()


async def shared_server():
    """The Redis server of all tests that do not stop it; brokers with different keys do not see each other."""
    server = _shared_server()
    if not server.is_running:
        await server.start()
        atexit.register(server.kill)
    return server


@cache
def _shared_server():
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return RedisServer(Path(folder.name))


BROKERS = {"memory": memory_broker, "redis": redis_broker}


def numbers(count, start=0):
    """Subjects that are numbers."""
    return [str(number) for number in range(start, start + count)]


def unreadable(under_test):
    """The number of entries that a replica could not read."""
    samples = {sample.name: sample.value for sample in under_test.broker.collect()}
    return samples["dexter_changes_unreadable_total"]
