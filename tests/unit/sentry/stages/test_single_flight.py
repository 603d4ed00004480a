"""Equal reads that are under way at the same time share one call."""

import asyncio

import pytest

from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.errors import BudgetExhausted, DeadlineExceeded, Unavailable
from dexter_graphql.sentry.stages.single_flight import SingleFlightStage
from support.upstream import EPOCH_S, FakeTransport, MovedClock, a_call, a_reply, raised


class SlowTransport(FakeTransport):
    """Answers when told to; records the calls that were cancelled."""

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


async def begun(*reads):
    """The reads as tasks, each of them waiting for its answer."""
    tasks = [asyncio.ensure_future(read) for read in reads]
    await settled()
    return tasks


async def settled():
    """Let everything happen that does not wait for an answer."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_equal_reads_share(flights):
    """Reads that differ in caller and deadline only are one call."""
    transport = SlowTransport()
    calls = [a_call(), a_call(caller="bob"), a_call(deadline=EPOCH_S + 5)]
    tasks = await begun(*(flights(call, transport) for call in calls))
    under_way = repr(flights)

    transport.is_told.set()
    replies = await asyncio.gather(*tasks)

    assert (under_way, repr(flights)) == ("<SingleFlight 1 under way>", "<SingleFlight 0 under way>")
    assert [(reply.origin, reply.body) for reply in replies] == [
        ("wire", b"[1]"),
        ("flight", b"[1]"),
        ("flight", b"[1]"),
    ]
    assert transport.calls == [calls[0]]


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
    transport = SlowTransport()
    tasks = await begun(flights(a_call(), transport), flights(a_call(**changes), transport))

    transport.is_told.set()
    replies = await asyncio.gather(*tasks)

    assert ([reply.origin for reply in replies], len(transport.calls)) == (["wire", "wire"], 2)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_writes_do_not(flights, method):
    """Equal writes are separate calls."""
    transport = SlowTransport()
    tasks = await begun(*(flights(a_call(method=method), transport) for _ in range(2)))
    under_way = repr(flights)

    transport.is_told.set()
    await asyncio.gather(*tasks)

    assert (under_way, len(transport.calls)) == ("<SingleFlight 0 under way>", 2)


async def test_reads_after_a_write_do_not(flights, tag_versions):
    """A read after a write does not share one from before it."""
    transport = SlowTransport()
    first = await begun(flights(a_call(), transport))
    tag_versions.invalidate(a_call().tags)
    second = await begun(flights(a_call(), transport))

    transport.is_told.set()
    replies = await asyncio.gather(*first, *second)

    assert ([reply.origin for reply in replies], len(transport.calls)) == (["wire", "wire"], 2)


async def test_ended_calls_are_not_shared(flights):
    """A read after the end of another one is a call: keeping answers is the task of the cache."""
    transport = FakeTransport()

    replies = [await flights(a_call(), transport) for _ in range(2)]

    assert ([reply.origin for reply in replies], len(transport.calls)) == (["wire", "wire"], 2)


async def test_the_first_may_leave(flights):
    """The call goes on for the followers when its leader is cancelled."""
    transport = SlowTransport()
    first, second = await begun(flights(a_call(), transport), flights(a_call(), transport))

    first.cancel()
    await settled()
    transport.is_told.set()

    assert (await second).body == b"[1]"
    assert (first.cancelled(), len(transport.calls), transport.cancelled) == (True, 1, [])


async def test_the_last_ends_it(flights):
    """When no caller waits any more the call is cancelled, and the next read is another call."""
    transport = SlowTransport()
    first, second = await begun(flights(a_call(), transport), flights(a_call(), transport))

    first.cancel()
    await settled()
    left_one = list(transport.cancelled)
    second.cancel()
    await settled()
    (third,) = await begun(flights(a_call(), transport))
    transport.is_told.set()

    assert (left_one, transport.cancelled) == ([], [a_call()])
    assert ((await third).origin, len(transport.calls)) == ("wire", 2)


async def test_errors_are_shared_and_not_kept(flights):
    """An error reaches all callers that waited, and no later one."""
    transport = SlowTransport(Unavailable("ill"))
    tasks = await begun(*(flights(a_call(), transport) for _ in range(3)))

    transport.is_told.set()
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    transport.outcome = a_reply(b"[2]")
    reply = await flights(a_call(), transport)

    assert [type(error) for error in errors] == [Unavailable] * 3
    assert (reply.body, len(transport.calls)) == (b"[2]", 2)


async def test_each_waits_until_their_own_deadline(flights):
    """A caller whose time is up gets an error at once; the call goes on for the others."""
    transport = SlowTransport()
    patient, hasty = await begun(flights(a_call(), transport), flights(a_call(deadline=EPOCH_S), transport))
    with pytest.raises(DeadlineExceeded) as raised:
        await hasty
    transport.is_told.set()

    assert (raised.value.title, (await patient).body, transport.cancelled) == (a_call().title, b"[1]", [])


async def test_the_first_deadline_is_not_everyones(flights, clock):
    """A call that ended at its leader's deadline is repeated, once, for all that have time left."""
    transport = SlowTransport(DeadlineExceeded("over"))
    calls = [a_call(deadline=EPOCH_S + 1), a_call(caller="b"), a_call(caller="c")]
    first, second, third = await begun(*(flights(call, transport) for call in calls))
    clock.move(1)

    transport.is_told.set()
    with pytest.raises(DeadlineExceeded):
        await first
    transport.outcome = a_reply(b"[2]")
    replies = await asyncio.gather(second, third)

    assert [(reply.origin, reply.body) for reply in replies] == [("wire", b"[2]"), ("flight", b"[2]")]
    assert transport.calls == calls[:2]


async def test_the_first_budget_is_not_everyones(flights):
    """When the leader has no budget, the next caller with budget makes the call."""
    poor, rich = FakeTransport(lambda _: raised(BudgetExhausted(3))), FakeTransport()

    first, second, third = await begun(flights(a_call(), poor), flights(a_call(), rich), flights(a_call(), rich))

    with pytest.raises(BudgetExhausted):
        await first
    replies = await asyncio.gather(second, third)
    assert ([reply.origin for reply in replies], len(poor.calls), len(rich.calls)) == (["wire", "flight"], 1, 1)


async def test_no_budget_at_all(flights):
    """When no caller has budget, each gets its own error."""
    poor = FakeTransport(lambda _: raised(BudgetExhausted(3)))

    tasks = await begun(*(flights(a_call(), poor) for _ in range(3)))
    errors = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(error) for error in errors] == [BudgetExhausted] * 3
    assert (len(poor.calls), repr(flights)) == (3, "<SingleFlight 0 under way>")
