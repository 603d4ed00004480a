"""The broker in Redis: several replicas, restarts, outages, and what other programs do to its keys."""

import asyncio
import os
import signal
import time
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dexter_graphql.realtime.brokers.base import BrokerUnavailable, Gap, Outcome, Report, Retention
from dexter_graphql.realtime.brokers.redis_keys import ChangeCodec
from dexter_graphql.realtime.changes import Origin, Stream
from dexter_graphql.sentry.redis.encryption import Cipher
from support.brokers import ERRORS, ISSUES, numbers, redis_broker, shared_server, take
from support.command import PATIENCE_S
from support.realtime import make_change
from support.redis import running_redis

KEY = b"the same on all replicas, 32 bytes"
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")
CODEC = ChangeCodec(Cipher(KEY))
KEYS = CODEC.keys(ISSUES)


@pytest.fixture
async def server():
    """A Redis server for one test, which keeps what it acknowledged."""
    async with running_redis(*DURABLE) as server:
        yield server


@pytest.fixture
async def replicas(server):
    """Two brokers on one server."""
    async with redis_broker(server=server, key=KEY) as first, redis_broker(server=server, key=KEY) as second:
        yield first, second


@pytest.fixture
async def broker(server):
    """One broker on a server of its own."""
    async with redis_broker(server=server, key=KEY) as under_test:
        yield under_test


async def publish_until_done(under_test, subjects):
    """Publish each subject until it is acknowledged, as a receiver with a journal does."""
    for subject in subjects:
        change = make_change(subject)
        while True:
            try:
                await under_test.broker.publish(Report(change, subject.encode()))
            except BrokerUnavailable:
                await asyncio.sleep(0.02)
            else:
                break


async def read_until(entries, last):
    """Everything that a reader receives until the subject `last`."""
    received = []
    while not received or received[-1] != last:
        received += await take(entries, 1)
    return received


class TestReplicas:
    """What one replica publishes, all replicas deliver."""

    async def test_readers_of_all_replicas_receive_every_change(self, replicas):
        """Changes of both replicas come in one order, each once."""
        first, second = replicas
        start = await first.newest()
        readers = [asyncio.ensure_future(replica.read(start, 20)) for replica in replicas for _ in range(2)]
        for number in range(10):
            await first.publish(f"a{number}")
            await second.publish(f"b{number}")

        received = await asyncio.gather(*readers)

        assert len({tuple(subjects) for subjects in received}) == 1
        assert received[0] == [f"{name}{number}" for number in range(10) for name in "ab"]

    async def test_stream_resumes_on_another_replica(self, replicas):
        """A position of one replica is one of the other."""
        first, second = replicas
        positions = await first.positions(*numbers(5))

        assert await second.read(positions[1], 3) == numbers(3, start=2)

    async def test_reports_of_one_fact_on_two_replicas_are_one(self, replicas):
        """A webhook that both receive, and the mutation that one of them made."""
        first, second = replicas
        outcomes = [
            *await first.publish("1", origin=Origin.MUTATION),
            *await second.publish("1", body_hash=b"body"),
            *await first.publish("1", body_hash=b"body"),
        ]

        assert outcomes == [Outcome.PUBLISHED, Outcome.DUPLICATE, Outcome.REDELIVERY]

    @pytest.mark.parametrize("origin", list(Origin))
    async def test_reader_of_another_replica_finds_no_older_answer(self, replicas, origin):
        """Its cache tags are invalidated before the reader wakes, also for the mutation of another replica."""
        first, second = replicas
        async with second.reading(await second.newest()) as entries:
            waiting = asyncio.ensure_future(anext(entries))
            seen = []
            waiting.add_done_callback(lambda _: seen.extend(second.invalidated))
            await asyncio.sleep(0.02)
            await first.publish("1", origin=origin, tags=("issue/1",))
            await asyncio.wait_for(waiting, PATIENCE_S)
            await asyncio.sleep(0)

        assert seen == ["issue/1"]

    @pytest.mark.parametrize("count", [3, 700, 1200])
    async def test_replica_that_started_later_delivers_older_changes(self, server, count):
        """More than it has in memory comes from Redis, in order and once."""
        async with redis_broker(server=server, key=KEY) as first:
            start = await first.newest()
            await asyncio.gather(*(first.publish(subject) for subject in numbers(count)))
            newest = await first.newest()
        async with redis_broker(server=server, key=KEY) as second:
            received = await second.read(start, count)
            await second.publish("new")
            async with second.reading(start) as entries:
                again = await read_until(entries, "new")

        assert sorted(received, key=int) == numbers(count)
        assert again == [*received, "new"]
        assert newest.offset == count

    async def test_topics_have_a_retention_of_their_own(self, server):
        """A flood of errors drops errors only."""
        async with redis_broker(Retention(max_changes=5), server=server, key=KEY) as broker:
            starts = {topic: await broker.newest(topic) for topic in (ISSUES, ERRORS)}
            await broker.publish("1")
            await broker.publish(*numbers(20), stream=Stream.ERRORS)
        async with redis_broker(Retention(max_changes=5), server=server, key=KEY) as broker:
            assert await broker.read(starts[ISSUES], 1) == ["1"]
            [gap] = await broker.read(starts[ERRORS], 1, topic=ERRORS)

        assert gap.missed == 15


