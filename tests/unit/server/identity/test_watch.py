"""The task that ends open streams soon after their credential has ended."""

import asyncio
from math import inf

import pytest
from structlog.testing import capture_logs

from dexter_graphql.server.identity.key_files import KeyFile
from dexter_graphql.server.identity.key_ring import KeyRing
from dexter_graphql.server.identity.watch import CredentialWatch
from dexter_graphql.server.quotas import ENDED, Quota
from support.keys import HASHER, Keys
from support.realtime import MovableClock


@pytest.fixture
def clock():
    """A clock that the test moves."""
    return MovableClock()


@pytest.fixture
def quota():
    """Streams, of which a caller may have ten."""
    return Quota("streams", 10, 10)


def reasons(*leases):
    """Why each lease ended; empty for those that did not."""
    return [lease.reason for lease in leases]


async def test_expired_credentials_end_by_themselves(quota, clock):
    """At the expiry, without anything to read; credentials without an expiry go on."""
    now = clock.time()
    leases = [quota.acquire("caller", "jwt:1", expires_at=expiry) for expiry in (now + 10, now + 20, inf)]
    watch = CredentialWatch(None, (quota,), clock)
    await watch.look()
    before = reasons(*leases)
    clock.go_on(10)
    await watch.look()

    assert (before, reasons(*leases)) == (["", "", ""], [ENDED, "", ""])


async def test_streams_of_other_credentials_go_on(quota, clock, tmp_path):
    """A stream belongs to the key and to the credential used at Sentry; only the key has ended."""
    keys = Keys(KeyFile(str(tmp_path / "keys.json")), clock)
    (_, ended), (_, active) = await keys.create(), await keys.create()
    leases = [quota.acquire("caller", "upstream", f"key:{key.id}") for key in (ended, active)]
    watch = CredentialWatch(KeyRing(KeyFile(str(keys.store._path)), HASHER, clock), (quota,), clock)
    await watch.look()
    await keys.revoke(ended)
    await watch.look()

    assert reasons(*leases) == [ENDED, ""]
    quota.end("upstream", "first reason")
    assert reasons(*leases) == [ENDED, "first reason"]


async def test_failure_does_not_end_the_watch(quota, clock, monkeypatch):
    """What nothing foresaw is logged, and the next look takes place: otherwise revoked keys would stay valid."""
    lease = quota.acquire("caller", "jwt:1", expires_at=0)
    watch, looks = CredentialWatch(None, (quota,), clock), []
    look = watch.look

    async def fail_once():
        looks.append(None)
        if len(looks) == 1:
            raise RuntimeError("unforeseen")
        await look()

    monkeypatch.setattr(watch, "look", fail_once)
    with capture_logs() as entries:
        task = asyncio.ensure_future(watch.run())
        await lease.ended.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert [entry["event"] for entry in entries] == ["keys and streams not checked"]
    assert "unforeseen" in entries[0]["exception"]
