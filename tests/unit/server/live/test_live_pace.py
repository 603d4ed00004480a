"""Pace of live queries."""

import asyncio

import pytest

from dexter_graphql.server.live.live_pace import LivePace
from support.upstream import MovedClock


class QueueingClock(MovedClock):
    """Records how long each waits, and lets no time pass."""

    def __init__(self):
        super().__init__()
        self.waits = []

    async def sleep(self, seconds):
        self.waits.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def clock():
    return QueueingClock()


async def test_unknown_limit_waits_for_nothing(clock):
    """A self-hosted Sentry has no rate limits."""
    pace = LivePace(clock, 0.1, lambda _key: None)

    for _ in range(100):
        await pace.wait("alice", 50)

    assert clock.waits == []


async def test_calls_stay_within_the_share(clock):
    """With a limit of 40 calls a second and a tenth of it, refreshes of four calls begin a second apart."""
    pace = LivePace(clock, 0.1, lambda _key: 40.0)

    for _ in range(4):
        await pace.wait("alice", 4)

    # The first spends what was saved, the others wait for those before them.
    assert clock.waits == pytest.approx([1.0, 2.0])


async def test_time_pays_back(clock):
    """A refresh that comes late enough does not wait."""
    pace = LivePace(clock, 0.1, lambda _key: 40.0)
    await pace.wait("alice", 40)

    clock.move(9.0)
    await pace.wait("alice", 1)

    assert clock.waits == []


@pytest.mark.parametrize(("actual", "wait_s"), [(1, 0.0), (9, 1.25)])
async def test_actual_calls_are_counted(clock, actual, wait_s):
    """What a refresh made more or fewer than expected delays the next one, or does not."""
    pace = LivePace(clock, 0.1, lambda _key: 40.0)
    await pace.wait("alice", 4)

    pace.correct("alice", actual - 4)
    await pace.wait("alice", 1)

    assert sum(clock.waits) == pytest.approx(wait_s)


async def test_credentials_do_not_share(clock):
    """Sentry limits each credential by itself."""
    pace = LivePace(clock, 0.1, lambda _key: 40.0)
    await pace.wait("alice", 400)

    await pace.wait("bob", 4)

    assert clock.waits == []
