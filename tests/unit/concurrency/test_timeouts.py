"""Timeouts that share one timer."""

import asyncio

from dexter_graphql.concurrency.timeouts import Timeouts


async def test_objects_expire_in_order():
    """Each object expires once, unless it was stopped; one that is started again expires later."""
    expired, has_expired = [], asyncio.Event()

    def expire(name):
        expired.append(name)
        if name == "first":
            has_expired.set()

    timeouts = Timeouts(0.01, expire, granularity_s=0.0)
    for name in ("first", "stopped", "second", "first"):
        timeouts.start(name)
    timeouts.stop("stopped")
    timeouts.stop("unknown")
    await asyncio.wait_for(has_expired.wait(), 5)

    assert (expired, len(timeouts)) == (["second", "first"], 0)


async def test_expired_object_may_start_again():
    """The timeout of an object can be started while it expires."""
    times, is_done = [], asyncio.Event()

    def expire(name):
        times.append(name)
        if len(times) == 3:
            is_done.set()
        else:
            timeouts.start(name)

    timeouts = Timeouts(0.001, expire, granularity_s=0.0)
    timeouts.start("ping")
    await asyncio.wait_for(is_done.wait(), 5)

    assert times == ["ping"] * 3


async def test_nothing_is_scheduled_without_objects():
    """The timer ends with the last object."""
    timeouts = Timeouts(0.01, lambda name: None)
    timeouts.start("a")
    timeouts.stop("a")

    assert len(timeouts) == 0
