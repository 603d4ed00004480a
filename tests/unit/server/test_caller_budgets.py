"""Budgets of callers in one process, in two that share a Redis, and without it."""

import asyncio

import pytest

from dexter_graphql.graph.charge import Price
from dexter_graphql.sentry.redis.connection import RedisConnection
from dexter_graphql.sentry.redis.encryption import Cipher
from dexter_graphql.sentry.redis.quota_windows import QuotaWindows
from dexter_graphql.server.caller_budgets import BLOCKS, CallerBudgets
from support.redis import running_redis
from support.upstream import MovedClock

LIMIT, WINDOW_S = 100, 60
PRICE = Price(calls=7, values=1)


@pytest.fixture
def clock():
    """A clock that the tests move."""
    return MovedClock()


@pytest.fixture
async def replicas(clock):
    """The budgets of two processes that share a Redis, and that Redis."""
    async with running_redis() as redis:
        connections = [RedisConnection(redis.url, clock) for _ in range(2)]
        windows = [QuotaWindows(connection, Cipher(b"key")) for connection in connections]
        yield *(CallerBudgets(LIMIT, WINDOW_S, clock, shared) for shared in windows), redis
        for connection in connections:
            await connection.close()


def samples(budgets):
    """The metrics of budgets by their short names."""
    return {sample.name.removeprefix("dexter_").removesuffix("_total"): sample.value for sample in budgets.collect()}


async def spend_all(budgets, caller="a"):
    """Charge a caller call by call until nothing is left; the number of calls."""
    calls = 0
    while await budgets.charge(caller, PRICE, 1) is not None:
        calls += 1
    return calls


async def test_caller_may_spend_the_limit_in_each_window(clock):
    """Charges above the limit are refused until the window ends; other callers have budgets of their own."""
    budgets = CallerBudgets(LIMIT, WINDOW_S, clock)

    assert (await spend_all(budgets), await spend_all(budgets, "b")) == (LIMIT, LIMIT)
    assert budgets.status("a").remaining == 0
    clock.move(budgets.status("a").reset_at - clock.time())
    assert (budgets.status("a").remaining, await spend_all(budgets)) == (LIMIT, LIMIT)


async def test_unspent_calls_return(clock):
    """What an operation was charged and has not spent is available again, what it spent beyond is charged."""
    budgets = CallerBudgets(LIMIT, WINDOW_S, clock)
    charge = await budgets.charge("a", PRICE, 90)

    assert await budgets.charge("a", PRICE, 20) is None
    assert charge.status_with_unspent(30).remaining == LIMIT - 30
    await charge.refund(30)
    assert budgets.status("a").remaining == LIMIT - 30
    await (await budgets.charge("a", PRICE, 1)).refund(3)
    assert budgets.status("a").remaining == LIMIT - 33
    assert samples(budgets) == {"charged_calls": 91, "returned_calls": 60, "refused_charges": 1, "budget_leases": 0}


async def test_charge_of_an_ended_window_is_not_returned_to_the_next(clock):
    """A window never has more than the limit."""
    budgets = CallerBudgets(LIMIT, WINDOW_S, clock)
    charge = await budgets.charge("a", PRICE, 50)

    clock.move(WINDOW_S)
    await charge.refund(0)

    assert budgets.status("a").remaining == LIMIT


async def test_replicas_share_a_budget(replicas):
    """Two processes together may spend the limit, and what one of them returns the other may spend."""
    one, other, _ = replicas
    charge = await one.charge("a", PRICE, 80)

    assert await other.charge("a", PRICE, 40) is None
    await charge.refund(20)
    spent = await spend_all(other)
    spent += await spend_all(one)

    assert spent == LIMIT - 20


async def test_leases_are_blocks(replicas):
    """Charges that fit what was leased ask Redis nothing, nor do returns of a small amount."""
    one, _, _ = replicas

    for calls_made in [1] * 50 + [0] * 50:
        await (await one.charge("a", PRICE, 1)).refund(calls_made)

    assert samples(one)["budget_leases"] <= 50 // (LIMIT // BLOCKS) + 1


async def test_concurrent_charges_share_a_lease(replicas):
    """Operations that begin at the same time wait for one block."""
    one, _, _ = replicas

    charges = await asyncio.gather(*(one.charge("a", PRICE, 1) for _ in range(5)))

    assert None not in charges
    assert samples(one)["budget_leases"] == 1


async def test_without_redis_the_limit_is_that_of_a_process(replicas):
    """While Redis is away each process grants what is left as far as it knows, at most the limit."""
    one, other, redis = replicas
    assert await one.charge("a", PRICE, 60) is not None
    redis.kill()

    assert await spend_all(one) == LIMIT - 60
    assert await spend_all(other) == LIMIT


async def test_damaged_counters_count_as_nothing(replicas):
    """A counter that is no number fails no operation, and is replaced."""
    one, _, redis = replicas
    await one.charge("a", PRICE, 1)
    async with redis.client() as client:
        for key in await client.keys("dexter:quota:*"):
            await client.set(key, b"much")

    assert await one.charge("a", PRICE, 60) is not None
    assert one.status("a").remaining == LIMIT - 60 + LIMIT // BLOCKS - 1
