"""What every broker promises: order, resuming without a gap or a duplicate, and what a slow reader receives."""

import asyncio
import os
from dataclasses import replace

import pytest

from dexter_graphql.realtime.brokers.base import Gap, Outcome, Position, Report, Retention
from dexter_graphql.realtime.changes import Origin, Stream, Topic
from support.brokers import BROKERS, COMMENTS, ERRORS, ISSUES, plain, take
from support.command import PATIENCE_S
from support.realtime import make_change

FOUR = Retention(max_changes=4)


@pytest.fixture(params=BROKERS)
async def broker(request):
    """An empty broker of each kind that keeps four changes of a topic."""
    async with BROKERS[request.param](FOUR) as under_test:
        yield under_test


async def test_changes_come_in_order(broker):
    """Changes come as published, each once, each with the position right after it."""
    start = await broker.newest()
    positions = await broker.positions("1", "2", "3")

    async with broker.reading(start) as entries:
        items = [await asyncio.wait_for(anext(entries), PATIENCE_S) for _ in range(3)]

    assert [(item.change.subject, item.position) for item in items] == list(zip("123", positions, strict=True))
    assert {item.topic for item in items} == {ISSUES}


async def test_reader_waits_for_new_changes(broker):
    """Kept changes come first, then new ones, without a gap or a duplicate between."""
    start = await broker.newest()
    await broker.publish("1")

    async with broker.reading(start) as entries:
        assert await take(entries, 1) == ["1"]
        waiting = asyncio.ensure_future(anext(entries))
        await asyncio.sleep(0)
        assert not waiting.done()
        await broker.publish("2", "3")

        assert plain(await asyncio.wait_for(waiting, PATIENCE_S)) == "2"
        assert await take(entries, 1) == ["3"]


async def test_readers_do_not_take_from_each_other(broker):
    """Every reader receives every change."""
    start = await broker.newest()
    readers = [asyncio.ensure_future(broker.read(start, 3)) for _ in range(5)]
    await asyncio.sleep(0)
    await broker.publish("1", "2", "3")

    assert await asyncio.gather(*readers) == [["1", "2", "3"]] * 5


@pytest.mark.parametrize("seen", [0, 1, 2, 3])
async def test_reading_resumes_after_any_position(broker, seen):
    """The remaining changes come, and none twice."""
    start = await broker.newest()
    positions = [start, *await broker.positions("1", "2", "3", "4")]

    assert await broker.read(positions[seen], 4 - seen) == list("1234")[seen:]


async def test_newest_is_after_everything(broker):
    """A reader that begins now receives new changes only."""
    await broker.publish("1", "2")
    now = await broker.newest()
    await broker.publish("3")

    assert await broker.read(now, 1) == ["3"]


@pytest.mark.parametrize(("count", "missed"), [(4, None), (5, 1), (9, 5)])
async def test_gap_says_how_many_are_gone(broker, count, missed):
    """One change more than is kept is one missed change; the kept ones follow the gap."""
    start = await broker.newest()
    subjects = [str(number) for number in range(count)]
    positions = await broker.positions(*subjects)

    entries = await broker.read(start, 4 + bool(missed))

    assert entries[-4:] == subjects[-4:]
    gaps = [(gap.topic, gap.position.epoch, gap.position.offset, gap.missed) for gap in entries[:-4]]
    assert gaps == ([(ISSUES, start.epoch, positions[missed - 1].offset, missed)] if missed else [])


async def test_gap_is_resumed_with_the_kept_changes(broker):
    """The position of a gap is the one before the oldest kept change."""
    start = await broker.newest()
    await broker.publish(*"1234567")
    [gap] = await broker.read(start, 1)

    assert await broker.read(gap.position, 4) == list("4567")


async def test_reader_that_falls_behind_gets_a_gap(broker):
    """Nothing is queued for a reader; it continues with the changes that are kept, in Redis or in memory."""
    start = await broker.newest()
    await broker.publish("0")
    async with broker.reading(start) as entries:
        assert await take(entries, 1) == ["0"]
        await broker.publish(*"123456")

        received = await take(entries, 1)
        while received[-1] != "6":
            received += await take(entries, 1)

    gaps = [entry.missed for entry in received if isinstance(entry, Gap)]
    assert sum(gaps) <= 2
    assert received[len(gaps) :] == list("123456")[sum(gaps) :]


