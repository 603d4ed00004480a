"""Leases in Redis: one holder for each name, until the lease expires or is given back."""

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.redis.connection import RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher
from dexter_graphql.sentry.redis.leases import SharedLeases
from support.redis import running_redis

CIPHER = Cipher(b"the same random text on every replica")


async def test_one_replica_holds_a_lease():
    """A lease has one holder, who may extend it and give it back; others cannot; without Redis there is no holder."""
    async with running_redis() as redis:
        connections = [RedisConnection(redis.url, Clock()) for _ in range(2)]
        first, second = (SharedLeases("test", connection, CIPHER) for connection in connections)

        held = [await first.hold("acme", 60), await second.hold("acme", 60), await first.hold("acme", 60)]
        other_name = await second.hold("globex", 60)
        await second.release("acme")
        kept = await second.hold("acme", 60)
        await first.release("acme")
        passed_on = await second.hold("acme", 60)
        async with redis.client() as client:
            [lifetime_ms, _] = sorted([await client.pttl(name) for name in await client.keys("*")])
            for name in await client.keys("*"):
                await client.pexpire(name, 0)
        expired = await first.hold("acme", 60)
        redis.kill()
        without_redis = await first.hold("acme", 60)
        for connection in connections:
            await connection.close()

    assert held == [True, False, True]
    assert (other_name, kept, passed_on, expired, without_redis) == (True, False, True, True, False)
    assert 0 < lifetime_ms <= 60_000
