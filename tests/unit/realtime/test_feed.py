"""ChangeFeed: publication, subscriptions to several topics, signed positions."""

import asyncio
from contextlib import aclosing

import pytest

from dexter_graphql.errors import BadUserInput
from dexter_graphql.realtime.brokers.base import BrokerUnavailable, Gap, Outcome, Retention
from dexter_graphql.realtime.brokers.memory import MemoryBroker
from dexter_graphql.realtime.brokers.positions import PositionSigner
from dexter_graphql.realtime.changes import Origin, Stream, Topic
from dexter_graphql.realtime.feed import ChangeFeed, in_memory_feed
from support.command import PATIENCE_S
from support.realtime import MovableClock, make_change

ISSUES, COMMENTS = Topic("acme", Stream.ISSUES), Topic("acme", Stream.COMMENTS)


@pytest.fixture
def feed():
    """A feed in memory."""
    return in_memory_feed(MovableClock(), b"key")


async def first(subscription, count):
    """The first items of a subscription, which is closed then."""
    async with aclosing(subscription):
        return [await asyncio.wait_for(anext(subscription), PATIENCE_S) for _ in range(count)]


def subjects(items):
    """Subjects of the changes of items."""
    return [item.change.subject for item in items]


async def test_subscription_starts_when_it_is_made(feed):
    """Changes published before it are left out, changes published before its first item is requested are not."""
    await feed.publish(make_change("0"))
    subscription = await feed.subscribe([ISSUES], None)
    await feed.publish(make_change("1"))
    await feed.publish(make_change("2"))

    assert subjects(await first(subscription, 2)) == ["1", "2"]


@pytest.mark.parametrize("seen", [1, 2, 3])
async def test_subscription_resumes_after_a_position_over_all_topics(feed, seen):
    """A position says how far the reader is in each topic, whichever topic the last item was of."""
    subscription = await feed.subscribe([ISSUES, COMMENTS], None)
    streams = [Stream.ISSUES, Stream.COMMENTS, Stream.ISSUES, Stream.COMMENTS]
    for number, stream in enumerate(streams):
        await feed.publish(make_change(str(number), stream=stream))
    items = await first(subscription, seen)

    resumed = await first(await feed.subscribe([COMMENTS, ISSUES], items[-1].position), 4 - seen)

    assert sorted(subjects(items) + subjects(resumed)) == list("0123")


async def test_outcome_is_returned(feed):
    """The publisher learns what became of its report."""
    outcomes = [
        await feed.publish(change) for change in (make_change(), make_change(origin=Origin.MUTATION), make_change("2"))
    ]

    assert outcomes == [Outcome.PUBLISHED, Outcome.DUPLICATE, Outcome.PUBLISHED]


async def test_gap_has_a_position(feed):
    """A stream that was resumed after a gap continues with the changes that are kept."""
    feed = in_memory_feed(MovableClock(), b"key", retention=Retention(max_changes=2))
    subscription = await feed.subscribe([ISSUES], None)
    for subject in "12345":
        await feed.publish(make_change(subject))

    [gap] = await first(subscription, 1)
    resumed = await first(await feed.subscribe([ISSUES], gap.position), 2)

    assert (gap.change, gap.gap.missed) == (None, 3)
    assert isinstance(gap.gap, Gap)
    assert subjects(resumed) == ["4", "5"]


@pytest.mark.parametrize("text", ["", "junk", "ü"])
async def test_foreign_position_is_refused_at_the_start(feed, text):
    """The position is checked when the subscription is made, not with its first item."""
    with pytest.raises(BadUserInput, match="position"):
        await feed.subscribe([ISSUES], text)


class BrokenBroker(MemoryBroker):
    """A broker that is away until `is_broken` is false."""

    is_broken = True

    async def publish(self, report):
        if self.is_broken:
            raise BrokerUnavailable("away")
        return await super().publish(report)


async def test_change_that_was_not_published_may_be_published_again():
    """A publication that failed is no sighting of the fact."""
    broker = BrokenBroker(MovableClock())
    feed, change = ChangeFeed(broker, PositionSigner(b"key")), make_change()
    with pytest.raises(BrokerUnavailable):
        await feed.publish(change)
    broker.is_broken = False

    assert await feed.publish(change) is Outcome.PUBLISHED


async def test_announcement_while_the_broker_is_away_is_dropped():
    """A mutation that was applied does not fail because its change cannot be published."""
    broker = BrokenBroker(MovableClock())
    feed = ChangeFeed(broker, PositionSigner(b"key"))

    await feed.announce(make_change("1"))
    broker.is_broken = False
    subscription = await feed.subscribe([ISSUES], None)
    await feed.announce(make_change("2"))

    assert subjects(await first(subscription, 1)) == ["2"]


async def test_subscription_that_ends_leaves_nothing_behind(feed):
    """Its reader is gone afterwards, also when it never received an item."""
    subscription = await feed.subscribe([ISSUES], None)
    waiting = asyncio.ensure_future(anext(subscription))
    await asyncio.sleep(0)
    during = repr(feed)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await subscription.aclose()

    assert during == "<ChangeFeed in <MemoryBroker 1 topics, 1 readers>>"
    assert repr(feed) == "<ChangeFeed in <MemoryBroker 1 topics, 0 readers>>"


async def test_figures_say_what_became_of_reports():
    """Reports by outcome, what is kept and dropped, and gaps, each by class."""
    broker = BrokenBroker(MovableClock(), retention=Retention(max_changes=2))
    feed = ChangeFeed(broker, PositionSigner(b"key"))
    await feed.announce(make_change("0"))
    broker.is_broken = False
    subscription = await feed.subscribe([ISSUES], None)
    for change in (make_change("1"), make_change("1", origin=Origin.MUTATION), make_change("2"), make_change("3")):
        await feed.publish(change)
    await first(subscription, 1)

    figures = {
        (sample.name, *(value for _, value in sample.labels)): sample.value
        for sample in feed.collect()
        if ("stream", "issues") in sample.labels
    }
    size_bytes = figures.pop(("dexter_changes_kept_bytes", "issues"))
    assert figures == {
        ("dexter_changes_total", "issues", "unavailable"): 1,
        ("dexter_changes_total", "issues", "published"): 3,
        ("dexter_changes_total", "issues", "duplicate"): 1,
        ("dexter_change_gaps_total", "issues"): 1,
        ("dexter_changes_kept", "issues"): 2,
        ("dexter_changes_dropped_total", "issues"): 1,
    }
    assert size_bytes == 2 * make_change().size_bytes
