"""What the cache holds: its bounds, rolling ranges, and what ends with a rejected credential."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from dexter_graphql.sentry.cache_entry import MEMO_OVERHEAD_BYTES
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.endpoint import Lifetime
from dexter_graphql.sentry.errors import (
    Forbidden,
    MissingRoute,
    Moved,
    NotFound,
    Unauthorized,
    Unavailable,
)
from dexter_graphql.sentry.stages.cache import (
    ENTRY_OVERHEAD,
    NEGATIVE_TTL,
    POLICIES,
)
from support.cached_answers import BODY, ENTRY, KEPT, WRITE, settled
from support.upstream import EPOCH_S, FakeTransport, a_call, a_reply, raised


async def test_the_oldest_answer_goes(cache, transport):
    """When the cache is full, the least recently used answer is removed."""
    for name in "abcd":
        await cache(a_call(path=name), transport)
    await cache(a_call(path="a"), transport)

    await cache(a_call(path="e"), transport)

    assert repr(cache) == f"<Cache 4 entries, {4 * ENTRY} of {4 * ENTRY} bytes, 0 refreshes under way>"
    assert [(await cache(a_call(path=name), transport)).origin for name in "acdeb"] == ["cache"] * 4 + ["wire"]


async def test_one_large_answer_ends_many(cache, transport):
    """A large answer removes as many others as needed."""
    for name in "abcd":
        await cache(a_call(path=name), transport)

    await cache(a_call(path="large"), FakeTransport(lambda _: a_reply(bytes(2 * ENTRY))))

    assert [path for _, _, path, _ in cache.answers] == ["d", "large"]
    assert cache.size_bytes == ENTRY + ENTRY_OVERHEAD + 2 * ENTRY


@pytest.mark.parametrize(("spare", "entries"), [(1, 1), (0, 1), (-1, 0)])
async def test_answers_larger_than_all(cache, spare, entries):
    """An answer that fills the whole cache is stored, one byte more is not."""
    size = 4 * ENTRY - ENTRY_OVERHEAD - spare

    reply = await cache(a_call(), FakeTransport(lambda _: a_reply(bytes(size))))

    assert (len(reply.body), len(cache.answers)) == (size, entries)


async def test_sizes_add_up(cache, transport, clock):
    """A removed or replaced answer is not counted any more."""
    slow = asyncio.Event()

    async def later():
        await slow.wait()
        return a_reply(BODY)

    twice = [asyncio.ensure_future(cache(a_call(), FakeTransport(lambda _: later()))) for _ in range(2)]
    await asyncio.sleep(0)
    slow.set()
    await asyncio.gather(*twice)
    both = cache.size_bytes
    clock.move(POLICIES[Lifetime.VOLATILE].total_lifetime)
    with pytest.raises(Unavailable):
        await cache(a_call(), FakeTransport(lambda _: raised(Unavailable("ill"))))

    assert (both, cache.size_bytes, len(cache.answers)) == (ENTRY, 0, 0)


async def test_derived_values_count(cache, transport):
    """Values derived from an answer count with it, and are removed with it."""
    for name in "abc":
        await cache(a_call(path=name), transport)
    cache_entry = (await cache(a_call(path="c"), transport)).cache_entry

    cache_entry.put_fragment("region", bytes(ENTRY))
    await cache(a_call(path="c"), transport)

    assert [path for _, _, path, _ in cache.answers] == ["b", "c"]
    assert (cache.size_bytes, cache_entry.size_bytes) == (
        3 * ENTRY + MEMO_OVERHEAD_BYTES,
        2 * ENTRY + MEMO_OVERHEAD_BYTES,
    )

    await cache(WRITE, transport)
    again = (await cache(a_call(path="c"), transport)).cache_entry
    cache_entry.put_fragment("region", bytes(ENTRY))

    assert (cache_entry.get_fragment("region"), again.get_fragment("region"), cache.size_bytes) == (
        None,
        None,
        2 * ENTRY,
    )


async def test_derived_values_are_bounded(cache, transport):
    """An answer with everything derived from it never exceeds the size of the cache."""
    cache_entry = (await cache(a_call(), transport)).cache_entry

    cache_entry.put_fragment("fits", bytes(3 * ENTRY - MEMO_OVERHEAD_BYTES))
    cache_entry.put_fragment("more", b"")

    assert (cache.size_bytes, cache_entry.get_fragment("fits") is None, cache_entry.get_fragment("more")) == (
        4 * ENTRY,
        False,
        None,
    )


async def test_answers_of_one_flight_are_one(cache):
    """Callers that shared a call share the cache entry."""
    may_answer = asyncio.Event()
    answer = a_reply(BODY)

    async def later():
        await may_answer.wait()
        return msgspec.structs.replace(answer, origin="flight")

    both = [asyncio.ensure_future(cache(a_call(), FakeTransport(lambda _: later()))) for _ in range(2)]
    await asyncio.sleep(0)
    may_answer.set()
    first, second = await asyncio.gather(*both)

    assert first.cache_entry is second.cache_entry
    assert first.cache_entry is (await cache(a_call(), FakeTransport())).cache_entry


async def test_uncached_answers_have_no_entry(cache, transport):
    """An answer that is not cached has no cache entry."""
    reply = await cache(a_call(lifetime=Lifetime.NEVER), transport)

    assert reply.cache_entry is None


def ending(seconds, hours=1, **changes):
    """A read of the issues of this many hours, which end this many seconds after the epoch of the tests."""
    end = datetime.fromtimestamp(EPOCH_S + seconds, UTC).replace(tzinfo=None)
    start = end - timedelta(hours=hours)
    query = (("start", start.isoformat()), ("end", end.isoformat()), ("query", changes.pop("search", "")))
    return a_call(query=query, deadline=EPOCH_S + 10_000, **changes)


async def test_rolling_ranges(cache, transport, clock):
    """While Sentry fails, "the last hour" is answered with the last hour of a moment ago, and marked."""
    ill = FakeTransport(lambda _: raised(Unavailable("ill")))
    await cache(ending(60), transport)
    clock.move(180)

    spare = await cache(ending(240), ill)

    assert (spare.body, spare.is_stale, len(ill.calls)) == (BODY, True, 1)


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({"hours": 2}, 240),
        ({"search": "is:resolved"}, 240),
        ({"path": "/api/0/organizations/globex/issues/"}, 240),
        ({"upstream": Upstream("bob", "sntryu_other")}, 240),
        ({}, -3600),
    ],
    ids=["length", "search", "path", "credential", "a range that is over"],
)
async def test_other_ranges(cache, transport, clock, changes, seconds):
    """Another length, query or range is not answered with this one."""
    await cache(ending(60), transport)
    clock.move(180)

    with pytest.raises(Unavailable):
        await cache(ending(seconds, **changes), FakeTransport(lambda _: raised(Unavailable("ill"))))


async def test_rolling_ranges_are_invalidated(cache, transport, clock, tag_versions):
    """An invalidated or too old answer is not served for a rolling range."""
    ill = FakeTransport(lambda _: raised(Unavailable("ill")))
    await cache(ending(60), transport)
    tag_versions.invalidate(["issues/acme"])
    clock.move(120)

    with pytest.raises(Unavailable):
        await cache(ending(180), ill)

    assert (cache._newest, cache.size_bytes) == ({}, 0)


REVOCATIONS = [
    Forbidden("no"),
    NotFound("gone", status=404),
    Moved("renamed", slug="other"),
    MissingRoute("removed", status=404),
    Unauthorized("no", status=401),
]


@pytest.mark.parametrize("error", REVOCATIONS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    ("lifetime", "is_background"),
    [(lifetime, is_background) for lifetime in KEPT for is_background in (True, False)],
)
async def test_refusals_drop_old_answers(cache, transport, error, lifetime, is_background):
    """A refusal of a refresh drops the old answer, also as a substitute while Sentry fails."""
    call, policy, clock = a_call(lifetime=lifetime), POLICIES[lifetime], cache._clock
    await cache(call, transport)
    clock.move(policy.max_age + (0 if is_background else policy.stale_while_revalidate))
    transport.answer = lambda _: raised(error)
    await asyncio.gather(cache(call, transport), return_exceptions=True)
    await settled()

    clock.move(NEGATIVE_TTL.max_age)
    transport.answer = lambda _: raised(Unavailable("down"))
    with pytest.raises(Unavailable):
        await cache(call, transport)


async def test_refusals_drop_the_rolling_range(cache, transport, clock):
    """A refusal also drops the answer for the same rolling range of a minute ago."""
    await cache(ending(60), transport)
    clock.move(180)
    transport.answer = lambda _: raised(Forbidden("no"))
    with pytest.raises(Forbidden):
        await cache(ending(240), transport)

    transport.answer = lambda _: raised(Unavailable("down"))
    with pytest.raises(Unavailable):
        await cache(ending(240), transport)
