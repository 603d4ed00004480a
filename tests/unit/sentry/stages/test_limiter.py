"""Rate limiter: how fast calls are sent, and in which order."""

import asyncio
from random import Random

import pytest

from dexter_graphql.sentry.call import Priority, Upstream
from dexter_graphql.sentry.errors import RateLimited, Unavailable
from dexter_graphql.sentry.stages import limiter as module
from dexter_graphql.sentry.stages.limiter import Limiter
from dexter_graphql.sentry.stages.rate_limit_bucket import COLD_START, Bucket
from dexter_graphql.sentry.stages.rate_limit_headers import RateLimitInfo
from support.upstream import EPOCH_S, FakeTransport, MovedClock, a_call, a_reply, raised


class Sentry:
    """Limits calls per window and concurrent calls, as Sentry does; answers at once or when the gate is opened."""

    def __init__(self, clock, *, limit=10, concurrent=5, window_s=1):
        self.clock, self.limit, self.concurrent, self.window_s = clock, limit, concurrent, window_s
        self.windows, self.in_flight, self.order, self.refused = {}, 0, [], 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, call):
        window = int(self.clock.time() // self.window_s)
        used = self.windows[window] = self.windows.get(window, 0) + 1
        headers = {
            "x-sentry-rate-limit-limit": str(self.limit),
            "x-sentry-rate-limit-remaining": str(max(0, self.limit - used)),
            "x-sentry-rate-limit-reset": str((window + 1) * self.window_s),
            "x-sentry-rate-limit-concurrentlimit": str(self.concurrent),
        }
        if used > self.limit or self.in_flight >= self.concurrent:
            self.refused += 1
            wait = (window + 1) * self.window_s - self.clock.time()
            raise RateLimited("busy", retry_after=wait, headers=headers)
        self.in_flight += 1
        self.order.append(call.caller)
        try:
            await self.gate.wait()
        finally:
            self.in_flight -= 1
        return a_reply(headers=headers)


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
async def limiter(clock):
    limiter = Limiter(clock, Random(1))
    yield limiter
    await limiter.close()


def begun(limiter, transport, *calls):
    """Start calls as tasks."""
    return [asyncio.ensure_future(limiter(call, transport)) for call in calls]


async def ticks(count=20):
    """Let tasks run."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_no_call_is_refused(limiter, clock):
    """Three hundred calls at once are sent no faster than Sentry allows, and none is refused."""
    sentry = Sentry(clock)

    replies = await asyncio.gather(*begun(limiter, sentry, *[a_call(deadline=EPOCH_S + 60) for _ in range(300)]))

    assert (len(replies), sentry.refused, max(sentry.windows.values())) == (300, 0, 10)
    assert 29 <= clock.time() - EPOCH_S <= 31.5
    assert any(reply.waited_s > 28 for reply in replies)


async def test_cold_start(limiter, clock):
    """While the limits are unknown a few calls are sent, and each answer without limits allows one more."""
    silent, answered = asyncio.Event(), []

    async def transport(call):
        answered.append(call)
        await silent.wait()
        return a_reply()

    calls = begun(limiter, FakeTransport(transport), *[a_call() for _ in range(10)])
    await ticks()
    at_first = len(answered)
    silent.set()
    await asyncio.gather(*calls)

    assert (at_first, len(answered)) == (COLD_START, 10)


async def test_calls_in_flight(limiter, clock):
    """As many calls as Sentry allows are under way; the next one is sent when one of them ends."""
    sentry = Sentry(clock, limit=1000, concurrent=5)
    await limiter(a_call(), sentry)
    sentry.gate.clear()

    calls = begun(limiter, sentry, *[a_call() for _ in range(8)])
    await ticks()
    under_way = sentry.in_flight
    sentry.gate.set()
    await asyncio.gather(*calls)

    assert (under_way, sentry.refused) == (5, 0)


async def test_the_urgent_go_first(limiter, clock):
    """Interactive calls are sent before jobs, whichever came first."""
    sentry = Sentry(clock, limit=1000, concurrent=1)
    await limiter(a_call(), sentry)
    sentry.gate.clear()
    [first] = begun(limiter, sentry, a_call(caller="first"))
    await ticks()

    jobs = begun(limiter, sentry, *[a_call(caller="job", priority=Priority.JOB) for _ in range(3)])
    person = begun(limiter, sentry, a_call(caller="person"))
    await ticks()
    sentry.gate.set()
    await asyncio.gather(first, *jobs, *person)

    assert sentry.order[1:] == ["first", "person", "job", "job", "job"]


async def test_callers_take_turns(limiter, clock):
    """A caller with many calls does not delay a caller with one."""
    sentry = Sentry(clock, limit=1000, concurrent=1)
    await limiter(a_call(), sentry)
    sentry.gate.clear()
    many = begun(limiter, sentry, *[a_call(caller="many") for _ in range(5)])
    few = begun(limiter, sentry, *[a_call(caller="few") for _ in range(2)])
    await ticks()

    sentry.gate.set()
    await asyncio.gather(*many, *few)

    assert sentry.order[1:] == ["many", "many", "few", "many", "few", "many", "many"]


async def test_waits_that_are_too_long(limiter, clock):
    """A call that would wait past its deadline is refused at once, with the time to wait."""
    sentry = Sentry(clock, limit=10, window_s=10)
    for _ in range(10):
        await limiter(a_call(), sentry)

    with pytest.raises(RateLimited) as refused:
        await limiter(a_call(deadline=EPOCH_S + 9), sentry)

    assert (refused.value.retry_after, refused.value.status, len(sentry.order)) == (10.0, None, 10)


async def test_refusals_are_learned_from(limiter, clock):
    """When others use the same limit, one refusal stops all calls until the window ends."""
    sentry = Sentry(clock)
    await limiter(a_call(), sentry)
    sentry.windows[int(EPOCH_S)] = 10

    with pytest.raises(RateLimited):
        await limiter(a_call(), sentry)
    await limiter(a_call(), sentry)

    assert (sentry.refused, clock.time() >= EPOCH_S + 1) == (1, True)


async def test_queue_is_bounded(clock):
    """A call above the bound of the queue is refused, the others keep waiting."""
    limiter = Limiter(clock, Random(1), max_waiting=2)
    never = asyncio.Event()
    calls = begun(limiter, FakeTransport(lambda _: never.wait()), *[a_call() for _ in range(COLD_START + 2)])
    await ticks(3)

    with pytest.raises(RateLimited):
        await limiter(a_call(), FakeTransport())

    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await limiter.close()


async def test_hanging_up_leaves_nothing(limiter, clock):
    """Cancelled calls, waiting or under way, leave neither a waiter nor a permit behind."""
    sentry = Sentry(clock, limit=1000, concurrent=3)
    await limiter(a_call(), sentry)
    sentry.gate.clear()
    calls = begun(limiter, sentry, *[a_call() for _ in range(9)])
    await ticks()

    for call in calls[::2]:
        call.cancel()
    await ticks()
    sentry.gate.set()
    await asyncio.gather(*calls, return_exceptions=True)
    await limiter.close()

    assert repr(limiter) == "<Limiter 1 buckets, 0 calls under way, 0 waiting>"
    assert sentry.refused == 0


async def test_permits_come_back_from_failures(limiter, clock):
    """A failed call returns its permit."""
    for _ in range(20):
        with pytest.raises(Unavailable):
            await limiter(a_call(), FakeTransport(lambda _: raised(Unavailable("ill"))))

    assert repr(limiter) == "<Limiter 1 buckets, 0 calls under way, 0 waiting>"


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "https://us.sentry.io"},
        {"upstream": Upstream("bob", "sntryu_other")},
        {"endpoint": "projects.list"},
        {"method": "PUT"},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_buckets_are_apart(limiter, clock, changes):
    """There is a bucket for each credential, endpoint and method."""
    sentry = Sentry(clock, limit=1, window_s=3600)
    await limiter(a_call(), sentry)

    await limiter(a_call(**changes), Sentry(clock))

    assert repr(limiter) == "<Limiter 2 buckets, 0 calls under way, 0 waiting>"
    with pytest.raises(RateLimited):
        await limiter(a_call(), sentry)


def test_windows_are_shortened():
    """One answer with a late end makes neither this window nor the next ones longer for good."""
    bucket = Bucket()
    bucket.learn(EPOCH_S, RateLimitInfo(limit=10, remaining=9, resets_at=EPOCH_S + 3))
    bucket.learn(EPOCH_S + 0.1, RateLimitInfo(limit=10, remaining=0, resets_at=EPOCH_S + 1))

    rests = bucket.rest_s(EPOCH_S + 0.5)
    first = [bucket.take(EPOCH_S + 1) for _ in range(2)]
    bucket.learn(EPOCH_S + 1.1, RateLimitInfo(limit=10, remaining=0, resets_at=EPOCH_S + 2))

    assert (rests, first, bucket.rest_s(EPOCH_S + 1.5), bucket.take(EPOCH_S + 2)) == (0.5, [True, True], 0.5, True)


async def test_permits_that_would_come_too_late(limiter, clock):
    """A wait that leaves no time for the call is refused as a rate limit, and nothing is sent."""
    sentry = Sentry(clock, limit=10, window_s=10)
    sentry.gate.clear()
    held = begun(limiter, sentry, *[a_call(deadline=EPOCH_S + 60) for _ in range(2)])
    await ticks()

    with pytest.raises(RateLimited) as refused:
        await limiter(a_call(deadline=EPOCH_S + 0.01), sentry)
    sentry.gate.set()
    await asyncio.gather(*held)

    assert (refused.value.status, len(sentry.order)) == (None, 2)


async def test_cancelled_waiters():
    """Cancelled waiters neither count nor get a permit, in whatever order they leave."""
    bucket = Bucket()
    held = [bucket.take(EPOCH_S) for _ in range(COLD_START)]
    key_names = [bucket.enqueue(Priority.INTERACTIVE, "one") for _ in range(9)]
    counts = []
    for gone in (4, 0, 8, 2, 6, 1, 7):
        bucket.abandon(key_names[gone])
        counts.append(bucket.waiting)

    for _ in held:
        bucket.release(0.1)
    bucket.release_waiters(EPOCH_S)

    given = [
        number
        for number, key_name in enumerate(key_names)
        if key_name.permit.done() and not key_name.permit.cancelled()
    ]
    assert (counts, given, bucket.waiting, bucket.in_flight) == ([8, 7, 6, 5, 4, 3, 2], [3, 5], 0, 2)


@pytest.mark.parametrize(("at_once", "buckets"), [(1, 2), (2, 2), (5, 5)])
async def test_buckets_are_bounded(clock, monkeypatch, at_once, buckets):
    """The least recently used idle bucket is removed; while all are in use there may be more."""
    monkeypatch.setattr(module, "MAX_BUCKETS", 2)
    limiter = Limiter(clock, Random(1))
    sentry = Sentry(clock, limit=100, concurrent=100)

    for number in range(5):
        sentry.gate.clear()
        calls = [a_call(endpoint=f"issues.{number}{other}") for other in range(at_once)]
        tasks = begun(limiter, sentry, *calls)
        await ticks()
        sentry.gate.set()
        await asyncio.gather(*tasks)

    assert len(limiter._buckets) == buckets
    await limiter.close()
