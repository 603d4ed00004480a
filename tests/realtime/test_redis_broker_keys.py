"""The keys of the broker in Redis: their slots, bounds, lifetimes, and the encryption of what they hold."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from dexter_graphql.realtime.brokers.base import Outcome, Retention
from dexter_graphql.realtime.brokers.redis_keys import ChangeCodec
from dexter_graphql.realtime.changes import Stream, Topic
from dexter_graphql.realtime.deduplication import MAX_DELIVERIES, MAX_FACTS
from dexter_graphql.sentry.redis.encryption import Cipher
from support.brokers import ERRORS, ISSUES, numbers, redis_broker, take
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
async def broker(server):
    """One broker on a server of its own."""
    async with redis_broker(server=server, key=KEY) as under_test:
        yield under_test


class TestKeys:
    """What is stored, where, and how much."""

    @given(st.text(max_size=30), st.sampled_from(Stream), st.sampled_from(Stream))
    def test_keys_of_an_organization_are_in_one_hash_slot(self, organization, one, other):
        """A script of a topic, and all topics of an organization, can be served by one node of a cluster."""
        keys = {*CODEC.keys(Topic(organization, one)), *CODEC.keys(Topic(organization, other))}

        assert len({key_slot(key.encode()) for key in keys}) == 1

    def test_organizations_are_spread(self):
        """A hundred organizations are not in a few slots."""
        slots = {
            key_slot(CODEC.keys(Topic(f"organization-{number}", Stream.ISSUES)).head.encode()) for number in range(100)
        }

        assert len(slots) > 90

    async def test_nothing_can_be_read_without_the_key(self, broker):
        """Neither names nor contents say anything about organizations, issues and reporters."""
        words = (b"acme", b"issue", b"4711", b"secret", b"resolved", b"webhook")
        await broker.publish("4711", object=b'{"title": "secret"}', body_hash=b"body", state="resolved/")
        async with broker.server.client() as client:
            stored = b""
            for key in await client.keys():
                stored += key.replace(b":issues:", b"") + await client.dump(key)

        assert not [word for word in words if word in stored]

    async def test_what_is_remembered_is_bounded(self, broker):
        """When as much is remembered as is allowed, the older half is dropped."""
        await broker.publish("1", body_hash=b"one")
        async with broker.server.client() as client:
            for key, limit in ((KEYS.deliveries, MAX_DELIVERIES), (KEYS.facts, MAX_FACTS)):
                await client.hset(key, mapping={str(number): "x" for number in range(limit // 2)})
            await broker.publish("2", body_hash=b"two")
            moved = [
                await client.hlen(key) for key in (KEYS.deliveries, KEYS.old_deliveries, KEYS.facts, KEYS.old_facts)
            ]
            known = await broker.publish("1", body_hash=b"one")

        assert moved == [0, MAX_DELIVERIES // 2 + 2, 0, MAX_FACTS // 2 + 2]
        assert known == [Outcome.REDELIVERY]

    async def test_everything_about_changes_expires(self, broker):
        """Topics that are no longer used cost nothing after a while. Only deliveries stay, which prove bodies known."""
        await broker.publish("1", "2", body_hash=None)
        async with broker.server.client() as client:
            names = {key for key in await client.keys() if await client.ttl(key) < 0}

        assert names == {KEYS.deliveries.encode()}

    @pytest.mark.parametrize("bound", [{"max_changes": 320}, {"max_bytes": 100_000}])
    async def test_streams_are_trimmed_in_blocks(self, server, bound):
        """Large retentions are trimmed a block at a time; at least fifteen of sixteen parts are kept."""
        async with redis_broker(Retention(**bound), server=server, key=KEY) as broker:
            start = await broker.newest()
            sizes = []
            async with server.client() as client:
                for chunk in range(20):
                    await asyncio.gather(*(broker.publish(subject) for subject in numbers(50, start=chunk * 50)))
                    sizes.append((await client.xlen(KEYS.stream), int(await client.hget(KEYS.head, "bytes"))))
            kept, size_bytes = sizes[-1]
        async with redis_broker(server=server, key=KEY) as later:
            [gap] = await later.read(start, 1)

        limit = bound.get("max_changes") or bound["max_bytes"]
        assert all(size[list(bound) == ["max_bytes"]] <= limit for size in sizes)
        assert (kept, size_bytes)[list(bound) == ["max_bytes"]] > limit * 15 // 16 - 1000 * (
            list(bound) == ["max_bytes"]
        )
        assert gap.missed == 1000 - kept

    async def test_topic_without_readers_is_followed_for_a_while(self, broker):
        """A stream that reconnects finds it; after a minute it costs nothing."""
        await broker.positions("1")
        async with broker.reading(await broker.newest()) as entries:
            waiting = asyncio.ensure_future(anext(entries))
            await asyncio.sleep(0.02)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        states = [repr(broker.broker)]
        broker.clock.go_on(61)
        await broker.read((await broker.newest(ERRORS)), 0, topic=ERRORS)
        async with broker.reading(await broker.newest(ERRORS), topics=(ERRORS,)) as entries:
            await broker.publish("x", stream=Stream.ERRORS)
            await take(entries, 1)
            await broker.publish("y", stream=Stream.ERRORS)
            await take(entries, 1)
            states.append(repr(broker.broker))

        assert states == [
            "<RedisBroker <TopicReader of 1 topics, 0 readers>>",
            "<RedisBroker <TopicReader of 1 topics, 1 readers>>",
        ]
