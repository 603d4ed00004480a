"""Division of the connections to a host between credentials."""

import asyncio
from random import Random

import pytest

from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.errors import DeadlineExceeded
from dexter_graphql.sentry.http.connection_shares import ConnectionShares
from support.transport import open_transport
from support.upstream import EPOCH_S, Scripted, Step, a_call, answer

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


async def test_slow_reads_of_another_credential():
    """While 110 reads of one credential are not answered, a call of another credential is answered at once."""
    async with Scripted([Step(then="hang")]) as server, open_transport() as transport:
        slow = [asyncio.ensure_future(transport(a_call(host=server.url))) for _ in range(110)]
        while len(server.requests) < 75:  # noqa: ASYNC110  # the server sets no event when a request arrives
            await asyncio.sleep(0.001)
        under_way = repr(transport)
        server.steps = [Step(answer(b"[1]"))]

        reply = await transport(a_call(host=server.url, upstream=Upstream("bob", "sntryu_bob")))

        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        assert under_way == "<Transport 75 connections in use, 35 calls waiting>"
        assert (reply.body, reply.waited_s) == (b"[1]", 0.0)
        assert repr(transport) == "<Transport 0 connections in use, 0 calls waiting>"
        assert {sample.name: sample.value for sample in transport.collect()} == {
            "dexter_upstream_connections_in_use": 0,
            "dexter_upstream_connection_queue_length": 0,
        }


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_waiting_spends_the_deadline(method):
    """A call that gets no connection before its deadline fails without having been sent."""
    async with Scripted([Step(then="hang")]) as server, open_transport(connections=4) as transport:
        slow = [asyncio.ensure_future(transport(a_call(host=server.url))) for _ in range(3)]
        await asyncio.sleep(0)

        with pytest.raises(DeadlineExceeded):
            await transport(a_call(host=server.url, method=method, deadline=EPOCH_S + 0.02))

        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        assert not any(head.startswith(b"POST") for head in server.requests)
        assert len(server.requests) <= 3


async def test_waiting_does_not_spend_the_attempt():
    """The time of an attempt begins when the call has its connection."""
    async with (
        Scripted([Step(then="hang")]) as server,
        open_transport(connections=4, attempt_timeout_s=0.1) as transport,
    ):
        slow = [asyncio.ensure_future(transport(a_call(host=server.url))) for _ in range(3)]
        while len(server.requests) < 3:  # noqa: ASYNC110  # the server sets no event when a request arrives
            await asyncio.sleep(0.001)
        server.steps = [Step(answer(b"[1]"))]
        await asyncio.sleep(0.05)

        reply = await transport(a_call(host=server.url))

        await asyncio.gather(*slow, return_exceptions=True)

    assert reply.body == b"[1]"