class TestRestarts:
    """Redis ends and comes back while readers and publishers run."""

    async def test_nothing_acknowledged_is_lost(self, server, replicas):
        """Redis is killed twice: every reader receives every acknowledged change exactly once."""
        first, second = replicas
        start = await first.newest()
        readers = [asyncio.ensure_future(replica.read(start, 120)) for replica in replicas]
        publishing = asyncio.ensure_future(publish_until_done(first, numbers(120)))
        for _ in range(2):
            await asyncio.sleep(0.03)
            server.kill()
            await asyncio.sleep(0.03)
            await server.start()
            first.clock.go_on(10)
            second.clock.go_on(10)
        await asyncio.wait_for(publishing, PATIENCE_S)

        assert await asyncio.wait_for(asyncio.gather(*readers), PATIENCE_S) == [numbers(120)] * 2

    async def test_lost_data_is_a_gap_of_unknown_size(self, broker):
        """Redis comes back empty: open readers have a gap, and then every new change once."""
        async with broker.reading(await broker.newest()) as entries:
            await broker.publish("1")
            assert await take(entries, 1) == ["1"]
            async with broker.server.client() as client:
                await client.flushall()
            await broker.publish("2", "3")
            gap, *rest = await read_until(entries, "3")

        assert (gap.missed, rest) == (None, ["2", "3"])

    @pytest.mark.parametrize("lost", [1, 3, 5])
    async def test_lost_tail_is_a_gap_of_unknown_size(self, broker, lost):
        """A primary that failed over to older data: sequence numbers are used again, and readers notice."""
        positions = await broker.positions(*numbers(5))
        async with broker.server.client() as client:
            older = positions[4 - lost] if lost < 5 else positions[0]._replace(offset=0)
            await client.hset(KEYS.head, mapping={"offset": older.offset})
            await client.xtrim(KEYS.stream, maxlen=0)
        broker.clock.go_on(1)
        await broker.publish(*"abcdef")

        async with redis_broker(server=broker.server, key=KEY) as later, later.reading(positions[-1]) as entries:
            later.clock.go_on(1)
            [gap] = await take(entries, 1)
            await later.publish("new")

            assert [gap.missed, *await take(entries, 1)] == [None, "new"]

    async def test_reading_starts_while_redis_is_away(self, server, broker):
        """A stream that resumes meanwhile waits, and continues where it was."""
        start = await broker.newest()
        await broker.publish("1", "2")
        server.kill()
        reading = asyncio.ensure_future(broker.read(start, 2))
        await asyncio.sleep(0.05)
        assert not reading.done()
        await server.start()
        broker.clock.go_on(10)

        assert await asyncio.wait_for(reading, PATIENCE_S) == ["1", "2"]

    async def test_readers_that_wait_can_be_closed(self, server, broker):
        """A stream that ends while Redis is away leaves nothing behind."""
        start = await broker.newest()
        server.kill()
        reading = asyncio.ensure_future(broker.read(start, 1))
        await asyncio.sleep(0.05)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

        assert repr(broker.broker) == "<RedisBroker <TopicReader of 0 topics, 0 readers>>"

    @pytest.mark.parametrize("stop", ["kill", "freeze"])
    async def test_publication_fails_at_once(self, server, stop):
        """A webhook is refused within 30 ms, whether Redis is gone or frozen; its repetition is published."""
        async with redis_broker(server=server, key=KEY, patience_s=0.03) as broker:
            await publish_until_done(broker, ["1"])
            server.kill() if stop == "kill" else server.signal(signal.SIGSTOP)
            change, took = make_change("2"), []
            for _ in range(5):
                started = time.monotonic()
                with pytest.raises(BrokerUnavailable):
                    await broker.broker.publish(Report(change))
                took.append(time.monotonic() - started)
            await server.start() if stop == "kill" else server.signal(signal.SIGCONT)
            broker.clock.go_on(10)
            outcome = None
            while outcome is None:
                broker.clock.go_on(10)
                try:
                    outcome = await broker.broker.publish(Report(change))
                except BrokerUnavailable:
                    await asyncio.sleep(0.02)

            assert sorted(took)[2] < 0.2
            assert outcome in {Outcome.PUBLISHED, Outcome.REDELIVERY}
            assert (await broker.newest()).offset == 2

    async def test_new_streams_are_refused_meanwhile(self, server, broker):
        """A stream that starts with new changes needs to know where it starts."""
        server.kill()

        with pytest.raises(BrokerUnavailable, match="Redis"):
            await broker.newest()


