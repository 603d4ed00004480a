"""Streams that many subscribers share."""

import asyncio
from contextlib import aclosing

import pytest

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import SizeBudget
from dexter_graphql.server.live import answers as live_answers
from dexter_graphql.server.live import pump
from dexter_graphql.server.live.answers import AnswerLog
from dexter_graphql.server.live.fan_out import FanOut
from dexter_graphql.server.live.subscription import LOST
from support.streams import Feed, Source, settle


@pytest.fixture
async def fan_out():
    """Fan-out that is closed at the end."""
    shared = FanOut(Clock())
    yield shared
    await shared.close()


@pytest.fixture
def feed():
    """A feed without answers."""
    return Feed()


async def take(subscription, count):
    """Bodies of the next answers, as numbers."""
    return [int((await anext(subscription)).answer.body) for _ in range(count)]


def taken(subscription):
    """Numbers of the answers that can be taken now."""
    numbers = []
    while (answer := subscription.take()) is not None:
        numbers.append(int(answer.answer.body))
    return numbers


async def test_equal_subscribers_share_the_computation(fan_out, feed):
    """Each answer is computed once, and each subscriber gets each of them once."""
    subscriptions = [fan_out.join(Source(feed)) for _ in range(3)]
    await settle()
    await feed.publish(2)

    assert [await take(each, 2) for each in subscriptions] == [[1, 2]] * 3
    assert (feed.starts, feed.computed) == ([None], [1, 2])


async def test_other_keys_have_computations_of_their_own(fan_out, feed):
    """Sources with different keys share nothing."""
    first, second = fan_out.join(Source(feed, "first")), fan_out.join(Source(feed, "second"))
    await settle()
    await feed.publish()

    assert [await take(first, 1), await take(second, 1)] == [[1], [1]]
    assert feed.computed == [1, 1]


async def test_computation_ends_with_the_last_subscriber(fan_out, feed):
    """A stream without subscribers is closed; the next subscriber begins a new one."""
    async with aclosing(fan_out.join(Source(feed))), aclosing(fan_out.join(Source(feed))):
        await settle()
        assert feed.open == 1
    await settle()
    assert (feed.open, repr(fan_out)) == (0, "<FanOut 0 computed streams, 0 subscribers>")

    later = fan_out.join(Source(feed))
    await settle()
    await feed.publish()

    assert await take(later, 1) == [1]


async def test_late_subscriber_begins_with_new_answers(fan_out, feed):
    """One that joins without a position gets no earlier answers."""
    early = fan_out.join(Source(feed))
    await settle()
    await feed.publish()
    await take(early, 1)
    late = fan_out.join(Source(feed))
    await feed.publish()

    assert [await take(early, 1), await take(late, 1)] == [[2], [2]]


async def test_position_that_is_kept_needs_no_computation(fan_out, feed):
    """A subscriber that resumes at an answer of the shared log takes what follows from the log."""
    early = fan_out.join(Source(feed))
    await settle()
    await feed.publish(3)
    await take(early, 3)
    resuming = fan_out.join(Source(feed), "1")

    assert taken(resuming) == [2, 3]
    assert feed.starts == [None]


async def test_earlier_position_is_computed_once_and_merges(fan_out, feed):
    """Subscribers with one earlier position share a computation, which ends where the main one has its answers."""
    await feed.publish(3)
    main = fan_out.join(Source(feed))
    await settle()
    resuming = [fan_out.join(Source(feed), "1") for _ in range(2)]
    await settle()
    assert feed.starts == [None, "1"]
    assert [taken(each) for each in resuming] == [[2, 3]] * 2
    await feed.publish()
    await settle()
    assert feed.open == 1
    await feed.publish()
    await settle()

    assert [taken(main), *(taken(each) for each in resuming)] == [[4, 5]] * 3


async def test_subscriber_survives_the_end_of_the_computation_it_merged_into(fan_out, feed):
    """When the last other subscriber leaves right after the merge, the stream is resumed at the last position."""
    await feed.publish(1)
    main = fan_out.join(Source(feed))
    resuming = fan_out.join(Source(feed), "0")
    await settle()
    assert taken(resuming) == [1]
    await feed.publish()
    await settle()
    main.close()
    await settle()
    await feed.publish()

    assert await take(resuming, 2) == [2, 3]


async def test_new_subscriber_waits_for_no_one_that_catches_up(fan_out, feed):
    """One that joins without a position gets nothing of what a resuming one catches up with."""
    await feed.publish(3)
    resuming = fan_out.join(Source(feed), "0")
    new = fan_out.join(Source(feed))
    await settle()
    await feed.publish()
    await settle()

    assert [taken(resuming), taken(new)] == [[1, 2, 3, 4], [4]]
    assert feed.open == 1


async def test_slow_subscriber_delays_no_other_and_loses_nothing(fan_out, feed, monkeypatch):
    """One that takes nothing falls behind what is kept, and resumes at its last position."""
    monkeypatch.setattr(AnswerLog.__init__, "__defaults__", (4, live_answers.MAX_BYTES))
    monkeypatch.setattr(pump, "MAX_AHEAD", 3)
    received = []
    fast, slow = fan_out.join(Source(feed)), fan_out.join(Source(feed))
    fast.attach(lambda: received.extend(taken(fast)))
    await settle()
    await feed.publish()
    assert await take(slow, 1) == [1]
    await feed.publish(20)
    await settle()

    assert received == list(range(1, 22))
    assert await take(slow, 20) == list(range(2, 22))
    assert feed.starts == [None, "1"]


