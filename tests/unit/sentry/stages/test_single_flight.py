"""Equal reads that are under way at the same time."""

import asyncio

import pytest

from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.errors import BudgetExhausted, DeadlineExceeded, Unavailable
from dexter_graphql.sentry.stages.single_flight import SingleFlightStage
from support.upstream import EPOCH_S, FakeTransport, MovedClock, a_call, a_reply, raised


class SlowWire(FakeTransport):
    """Answers when it is told to; remembers the calls that were cancelled."""

    def __init__(self, outcome=None):
        super().__init__(self._later)
        self.outcome = outcome or a_reply(b"[1]")
        self.is_told = asyncio.Event()
        self.cancelled = []

    async def _later(self, call):
        try:
            await self.is_told.wait()
        except asyncio.CancelledError:
            self.cancelled.append(call)
            raise
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def tag_versions(clock):
    return TagVersions(clock)


@pytest.fixture
def flights(clock, tag_versions):
    return SingleFlightStage(clock, tag_versions)


async def begun(*asked):
    """The reads as tasks, each of them waiting for its answer."""
    tasks = [asyncio.ensure_future(one) for one in asked]
    await settled()
    return tasks


async def settled():
    """Let everything happen that does not wait for an answer."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_equal_reads_share(flights):
    """Reads that are equal but for who asks and how long they wait are one call."""
    wire = SlowWire()
    calls = [a_call(), a_call(caller="bob"), a_call(deadline=EPOCH_S + 5)]
    tasks = await begun(*(flights(call, wire) for call in calls))
    under_way = repr(flights)

    wire.is_told.set()
    replies = await asyncio.gather(*tasks)

    assert (under_way, repr(flights)) == ("<SingleFlight 1 under way>", "<SingleFlight 0 under way>")
    assert [(reply.origin, reply.body) for reply in replies] == [
        ("wire", b"[1]"),
        ("flight", b"[1]"),
        ("flight", b"[1]"),
    ]
    assert wire.calls == [calls[0]]


@pytest.mark.parametrize(
    "changes",
    [
        {"upstream": Upstream("bob", "sntryu_secret")},
        {"host": "https://us.sentry.io"},
        {"path": "/api/0/organizations/other/issues/"},
        {"query": (("query", "is:unresolved"),)},
    ],
)
async def test_other_reads_do_not(flights, changes):
    """Another credential, host, path or query is another read."""
    wire = SlowWire()
    tasks = await begun(flights(a_call(), wire), flights(a_call(**changes), wire))

    wire.is_told.set()
    replies = await asyncio.gather(*tasks)

    assert ([reply.origin for reply in replies], len(wire.calls)) == (["wire", "wire"], 2)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_writes_do_not(flights, method):
    """Each of two equal writes is made."""
    wire = SlowWire()
    tasks = await begun(*(flights(a_call(method=method), wire) for _ in range(2)))
    under_way = repr(flights)

    wire.is_told.set()
    await asyncio.gather(*tasks)

    assert (under_way, len(wire.calls)) == ("<SingleFlight 0 under way>", 2)


async def test_reads_after_a_write_do_not(flights, tag_versions):
    """Who asks after a write does not get the answer of a read that began before it."""
    wire = SlowWire()
    first = await begun(flights(a_call(), wire))
    tag_versions.invalidate(a_call().tags)
    second = await begun(flights(a_call(), wire))

    wire.is_told.set()
    replies = await asyncio.gather(*first, *second)

    assert ([reply.origin for reply in replies], len(wire.calls)) == (["wire", "wire"], 2)


async def test_a_landed_flight_takes_nobody(flights):
    """Reads one after the other are two reads: keeping answers is the cache's part."""
    wire = FakeTransport()

    replies = [await flights(a_call(), wire) for _ in range(2)]

    assert ([reply.origin for reply in replies], len(wire.calls)) == (["wire", "wire"], 2)


async def test_the_first_may_leave(flights):
    """A flight goes on for those who wait after its first caller was cancelled."""
    wire = SlowWire()
    first, second = await begun(flights(a_call(), wire), flights(a_call(), wire))

    first.cancel()
    await settled()
    wire.is_told.set()

    assert (await second).body == b"[1]"
    assert (first.cancelled(), len(wire.calls), wire.cancelled) == (True, 1, [])


async def test_the_last_ends_it(flights):
    """When nobody waits any more the call is cancelled, and who comes then begins anew."""
    wire = SlowWire()
    first, second = await begun(flights(a_call(), wire), flights(a_call(), wire))

    first.cancel()
    await settled()
    left_one = list(wire.cancelled)
    second.cancel()
    await settled()
    (third,) = await begun(flights(a_call(), wire))
    wire.is_told.set()

    assert (left_one, wire.cancelled) == ([], [a_call()])
    assert ((await third).origin, len(wire.calls)) == ("wire", 2)


async def test_errors_are_shared_and_not_kept(flights):
    """An error reaches all who waited and nobody after them."""
    wire = SlowWire(Unavailable("ill"))
    tasks = await begun(*(flights(a_call(), wire) for _ in range(3)))

    wire.is_told.set()
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    wire.outcome = a_reply(b"[2]")
    reply = await flights(a_call(), wire)

    assert [type(error) for error in errors] == [Unavailable] * 3
    assert (reply.body, len(wire.calls)) == (b"[2]", 2)


async def test_each_waits_until_their_own_deadline(flights):
    """Who has no time left is told so at once; the flight goes on for the others."""
    wire = SlowWire()
    patient, hasty = await begun(flights(a_call(), wire), flights(a_call(deadline=EPOCH_S), wire))
    with pytest.raises(DeadlineExceeded) as raised:
        await hasty
    wire.is_told.set()

    assert (raised.value.title, (await patient).body, wire.cancelled) == (a_call().title, b"[1]", [])


async def test_the_first_deadline_is_not_everyones(flights, clock):
    """A flight that ended at its first caller's deadline is flown again, once, for all who have time left."""
    wire = SlowWire(DeadlineExceeded("over"))
    calls = [a_call(deadline=EPOCH_S + 1), a_call(caller="b"), a_call(caller="c")]
    first, second, third = await begun(*(flights(call, wire) for call in calls))
    clock.move(1)

    wire.is_told.set()
    with pytest.raises(DeadlineExceeded):
        await first
    wire.outcome = a_reply(b"[2]")
    replies = await asyncio.gather(second, third)

    assert [(reply.origin, reply.body) for reply in replies] == [("wire", b"[2]"), ("flight", b"[2]")]
    assert wire.calls == calls[:2]


async def test_the_first_budget_is_not_everyones(flights):
    """A flight whose first caller could not pay for it is flown by the next one who can."""
    poor, rich = FakeTransport(lambda _: raised(BudgetExhausted(3))), FakeTransport()

    first, second, third = await begun(flights(a_call(), poor), flights(a_call(), rich), flights(a_call(), rich))

    with pytest.raises(BudgetExhausted):
        await first
    replies = await asyncio.gather(second, third)
    assert ([reply.origin for reply in replies], len(poor.calls), len(rich.calls)) == (["wire", "flight"], 1, 1)


async def test_nobody_can_pay(flights):
    """Each of those who cannot pay learns it from their own try."""
    poor = FakeTransport(lambda _: raised(BudgetExhausted(3)))

    tasks = await begun(*(flights(a_call(), poor) for _ in range(3)))
    errors = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(error) for error in errors] == [BudgetExhausted] * 3
    assert (len(poor.calls), repr(flights)) == (3, "<SingleFlight 0 under way>")
