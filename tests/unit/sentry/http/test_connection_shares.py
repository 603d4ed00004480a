"""Division of the connections to a host between credentials."""

import asyncio
from random import Random

import pytest

from dexter_graphql.sentry.http.connection_shares import ConnectionShares

HOST = "https://sentry.io"


class Queue:
    """Calls that wait for a connection; `order` lists the credentials and numbers of those that got one."""

    def __init__(self, shares):
        self.shares = shares
        self.order = []
        self.tasks = []

    async def add(self, *credentials):
        for credential in credentials:
            self.tasks.append(asyncio.ensure_future(self._wait(credential, len(self.tasks))))
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def _wait(self, credential, number):
        if not self.shares.take(HOST, credential):
            await self.shares.wait(HOST, credential)
        self.order.append((credential, number))

    async def cancel(self, number):
        self.tasks[number].cancel()
        await asyncio.wait([self.tasks[number]])

    async def release(self, *credentials):
        for credential in credentials:
            self.shares.release(HOST, credential)
        await asyncio.sleep(0)
        await asyncio.sleep(0)


@pytest.fixture
async def queue():
    queue = Queue(ConnectionShares(8))
    yield queue
    for task in queue.tasks:
        task.cancel()
    await asyncio.gather(*queue.tasks, return_exceptions=True)


async def test_one_credential_leaves_a_quarter(queue):
    """A single credential gets all connections but the last quarter."""
    await queue.add(*["alice"] * 9)

    assert (queue.shares.in_use, queue.shares.waiting) == (6, 3)


async def test_newcomer_is_served_at_once(queue):
    """A credential below its share gets a connection at once, however many calls of another one wait."""
    await queue.add(*["alice"] * 9, "bob", "bob")

    assert queue.order[-2:] == [("bob", 9), ("bob", 10)]


async def test_credentials_below_their_share_come_first(queue):
    """Released connections go to credentials below their share, in turns, first come first served in each."""
    await queue.add(*["alice"] * 7, *["bob"] * 3, *["carol"] * 2, "dave")
    await queue.release(*["alice"] * 3)

    assert queue.order[8:] == [("carol", 10), ("dave", 12), ("carol", 11)]


async def test_large_holders_share_what_is_left(queue):
    """When only credentials with a full share wait, the one with the fewest connections is served first."""
    await queue.add(*["alice"] * 4, *["bob"] * 3)
    assert (queue.shares.in_use, queue.shares.waiting) == (6, 1)

    await queue.add("alice")
    await queue.release("alice")

    assert queue.order[-1] == ("bob", 6)


async def test_cancelled_calls_leave_the_queue(queue):
    """A cancelled call holds nothing and holds up nobody."""
    await queue.add(*["alice"] * 8)
    await queue.cancel(6)
    await queue.release("alice")

    assert queue.order[-1] == ("alice", 7)
    assert (queue.shares.in_use, queue.shares.waiting) == (6, 0)


async def test_call_that_is_cancelled_with_its_connection(queue):
    """A call that is cancelled in the moment in which it gets its connection gives it back."""
    await queue.add(*["alice"] * 7)
    queue.shares.release(HOST, "alice")
    await queue.cancel(6)

    assert (queue.shares.in_use, queue.shares.waiting) == (5, 0)


async def test_call_that_is_cancelled_before_a_release(queue):
    """A cancelled call whose task has not run yet gets no connection; the next one does."""
    await queue.add(*["alice"] * 8)
    queue.tasks[6].cancel()
    await queue.release("alice")

    assert queue.order[-1] == ("alice", 7)
    assert (queue.shares.in_use, queue.shares.waiting) == (6, 0)


async def test_hosts_are_separate():
    """Connections to one host do not count for another one, and a host that is not used is forgotten."""
    shares = ConnectionShares(4)

    assert [shares.take(HOST, "alice") for _ in range(4)] == [True, True, True, False]
    assert shares.take("https://us.sentry.io", "alice")
    shares.release("https://us.sentry.io", "alice")
    assert list(shares._hosts) == [HOST]


@pytest.mark.parametrize("seed", range(20))
async def test_no_call_starves(seed):
    """In any order of arrivals, releases and cancellations, limits hold and every call that stays is served."""
    random, shares = Random(seed), ConnectionShares(8)
    queue, served = Queue(shares), 0

    def release_one():
        nonlocal served
        shares.release(HOST, queue.order[served][0])
        served += 1

    for _ in range(300):
        action = random.random()
        if action < 0.5:
            await queue.add(random.choice("aaaaabcdefghij"))
        elif action < 0.9 and served < len(queue.order):
            release_one()
        elif queue.tasks:
            random.choice(queue.tasks).cancel()
        assert shares.in_use <= 8
        if shares.waiting:
            connections = shares._hosts[HOST]
            assert connections.next_credential() is None
    await asyncio.sleep(0)
    while served < len(queue.order):
        release_one()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert len(queue.order) == sum(not task.cancelled() for task in queue.tasks)
    assert (shares.in_use, shares.waiting) == (0, 0)
