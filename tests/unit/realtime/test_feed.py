"""Publishing and following: echoes removed, positions sealed."""

import asyncio
from contextlib import aclosing

import pytest

from dexter_graphql.errors import BadUserInput
from dexter_graphql.realtime.brokers.base import Gap
from dexter_graphql.realtime.brokers.memory import MemoryBroker
from dexter_graphql.realtime.brokers.positions import PositionSigner
from dexter_graphql.realtime.changes import Origin, Stream, Topic
from dexter_graphql.realtime.deduplication import ChangeDeduplicator
from dexter_graphql.realtime.feed import ChangeFeed, in_memory_feed
from support.realtime import MovableClock, make_change

ISSUES = Topic("acme", Stream.ISSUES)


@pytest.fixture
def changes():
    """Changes kept in memory."""
    return in_memory_feed(MovableClock(), b"key")


async def first(followed, count):
    """So many things from a follower, which is ended then."""
    async with aclosing(followed):
        return [await asyncio.wait_for(anext(followed), 5) for _ in range(count)]


async def test_follower_gets_what_is_published_from_now_on(changes):
    """The place is fixed when following begins, before the first item is asked for."""
    await changes.publish(make_change("0"))
    followed = await changes.subscribe(ISSUES, None)
    await changes.publish(make_change("1"))
    await changes.publish(make_change("2"))

    assert [one.change.subject for one in await first(followed, 2)] == ["1", "2"]


async def test_follower_resumes_right_after_a_position(changes):
    """Each change comes once, whoever was away or not."""
    followed = await changes.subscribe(ISSUES, None)
    for subject in "123":
        await changes.publish(make_change(subject))
    [one, *_] = await first(followed, 1)

    resumed = await first(await changes.subscribe(ISSUES, one.position), 2)

    assert [found.change.subject for found in resumed] == ["2", "3"]


async def test_echo_is_not_published(changes):
    """Followers see a fact once; the teller is told that it was none."""
    followed = await changes.subscribe(ISSUES, None)

    told = [
        await changes.publish(one) for one in (make_change(), make_change(origin=Origin.MUTATION), make_change("2"))
    ]

    assert told == [True, False, True]
    assert [one.change.subject for one in await first(followed, 2)] == ["1", "2"]


async def test_gap_has_a_position_too():
    """A follower that fell behind is told where it goes on."""
    clock = MovableClock()
    changes = ChangeFeed(MemoryBroker(max_changes=2), ChangeDeduplicator(clock), PositionSigner(b"key"))
    followed = await changes.subscribe(ISSUES, None)
    for subject in "12345":
        await changes.publish(make_change(subject))

    gap, *_ = await first(followed, 1)
    resumed = await first(await changes.subscribe(ISSUES, gap.position), 2)

    assert (gap.change, gap.gap.missed) == (None, 3)
    assert isinstance(gap.gap, Gap)
    assert [one.change.subject for one in resumed] == ["4", "5"]


@pytest.mark.parametrize("text", ["", "junk", "ü"])
async def test_position_of_somebody_else_is_refused(changes, text):
    """Following begins with the check, not with the first item."""
    with pytest.raises(BadUserInput, match="position"):
        await changes.subscribe(ISSUES, text)


async def test_change_that_was_not_published_may_be_told_again():
    """A broker that fails leaves no trace among the echoes."""

    class Broken(MemoryBroker):
        is_broken = True

        async def publish(self, change):
            if self.is_broken:
                raise ConnectionError("gone")
            return await super().publish(change)

    broker = Broken()
    changes = ChangeFeed(broker, ChangeDeduplicator(MovableClock()), PositionSigner(b"key"))
    with pytest.raises(ConnectionError, match="gone"):
        await changes.publish(make_change())
    broker.is_broken = False

    assert await changes.publish(make_change()) is True


async def test_follower_that_ends_is_counted_no_more(changes):
    """What a follower holds is freed when it ends, also before its first item."""
    followed = await changes.subscribe(ISSUES, None)
    waiting = asyncio.ensure_future(anext(followed))
    await asyncio.sleep(0)
    during = repr(changes)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await followed.aclose()

    assert during == "<ChangeFeed in <MemoryBroker 1 topics, 1 readers>>"
    assert repr(changes) == "<ChangeFeed in <MemoryBroker 1 topics, 0 readers>>"
