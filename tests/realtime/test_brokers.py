"""What every broker promises: order, resuming, no gap, no duplicate, and what a slow reader meets."""

import asyncio
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.errors import BadUserInput
from dexter_graphql.realtime.brokers.base import Gap, Item, Position
from dexter_graphql.realtime.brokers.memory import MemoryBroker
from dexter_graphql.realtime.brokers.positions import PositionSigner
from dexter_graphql.realtime.changes import Stream, Topic
from support.command import PATIENCE_S
from support.realtime import make_change

ISSUES, ERRORS = Topic("acme", Stream.ISSUES), Topic("acme", Stream.ERRORS)


@pytest.fixture(params=[MemoryBroker], ids=lambda kind: kind.__name__)
def broker(request):
    """An empty broker of each kind that keeps four changes of a topic."""
    return request.param(max_changes=4)


async def published(broker, *subjects, **different):
    """Positions after each of the changes."""
    return [await broker.publish(make_change(subject, **different)) for subject in subjects]


async def read(broker, after, count, topic=ISSUES):
    """What follows a position: subjects, and gaps as they are."""
    async with aclosing(broker.read(topic, after)) as found:
        return [_plain(await asyncio.wait_for(anext(found), PATIENCE_S)) for _ in range(count)]


def _plain(found):
    return found.change.subject if isinstance(found, Item) else found


async def test_changes_come_in_order(broker):
    """As published, each once, each with the position right after it."""
    start = await broker.newest(ISSUES)
    positions = await published(broker, "1", "2", "3")

    async with aclosing(broker.read(ISSUES, start)) as found:
        items = [await asyncio.wait_for(anext(found), PATIENCE_S) for _ in range(3)]

    assert [(item.change.subject, item.position) for item in items] == list(zip("123", positions, strict=True))


async def test_reader_waits_for_what_comes(broker):
    """What is kept comes first, then what is published, without a gap or a duplicate between."""
    start = await broker.newest(ISSUES)
    await published(broker, "1")

    async with aclosing(broker.read(ISSUES, start)) as found:
        assert _plain(await anext(found)) == "1"
        waiting = asyncio.ensure_future(anext(found))
        await asyncio.sleep(0)
        assert not waiting.done()
        await published(broker, "2", "3")

        assert _plain(await asyncio.wait_for(waiting, PATIENCE_S)) == "2"
        assert _plain(await asyncio.wait_for(anext(found), PATIENCE_S)) == "3"


async def test_readers_do_not_take_from_each_other(broker):
    """Everybody sees everything."""
    start = await broker.newest(ISSUES)
    readers = [asyncio.ensure_future(read(broker, start, 3)) for _ in range(5)]
    await asyncio.sleep(0)
    await published(broker, "1", "2", "3")

    assert await asyncio.gather(*readers) == [["1", "2", "3"]] * 5


@pytest.mark.parametrize("seen", [0, 1, 2, 3])
async def test_reading_resumes_after_any_position(broker, seen):
    """The rest comes, and nothing twice."""
    start = await broker.newest(ISSUES)
    positions = [start, *await published(broker, "1", "2", "3", "4")]

    assert await read(broker, positions[seen], 4 - seen) == list("1234")[seen:]


async def test_newest_is_after_everything(broker):
    """Whoever begins now gets what comes."""
    await published(broker, "1", "2")
    now = await broker.newest(ISSUES)
    await published(broker, "3")

    assert await read(broker, now, 1) == ["3"]


@pytest.mark.parametrize(("count", "missed"), [(4, None), (5, 1), (9, 5)])
async def test_reader_that_is_too_slow_is_told_how_many_it_missed(broker, count, missed):
    """One change more than is kept is one lost; what is kept follows the gap."""
    start = await broker.newest(ISSUES)
    subjects = [str(n) for n in range(count)]
    positions = await published(broker, *subjects)

    found = await read(broker, start, 4 + bool(missed))

    assert found[-4:] == subjects[-4:]
    assert found[:-4] == ([Gap(positions[missed - 1], missed)] if missed else [])


async def test_reader_that_falls_behind_while_reading_is_told_too(broker):
    """Nothing is queued for it; it goes on with what is kept."""
    start = await broker.newest(ISSUES)
    await published(broker, "0")
    async with aclosing(broker.read(ISSUES, start)) as found:
        assert _plain(await anext(found)) == "0"
        await published(broker, *"123456")

        gap = await anext(found)
        rest = [_plain(await anext(found)) for _ in range(4)]

    assert (gap.missed, rest) == (2, list("3456"))


@pytest.mark.parametrize("offset", [0, 1, 2, 99])
async def test_position_of_another_epoch_continues_with_new_changes(broker, offset):
    """Another broker's reader may have what is kept here: a gap of unknown size, then new changes, none twice."""
    *_, newest = await published(broker, "1", "2")
    async with aclosing(broker.read(ISSUES, Position("other", offset))) as items:
        gap = await anext(items)
        await published(broker, "3")

        assert (gap, _plain(await anext(items))) == (Gap(newest, None), "3")


async def test_position_from_the_future_continues_with_new_changes(broker):
    """An offset that was not reached is of no change in this memory."""
    [newest] = await published(broker, "1")
    async with aclosing(broker.read(ISSUES, Position(newest.epoch, newest.offset + 1))) as items:
        gap = await anext(items)
        await published(broker, "2")

        assert (gap, _plain(await anext(items))) == (Gap(newest, None), "2")