async def test_subscriber_without_a_position_is_ended_when_it_loses_answers(fan_out, feed, monkeypatch):
    """It cannot know what it missed, so that its stream ends with an error that says to subscribe again."""
    monkeypatch.setattr(AnswerLog.__init__, "__defaults__", (4, live_answers.MAX_BYTES))
    feed.knows_start = False
    slow = fan_out.join(Source(feed))
    slow.attach(lambda: None)
    await settle()
    await feed.publish(20)
    await settle()

    assert (slow.take(), slow.has_ended) == (LOST, True)


async def test_subscriber_that_has_taken_nothing_resumes_at_the_start(fan_out, feed, monkeypatch):
    """The position at which the stream began stands for that of the first answer."""
    monkeypatch.setattr(AnswerLog.__init__, "__defaults__", (4, live_answers.MAX_BYTES))
    await feed.publish(5)
    slow = fan_out.join(Source(feed))
    await settle()
    await feed.publish(20)
    await settle()

    assert await take(slow, 20) == list(range(6, 26))
    assert feed.starts == [None, "5"]


async def test_answers_of_all_streams_share_a_budget(fan_out):
    """Above the limit each stream keeps its newest answer; the bytes are returned with the last subscriber."""
    budget = fan_out._log_bytes  # the limit is a constant
    budget.limit = 8
    feeds = [Feed(), Feed()]
    subscriptions = [fan_out.join(Source(feed, name)) for name, feed in enumerate(feeds)]
    await settle()
    for feed in feeds:
        await feed.publish(6)
        await settle()
    assert budget.used <= 8

    assert [await take(each, 6) for each in subscriptions] == [list(range(1, 7))] * 2
    for each in subscriptions:
        each.close()
    await settle()
    assert budget.used == 0


async def test_tasks_take_turns(fan_out):
    """Of the tasks that wait for a turn one goes on in each turn of the event loop; one that left is passed over."""
    order = []

    async def work(name):
        await fan_out.turns.take()
        order.append(name)
        asyncio.get_running_loop().call_soon(order.append, f"after {name}")

    tasks = [asyncio.create_task(work(name)) for name in ("first", "left", "second")]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert order[:3] == ["first", "after first", "second"]


async def test_computation_waits_for_those_who_read(fan_out, feed, monkeypatch):
    """A burst is not computed faster than its subscribers take it, so that none falls behind."""
    monkeypatch.setattr(pump, "MAX_AHEAD", 3)
    monkeypatch.setattr(AnswerLog.__init__, "__defaults__", (4, live_answers.MAX_BYTES))
    received = []
    subscription = fan_out.join(Source(feed))
    subscription.attach(lambda: received.extend(taken(subscription)))
    await settle()
    await feed.publish(100)
    async with asyncio.timeout(5):
        while len(received) < 100:  # noqa: ASYNC110  # each turn of the event loop may deliver some
            await asyncio.sleep(0)

    assert (received, feed.starts) == (list(range(1, 101)), [None])


async def test_state_is_sent_at_once_and_skips(fan_out, feed):
    """A new subscriber of a state gets the present one, a late one only the newest."""
    early = fan_out.join(Source(feed, is_state=True))
    await settle()
    await feed.publish()
    assert await take(early, 1) == [1]
    await feed.publish(3)
    await settle()
    late, same = fan_out.join(Source(feed, is_state=True)), fan_out.join(Source(feed, is_state=True), "4")

    assert [taken(early), taken(late), taken(same)] == [[4], [4], []]
    assert feed.starts == [None]


async def test_end_reaches_every_subscriber(fan_out, feed):
    """When the answers end, subscribers take what is left and end; the next one begins a new stream."""
    first, second = fan_out.join(Source(feed)), fan_out.join(Source(feed))
    await settle()
    await feed.publish(1, ends=True)

    assert [[int(each.answer.body) async for each in subscription] for subscription in (first, second)] == [[1], [1]]
    fan_out.join(Source(feed))
    await settle()
    assert feed.starts == [None, None]


async def test_turns_are_short():
    """Steps that take long are spread over turns of the event loop, in their order, with other work in between."""
    clock = Clock()
    now = 0.0
    clock.monotonic = lambda: now
    fan_out, order = FanOut(clock), []

    def step(number):
        def run():
            nonlocal now
            now += 0.0015
            order.append(number)

        return run

    fan_out.turns.extend([step(number) for number in range(6)])
    asyncio.get_running_loop().call_soon(order.append, "request")
    await settle()

    assert order == [0, 1, "request", 2, 3, 4, 5]


async def test_callers_without_a_budget_come_last(fan_out):
    """The callers of a group are asked in turn; one that could not pay is asked last the next time."""
    group = pump.Group(Source(Feed()), fan_out.turns, SizeBudget(1000), lambda started: None)
    subscriptions = [group.join(name, None) for name in ("first", "second", "third", "second")]

    payers = group.callers()
    tried = [next(payers), next(payers)]
    payers.close()
    subscriptions[2].close()
    subscriptions[3].close()

    assert (tried, list(group.callers())) == (["first", "second"], ["second", "first"])