@asynccontextmanager
async def counted(server):
    """Counts the commands that Redis ran in the block, in a list."""
    commands = []
    async with server.client() as client:
        before = await client.info("commandstats")
        yield commands
        after = await client.info("commandstats")
    for name, figures in after.items():
        if name not in {"cmdstat_info", "cmdstat_client|setinfo", "cmdstat_hello", "cmdstat_select"}:
            calls = figures["calls"] - before.get(name, {"calls": 0})["calls"]
            commands += [name.removeprefix("cmdstat_")] * calls


class TestCommands:
    """What readers cost Redis."""

    async def test_reconnects_cost_nothing(self, broker, server):
        """A thousand streams that resume within the recent changes are served from memory."""
        positions = await broker.positions(*numbers(50))
        await broker.read(positions[0], 1)
        async with counted(server) as commands:
            received = await asyncio.gather(*(broker.read(positions[number % 49], 1) for number in range(1000)))

        assert received == [[str(number % 49 + 1)] for number in range(1000)]
        assert len(commands) < 10  # of the blocking reader, however long this takes
        assert not set(commands) - {"xread", "evalsha"}

    async def test_reconnects_after_a_restart_cost_little(self, broker, server):
        """A replica that has just started reads the recent changes once for all streams that resume."""
        positions = await broker.positions(*numbers(50))
        async with redis_broker(server=server, key=KEY) as later, counted(server) as commands:
            await asyncio.gather(*(later.read(positions[number % 49], 1) for number in range(1000)))

        assert commands.count("xrevrange") == 1
        assert len(commands) < 40

    async def test_reconnects_far_behind_share_pages(self, broker, server):
        """Streams that resume before the recent changes read few pages together."""
        start = await broker.newest()
        await asyncio.gather(*(broker.publish(subject) for subject in numbers(1500)))
        async with broker.reading(start) as entries:
            positions = [(await asyncio.wait_for(anext(entries), PATIENCE_S)).position for _ in range(400)]
        async with redis_broker(server=server, key=KEY) as later:
            await later.read(await later.newest(), 0)
            async with counted(server) as commands:
                await asyncio.gather(*(later.read(positions[number % 400], 1) for number in range(1000)))

        assert commands.count("xrange") < 20

    async def test_concurrent_publications_are_one_exchange(self, broker, server):
        """A burst of webhooks is a few pipelines, and each publication one command."""
        await broker.publish("first")
        async with counted(server) as commands:
            outcomes = await asyncio.gather(*(broker.publish(subject) for subject in numbers(100)))

        assert outcomes == [[Outcome.PUBLISHED]] * 100
        assert commands.count("evalsha") == 100
        assert "script|load" not in commands


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.integers(0, 1), st.integers(1, 6)),
        st.tuples(st.just("read"), st.integers(0, 1), st.integers(1, 6)),
    ),
    max_size=12,
)
"""Which replica publishes how many changes, or continues the stream for how many items."""


@settings(max_examples=40)
@given(steps=STEPS, kept=st.sampled_from([2, 5, 40, 100_000]))
async def test_stream_over_replicas_loses_nothing(steps, kept):
    """However often a stream moves between replicas, each change comes once and in order, or is counted in a gap."""
    server, key, published, received, missed = await shared_server(), os.urandom(16), 0, [], 0
    retention = Retention(max_changes=kept)
    async with (
        redis_broker(retention, server=server, key=key) as first,
        redis_broker(retention, server=server, key=key) as second,
    ):
        position = await first.newest()
        for action, index, count in (*steps, ("read", 0, 10_000)):
            replica = (first, second)[index]
            if action == "publish":
                await replica.publish(*numbers(count, start=published))
                published += count
                continue
            async with replica.reading(position) as entries:
                for _ in range(min(count, published - position.offset)):
                    if position.offset == published:
                        break
                    entry = await asyncio.wait_for(anext(entries), PATIENCE_S)
                    position = entry.position
                    if isinstance(entry, Gap):
                        missed += entry.missed
                    else:
                        received.append(int(entry.change.subject))
                        assert received[-1] == len(received) + missed - 1

    assert len(received) + missed == published
