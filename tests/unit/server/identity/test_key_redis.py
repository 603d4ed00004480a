"""Dexter keys in Redis."""

import asyncio

import pytest
import pytest_asyncio

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.redis.connection import RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher
from dexter_graphql.server.identity.key_records import KeyStoreError
from dexter_graphql.server.identity.key_redis import KeysInRedis
from support.keys import SECRET, Keys
from support.redis import running_redis

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server():
    """A Redis for all tests of the module."""
    async with running_redis() as redis:
        yield redis


@pytest_asyncio.fixture(loop_scope="module")
async def open_store(server):
    """Opens stores of an empty database, with the same secret unless another is given."""
    async with server.client() as client:
        await client.flushall()
    stores = []

    def opened(secret=SECRET):
        stores.append(KeysInRedis(RedisConnection(server.url, Clock()), Cipher(secret.encode())))
        return stores[-1]

    yield opened
    for store in stores:
        await store.close()


async def test_processes_share_keys(open_store):
    """What one creates, another reads at its next look, and nothing when nothing changed."""
    writer, reader = Keys(open_store()), open_store()
    empty = await reader.read()
    _, key = await writer.create()

    shared, unchanged = await reader.read(), await reader.read()

    assert (empty.keys, shared.keys, unchanged) == ((), (key,), None)


async def test_changes_at_the_same_time_are_all_kept(open_store):
    """A change that another one forestalls starts again from its result."""
    await asyncio.gather(*(Keys(open_store()).create(str(number)) for number in range(5)))

    keys = await open_store().read()

    assert {key.name for key in keys.keys} == set(map(str, range(5)))


async def test_last_uses_of_all_servers_are_merged(open_store):
    """Each server records the keys that it saw."""
    now = Clock().now()
    for key_id in ("a", "b"):
        await open_store().record_last_uses({key_id: now})

    assert await open_store().read_last_uses() == {"a": now, "b": now}


async def test_redis_shows_nothing_and_accepts_nothing_foreign(open_store, server):
    """Nothing can be read there or with another secret; changed bytes and swapped values are errors."""
    text, key = await Keys(open_store()).create("visible-name")
    await open_store().record_last_uses({key.id: Clock().now()})
    async with server.client() as client:
        values = {name: await client.get(name) for name in await client.keys("*")}
        other_secret = open_store("another secret of thirty-two characters")
        assert ((await other_secret.read()).keys, await other_secret.read_last_uses()) == ((), {})
        name = next(name for name in values if name.startswith(b"dexter:keys:"))
        other = next(value for each, value in values.items() if each != name)
        for broken in (values[name][:-1], b"", other):
            await client.set(name, broken)
            with pytest.raises(KeyStoreError, match="DEXTER_SECRET"):
                await open_store().read()

    shown = b"".join([*values, *values.values()])
    assert not [part for part in (b"visible-name", key.id, key.digest, text) if _bytes(part) in shown]


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode()


async def test_older_state_is_not_brought_back(open_store, server):
    """Who can write to Redis cannot undo a revocation with a copy of the value, or by removing it."""
    keys, reader = Keys(open_store()), open_store()
    _, key = await keys.create()
    async with server.client() as client:
        name = (await client.keys("dexter:keys:*"))[0]
        old = await client.get(name)
        await keys.revoke(key)
        await reader.read()
        await client.set(name, old)
        with pytest.raises(KeyStoreError, match="older"):
            await reader.read()
        await client.delete(name)
        with pytest.raises(KeyStoreError, match="missing"):
            await reader.read()


async def test_absent_redis_is_an_error():
    """It is never taken for an empty list of keys."""
    store = KeysInRedis(RedisConnection("redis://127.0.0.1:9/0", Clock()), Cipher(SECRET.encode()))

    with pytest.raises(KeyStoreError, match="does not answer"):
        await store.read()
    with pytest.raises(KeyStoreError, match="does not answer"):
        await Keys(store).create()
    await store.close()