@pytest.mark.parametrize("epoch", [None, "other"])
async def test_gap_of_unknown_size_is_resumed_without_duplicates(broker, epoch):
    """The position of such a gap is one of this broker: what follows it comes once."""
    [newest] = await published(broker, "1")
    [gap] = await read(broker, Position(epoch or newest.epoch, newest.offset + 1), 1)
    await published(broker, "2")

    assert await read(broker, gap.position, 1) == ["2"]


async def test_topics_are_kept_apart(broker):
    """A flood of errors drives out no issue, and organizations do not see each other."""
    start = await broker.newest(ISSUES)
    await published(broker, "1")
    await published(broker, *map(str, range(100)), stream=Stream.ERRORS)
    await published(broker, "x", organization="globex")
    await published(broker, "2")

    assert await read(broker, start, 2) == ["1", "2"]


class TestMemoryBroker:
    """The bounds of what one process keeps."""

    @pytest.mark.parametrize(("size", "kept"), [(488, 4), (1488, 2), (9000, 1)])
    async def test_topic_is_bounded_in_bytes(self, size, kept):
        """Large objects drive out more; the newest change is always kept."""
        broker = MemoryBroker(max_bytes=4000)
        start = await broker.newest(ISSUES)
        await published(broker, *"12345678", object=b"x" * size)

        found = await read(broker, start, 1 + kept)

        assert found[0].missed == 8 - kept
        assert found[1:] == list("12345678")[-kept:]

    async def test_unread_topics_are_forgotten_oldest_first(self):
        """One topic more than allowed costs the one that nobody used for the longest."""
        broker = MemoryBroker(max_topics=2)
        for organization in ("a", "b", "a", "c"):
            await published(broker, organization, organization=organization)

        places = {name: Topic(name, Stream.ISSUES) for name in "abc"}
        kept = [name for name, topic in places.items() if topic in broker._rings]

        assert kept == ["a", "c"]

    async def test_topic_that_is_read_is_kept(self):
        """A reader never loses its topic; there may be more topics than allowed meanwhile."""
        broker = MemoryBroker(max_topics=1)
        async with aclosing(broker.read(ISSUES, await broker.newest(ISSUES))) as found:
            waiting = asyncio.ensure_future(anext(found))
            await asyncio.sleep(0)
            for organization in ("a", "b", "c"):
                await published(broker, "x", organization=organization)
            assert repr(broker) == "<MemoryBroker 2 topics, 1 readers>"
            await published(broker, "1")

            assert _plain(await asyncio.wait_for(waiting, PATIENCE_S)) == "1"

    async def test_forgotten_topic_begins_anew(self):
        """A position in it is one of another epoch."""
        broker = MemoryBroker(max_topics=1)
        [position] = await published(broker, "1")
        await published(broker, "2", organization="globex")
        [newest] = await published(broker, "3")

        assert await read(broker, position, 1) == [Gap(newest, None)]

    async def test_epochs_differ(self):
        """Two brokers, and two topics of one, do not understand each other's positions."""
        broker = MemoryBroker()
        positions = [await broker.newest(ISSUES), await broker.newest(ERRORS), await MemoryBroker().newest(ISSUES)]

        assert len({position.epoch for position in positions}) == 3


class TestPositionSigner:
    """Positions as text."""

    signer = PositionSigner(b"key")

    @given(st.text(), st.integers(0, 2**60), st.text(), st.sampled_from(Stream))
    def test_position_is_read_as_it_was_written(self, epoch, offset, organization, stream):
        """Whatever stands in it comes back, as long as it is no longer than positions are."""
        topic, position = Topic(organization, stream), Position(epoch[:20], offset)

        text = self.signer.serialize(topic, position)

        assert self.signer.parse(topic, text) == position
        assert not set(text) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")

    @given(st.text() | st.binary().map(lambda raw: raw.hex()) | st.text("ABCabc019-_=", max_size=300))
    def test_garbage_is_refused(self, text):
        """Any text that was not written here is the client's mistake and nothing else."""
        with pytest.raises(BadUserInput, match="not a position of this stream"):
            self.signer.parse(ISSUES, text)

    @pytest.mark.parametrize("topic", [ERRORS, Topic("globex", Stream.ISSUES), Topic("", Stream.ISSUES)])
    def test_other_topic_is_refused(self, topic):
        """A position of one organization or stream opens no other."""
        text = self.signer.serialize(ISSUES, Position("epoch", 7))

        with pytest.raises(BadUserInput, match="not a position of this stream"):
            self.signer.parse(topic, text)

    def test_other_key_is_refused(self):
        """A server with another key did not write it."""
        text = PositionSigner(b"other").serialize(ISSUES, Position("epoch", 7))

        with pytest.raises(BadUserInput, match="not a position of this stream"):
            self.signer.parse(ISSUES, text)

    @pytest.mark.parametrize("place", [0, 5, 16, 20, -2])
    def test_changed_text_is_refused(self, place):
        """Nobody moves a position by changing a character of it."""
        text = self.signer.serialize(ISSUES, Position("epoch", 7))
        changed = list(text)
        changed[place] = "A" if changed[place] != "A" else "B"

        with pytest.raises(BadUserInput):
            self.signer.parse(ISSUES, "".join(changed))

    def test_longer_text_is_refused(self):
        """Positions have a largest length; what is longer is not looked at as a whole."""
        text = self.signer.serialize(ISSUES, Position("epoch" * 100, 7))

        with pytest.raises(BadUserInput):
            self.signer.parse(ISSUES, text)
