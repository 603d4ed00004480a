"""MemoryBroker: the bounds of what one process keeps."""

import asyncio
from contextlib import aclosing

import pytest

from dexter_graphql.realtime.brokers.base import Gap, Report
from dexter_graphql.realtime.brokers.memory import MemoryBroker
from dexter_graphql.realtime.changes import Stream, Topic
from support.brokers import ISSUES, plain, take
from support.realtime import MovableClock, make_change


@pytest.fixture
def clock():
    """A clock that tests move."""
    return MovableClock()


async def publish(broker, *organizations):
    """Publish a change in each organization."""
    for organization in organizations:
        await broker.publish(Report(make_change(organization=organization)))


async def test_topics_without_readers_are_forgotten_oldest_first(clock):
    """One topic more than allowed costs the one that was not used for longest."""
    broker = MemoryBroker(clock, max_topics=2)
    await publish(broker, "a", "b", "a", "c")

    topics = {name: Topic(name, Stream.ISSUES) for name in "abc"}

    assert [name for name, topic in topics.items() if topic in broker._rings] == ["a", "c"]


async def test_topic_that_is_read_is_kept(clock):
    """A reader never loses its topic; there may be more topics than allowed meanwhile."""
    broker = MemoryBroker(clock, max_topics=1)
    async with aclosing(broker.read(await broker.newest([ISSUES]))) as entries:
        waiting = asyncio.ensure_future(anext(entries))
        await asyncio.sleep(0)
        await publish(broker, "a", "b", "c")
        assert repr(broker) == "<MemoryBroker 2 topics, 1 readers>"
        await publish(broker, "acme")

        assert plain(await waiting) == "1"


async def test_forgotten_topic_begins_a_new_epoch(clock):
    """A position from before is one of another epoch."""
    broker = MemoryBroker(clock, max_topics=1)
    before = await broker.newest([ISSUES])
    await publish(broker, "globex", "acme")
    after = await broker.newest([ISSUES])

    async with aclosing(broker.read(before)) as entries:
        assert await take(entries, 1) == [Gap(ISSUES, after[ISSUES], None)]