@pytest.mark.parametrize("kind", BROKERS)
async def test_burst_shorter_than_the_retention_is_delivered(kind):
    """A reader that is slower than thousands of changes receives all of them, without a gap and in order."""
    count = 2_300  # more than a replica keeps in memory beside Redis
    async with BROKERS[kind]() as broker, broker.reading(await broker.newest()) as entries:
        await broker.publish("first")
        assert await take(entries, 1) == ["first"]
        reports = (Report(make_change(str(number), object=b"x" * 1000)) for number in range(count))
        outcomes = await asyncio.gather(*map(broker.broker.publish, reports))

        received = await take(entries, count)

    assert set(outcomes) == {Outcome.PUBLISHED}
    assert received == [str(number) for number in range(count)]


@pytest.mark.parametrize("offset", [0, 1, 2, 99])
async def test_position_of_another_epoch_continues_with_new_changes(broker, offset):
    """Another broker's reader may have what is kept here: a gap of unknown size, then new changes, none twice."""
    *_, newest = await broker.positions("1", "2")
    async with broker.reading(Position("other", offset, newest.at_ms)) as entries:
        [gap] = await take(entries, 1)
        await broker.publish("3")

        assert [gap, *await take(entries, 1)] == [Gap(ISSUES, newest, None), "3"]


async def test_position_from_the_future_continues_with_new_changes(broker):
    """A position that was not reached is of no change that is kept here."""
    [newest] = await broker.positions("1")
    async with broker.reading(newest._replace(offset=newest.offset + 1)) as entries:
        [gap] = await take(entries, 1)
        await broker.publish("2")

        assert [gap, *await take(entries, 1)] == [Gap(ISSUES, newest, None), "2"]


@pytest.mark.parametrize("epoch", [None, "other"])
async def test_gap_of_unknown_size_is_resumed_without_duplicates(broker, epoch):
    """The position of such a gap is one of this broker: every change after it comes once."""
    [newest] = await broker.positions("1")
    [gap] = await broker.read(Position(epoch or newest.epoch, newest.offset + 1, newest.at_ms), 1)
    await broker.publish("2")

    assert await broker.read(gap.position, 1) == ["2"]


async def test_topics_are_kept_apart(broker):
    """A flood of errors evicts no issue, and organizations do not see each other."""
    start = await broker.newest()
    await broker.publish("1")
    await broker.publish(*map(str, range(100)), stream=Stream.ERRORS)
    await broker.publish("x", organization="globex")
    await broker.publish("2")

    assert await broker.read(start, 2) == ["1", "2"]


async def test_topics_have_epochs_of_their_own(broker):
    """A position of one topic is none of another."""
    positions = await broker.broker.newest([ISSUES, ERRORS, Topic("globex", Stream.ISSUES)])

    assert len({position.epoch for position in positions.values()}) == 3


async def test_several_topics_are_one_stream_in_order_of_arrival(broker):
    """What was published first comes first, whichever topic it is of."""
    starts = await broker.broker.newest([ISSUES, COMMENTS])
    for number in range(6):
        broker.clock.go_on(1)
        await broker.publish(str(number), stream=(Stream.ISSUES, Stream.COMMENTS)[number % 2])

    async with broker.reading(*starts.values(), topics=tuple(starts)) as entries:
        assert await take(entries, 6) == list("012345")
        await broker.publish("6", stream=Stream.COMMENTS)
        await broker.publish("7")

        assert sorted(await take(entries, 2)) == ["6", "7"]


async def test_several_topics_resume_at_their_own_positions(broker):
    """A reader that is ahead in one topic receives the rest of the other."""
    starts = await broker.broker.newest([ISSUES, COMMENTS])
    issues = await broker.positions("1", "2")
    await broker.publish("3", "4", stream=Stream.COMMENTS)

    async with broker.reading(issues[0], starts[COMMENTS], topics=(ISSUES, COMMENTS)) as entries:
        assert sorted(await take(entries, 3)) == ["2", "3", "4"]


