"""Reads under way end when their credential is rejected."""

import asyncio

import pytest

from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.credentials import CredentialRegistry
from dexter_graphql.sentry.errors import Unauthorized
from dexter_graphql.sentry.stages.rejection import EndOnRejection
from dexter_graphql.sentry.stages.single_flight import SingleFlightStage
from support.upstream import FakeTransport, MovedClock, a_call, a_reply, raised

BOB = Upstream("bob", "sntryu_bob")
REJECTED = Unauthorized("Invalid token", status=401)


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def credentials(clock):
    return CredentialRegistry(clock, TagVersions(clock))


@pytest.fixture
def stage(credentials):
    return EndOnRejection(credentials)


@pytest.fixture
def transport():
    """A transport that never answers."""
    never = asyncio.Event()
    return FakeTransport(lambda _: never.wait())


async def begun(*reads):
    """The reads as tasks that wait for their answers."""
    tasks = [asyncio.ensure_future(read) for read in reads]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_reads_end_at_once(stage, transport, credentials, clock):
    """All callers of a shared read get the error without an answer of Sentry, and the call is cancelled."""
    flights = SingleFlightStage(clock, TagVersions(clock))
    calls = [a_call(), a_call(), a_call(path="/api/0/organizations/acme/teams/")]
    tasks = await begun(*(stage(call, lambda call: flights(call, transport)) for call in calls))

    credentials.handle("alice", REJECTED)
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(result) for result in results] == [Unauthorized] * 3
    assert (repr(stage), repr(flights)) == ("<EndOnRejection 0 reads under way>", "<SingleFlight 0 under way>")
    assert [task.cancelling() for task in tasks] == [0] * 3


async def test_other_credentials_and_writes_go_on(stage, transport, credentials):
    """Reads of another credential, and writes of the same one, keep waiting."""
    calls = [a_call(upstream=BOB), a_call(method="PUT", body=b"{}")]
    tasks = await begun(*(stage(call, transport) for call in calls))

    credentials.handle("alice", REJECTED)
    await asyncio.sleep(0)

    assert [task.done() for task in tasks] == [False, False]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_read_that_sees_the_rejection_raises_its_own_error(stage, credentials):
    """The task in which the rejection is noticed is not cancelled; its next await works."""

    def reject(_):
        credentials.handle("alice", REJECTED)
        raised(REJECTED)

    with pytest.raises(Unauthorized, match="Invalid token"):
        await stage(a_call(), FakeTransport(reject))
    await asyncio.sleep(0)

    assert (await stage(a_call(), FakeTransport())).body == a_reply().body


async def test_cancellation_by_the_caller_wins(stage, transport, credentials):
    """A read that is cancelled by its caller at the same time ends as cancelled."""
    [task] = await begun(stage(a_call(), transport))

    task.cancel()
    credentials.handle("alice", REJECTED)
    await asyncio.gather(task, return_exceptions=True)

    assert task.cancelled()


async def test_timeouts_around_a_read_still_work(stage, transport, credentials):
    """A timeout around a rejected read does not fire afterwards."""

    async def limited():
        async with asyncio.timeout(60):
            await stage(a_call(), transport)

    [task] = await begun(limited())
    credentials.handle("alice", REJECTED)
    [result] = await asyncio.gather(task, return_exceptions=True)

    assert type(result) is Unauthorized
