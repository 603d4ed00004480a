"""The broker in Redis when other programs have changed its keys."""

import asyncio
import os

import pytest

from dexter_graphql.realtime.brokers.base import Gap, Retention
from dexter_graphql.realtime.brokers.redis_keys import KEY_TYPES, MAX_ENTRY_BYTES, ChangeCodec, TopicKeys
from dexter_graphql.realtime.changes import Stream
from dexter_graphql.sentry.redis.encryption import Cipher
from support.brokers import COMMENTS, ISSUES, numbers, plain, redis_broker, shared_server, unreadable
from support.command import PATIENCE_S
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


def wrong_type(name):
    """Replaces a key by one of another type."""

    async def damage(client, keys):
        key = getattr(keys, name)
        await client.delete(key)
        if getattr(KEY_TYPES, name) == "list":
            await client.set(key, "x")
        else:
            await client.rpush(key, "x")

    return damage


def deleted(name):
    """Deletes a key."""

    async def damage(client, keys):
        await client.delete(getattr(keys, name))

    return damage


def head_with(**fields):
    """Overwrites members of the head."""

    async def damage(client, keys):
        await client.hset(keys.head, mapping=fields)

    return damage


def foreign_entry(entry_id="*", **fields):
    """Adds an entry as another program would."""

    async def damage(client, keys):
        await client.xadd(keys.stream, fields or {"event": "x"}, id=entry_id)

    return damage


async def repeated_entries(client, keys):
    """Adds the entries that are there once more."""
    for _, fields in await client.xrange(keys.stream):
        await client.xadd(keys.stream, fields)


async def replaced_reports(client, keys):
    """Overwrites what is remembered of deliveries, objects and facts."""
    for name in ("deliveries", "subjects", "facts"):
        for field in await client.hkeys(getattr(keys, name)):
            await client.hset(getattr(keys, name), field, os.urandom(30))


async def blocks_of_nonsense(client, keys):
    """Overwrites the sizes of the blocks."""
    for index in range(await client.llen(keys.blocks)):
        await client.lset(keys.blocks, index, "nonsense")


NUMBERS = ("offset", "ms", "bytes", "first", "count", "size", "began")
ODD_NUMBERS = ["", "x", "-1", "1.5", "1e308", "inf", "nan", str(2**63), str(2**64 + 1), "\x00"]
DAMAGES = {
    "types": [wrong_type(name) for name in TopicKeys._fields],
    "missing keys": [deleted(name) for name in TopicKeys._fields],
    **{name: [head_with(**{name: text}) for text in ODD_NUMBERS] for name in NUMBERS},
    "ids": [head_with(id=text) for text in ("", "x", "0-0", "5-1", "9" * 20 + "-1")],
    "epochs": [head_with(epoch=text) for text in ("", "other", "x" * 1000, "\x00")],
    "foreign entries": [
        foreign_entry(),
        foreign_entry("9000000000000-5"),
        foreign_entry(f"{2**64 - 1}-{2**64 - 1}"),
        foreign_entry(**{str(number): "x" for number in range(50)}),
        repeated_entries,
    ],
    "contents": [replaced_reports, blocks_of_nonsense],
}


async def stream_over(damage, server):
    """What an open stream receives before and after the damage, and how many changes Redis has at the end."""
    key = os.urandom(16)
    keys = ChangeCodec(Cipher(key)).keys(ISSUES)
    async with redis_broker(Retention(max_changes=8), server=server, key=key) as broker, server.client() as client:
        async with broker.reading(await broker.newest()) as entries:
            received, six = [], asyncio.Event()
            reading = asyncio.create_task(collect(entries, received, six))
            await broker.publish(*numbers(6))
            await asyncio.wait_for(six.wait(), PATIENCE_S)
            await damage(client, keys)
            await broker.publish(*numbers(12, start=100))
            broker.clock.go_on(6)
            for number in range(200, 400):
                await broker.publish(str(number))
                await asyncio.sleep(0.05)
                if received[-1] == str(number):
                    break
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        return received[:6], received[6:], await client.xlen(keys.stream)


async def collect(entries, received, six):
    """Append everything that a reader receives to a list; sets an event after six entries."""
    async for entry in entries:
        received.append(plain(entry))
        if len(received) == 6:
            six.set()


class TestDamage:
    """Whatever another program does to the keys, publishing and reading go on, and no change comes twice."""

    @pytest.mark.parametrize("name", DAMAGES)
    async def test_streams_go_on(self, name):
        """New changes reach an open stream, each once and in order; what is missing is a gap."""
        server = await shared_server()

        for before, after, kept in await asyncio.gather(*(stream_over(damage, server) for damage in DAMAGES[name])):
            changes = [int(entry) for entry in after if not isinstance(entry, Gap)]
            assert before == numbers(6)
            assert changes == sorted(set(changes))
            assert min(changes) >= 100
            assert changes[:12] == list(range(100, 112)) or any(isinstance(entry, Gap) for entry in after)
            assert kept <= 8 + 1

    @pytest.mark.parametrize("size", [10, MAX_ENTRY_BYTES + 1])
    async def test_entry_that_cannot_be_decrypted_is_a_gap_of_one(self, broker, size):
        """It costs itself: the changes before and after it come."""
        start = await broker.newest()
        [position] = await broker.positions("1")
        async with broker.server.client() as client:
            await client.hset(KEYS.head, "offset", position.offset + 1)
            await client.xadd(KEYS.stream, {position.epoch: b"x" * size}, id=f"{position.at_ms}-{position.offset + 1}")
        await broker.publish("3")

        entries = await broker.read(start, 3)
        async with redis_broker(server=broker.server, key=KEY) as later:
            again = await later.read(start, 3)

        assert again == entries
        assert [entry.missed if isinstance(entry, Gap) else entry for entry in entries] == ["1", 1, "3"]
        assert unreadable(broker) == 1

    async def test_key_of_another_type_does_not_stop_other_topics(self, broker):
        """The reader of a replica repairs it and goes on."""
        comments = await broker.newest(COMMENTS)
        async with (
            broker.reading(await broker.newest()) as issues,
            broker.reading(comments, topics=(COMMENTS,)) as entries,
        ):
            waiting = asyncio.ensure_future(anext(issues))
            other = asyncio.ensure_future(anext(entries))
            await asyncio.sleep(0.02)
            async with broker.server.client() as client:
                await client.set(KEYS.stream, "x")
            await broker.publish("c", stream=Stream.COMMENTS)

            assert plain(await asyncio.wait_for(other, PATIENCE_S)) == "c"
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    async def test_copied_entry_is_not_delivered_as_of_another_topic(self, broker):
        """Contents are bound to their topic: an entry that is copied into another stream cannot be read there."""
        await broker.publish("secret")
        comments = await broker.newest(COMMENTS)
        async with broker.server.client() as client:
            [(_, fields)] = await client.xrange(KEYS.stream)
            [content] = fields.values()
            await client.xadd(CODEC.keys(COMMENTS).stream, {comments.epoch: content}, id=f"{comments.at_ms}-1")
            await client.hset(CODEC.keys(COMMENTS).head, "offset", 1)

            [gap] = await broker.read(comments, 1, topic=COMMENTS)

        assert gap.missed == 1
