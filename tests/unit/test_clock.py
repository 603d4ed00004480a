"""The real clock, without waiting for it."""

import asyncio
from datetime import timedelta

import pytest

from dexter_graphql.clock import Clock


def test_now_is_aware_and_in_utc():
    """Instants say their zone, and agree with the seconds since the epoch."""
    clock = Clock()

    now, seconds = clock.now(), clock.time()

    assert now.utcoffset() == timedelta(0)
    assert abs(now.timestamp() - seconds) < 5


def test_monotonic_never_goes_back():
    """Differences are never negative."""
    clock = Clock()

    readings = [clock.monotonic() for _ in range(100)]

    assert readings == sorted(readings)


@pytest.mark.parametrize("seconds", [0, -1, -1e9])
async def test_sleeping_no_time_returns_at_once(seconds):
    """A time that is over already lets others run once and does not wait."""
    ran = []
    asyncio.get_running_loop().call_soon(ran.append, "others")

    await asyncio.wait_for(Clock().sleep(seconds), 5)

    assert ran == ["others"]


async def test_sleep_waits_for_the_loop_s_time(monkeypatch):
    """The number is handed on as it is, in seconds."""
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)

    await Clock().sleep(1.5)

    assert slept == [1.5]