async def test_gap_of_one_topic_does_not_end_the_others(broker):
    """A gap belongs to its topic; all changes of the other topic come."""
    starts = await broker.broker.newest([ISSUES, COMMENTS])
    await broker.publish("a", stream=Stream.COMMENTS)
    await broker.publish(*"123456")

    async with broker.reading(*starts.values(), topics=tuple(starts)) as entries:
        taken = [await asyncio.wait_for(anext(entries), PATIENCE_S) for _ in range(6)]

    gaps = [entry for entry in taken if isinstance(entry, Gap)]
    assert [(gap.topic, gap.missed) for gap in gaps] == [(ISSUES, 2)]
    assert sorted(plain(entry) for entry in taken if entry not in gaps) == ["3", "4", "5", "6", "a"]


async def test_change_comes_as_it_was_published(broker):
    """Every member survives the broker."""
    start = await broker.newest()
    members = {
        "level": "error",
        "project": "web",
        "project_id": "7",
        "projects": ("web", "api"),
        "object": b'{"id": "1"}',
        "state": "resolved/",
        "tags": ("issues/acme", "issue/1"),
    }
    await broker.publish("1", **members)

    async with broker.reading(start) as entries:
        change = (await asyncio.wait_for(anext(entries), PATIENCE_S)).change

    assert {name: getattr(change, name) for name in members} == members


@pytest.mark.parametrize(
    ("origin", "invalidated"), [(Origin.WEBHOOK, ["issue/1"]), (Origin.POLL, ["issue/1"]), (Origin.MUTATION, [])]
)
async def test_tags_are_invalidated_before_readers_wake(broker, origin, invalidated):
    """A reader that a change wakes finds no older answer in the cache. A mutation's write has invalidated its tags."""
    start = await broker.newest()
    async with broker.reading(start) as entries:
        waiting = asyncio.ensure_future(anext(entries))
        seen = []
        waiting.add_done_callback(lambda _: seen.extend(dict.fromkeys(broker.invalidated)))
        await asyncio.sleep(0)
        await broker.publish("1", origin=origin, tags=("issue/1",))
        await asyncio.wait_for(waiting, PATIENCE_S)
        await asyncio.sleep(0)

    assert seen == invalidated


@pytest.mark.parametrize("retention", [Retention(max_age_s=60.0)])
async def test_changes_are_dropped_by_age(retention):
    """A change older than the retention is dropped when the next one is published."""
    for name, kind in BROKERS.items():
        async with kind(retention) as broker:
            start = await broker.newest()
            await broker.publish("1", "2")
            broker.clock.go_on(61)
            await broker.publish("3")

            gap, item = await broker.read(start, 2)

            assert (name, gap.missed, item) == (name, 2, "3")


@pytest.mark.parametrize(("size", "kept"), [(488, 4), (1488, 2), (9000, 1)])
async def test_changes_are_dropped_by_size(size, kept):
    """Large objects evict more; the newest change is always kept."""
    for name, kind in BROKERS.items():
        async with kind(replace(FOUR, max_bytes=4000, max_changes=100)) as broker:
            start = await broker.newest()
            await broker.publish(*"12345678", object=os.urandom(size))

            gap, *rest = await broker.read(start, 1 + kept)

            assert (name, gap.missed, rest) == (name, 8 - kept, list("12345678")[-kept:])


async def test_clock_that_goes_back_loses_nothing(broker):
    """Changes keep their order, and a reader resumes between them."""
    start = await broker.newest()
    before = await broker.positions("1", "2")
    broker.clock.go_on(-3600)
    after = await broker.positions("3")

    assert await broker.read(start, 3) == ["1", "2", "3"]
    assert await broker.read(before[1], 1) == ["3"]
    broker.clock.go_on(7200)
    await broker.publish("4")
    assert await broker.read(after[0], 1) == ["4"]
