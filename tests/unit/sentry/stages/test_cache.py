"""Cached answers: for which reads, for how long, and what invalidates them.

Long, as one stage decides all of it; each case is a few lines over the same fixtures.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from dexter_graphql.sentry.cache_entry import MEMO_OVERHEAD_BYTES
from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.call import Priority, Upstream
from dexter_graphql.sentry.endpoint import Lifetime
from dexter_graphql.sentry.errors import (
    BadRequest,
    BadResponse,
    DeadlineExceeded,
    Forbidden,
    Gone,
    MissingRoute,
    Moved,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.stages.cache import (
    ENTRY_OVERHEAD,
    NEGATIVE_TTL,
    POLICIES,
    REFRESH_S,
    Cache,
    CachePolicy,
    cache_key,
)
from support.upstream import EPOCH_S, FakeTransport, MovedClock, a_call, a_reply, raised

BODY = b"0123456789"
ENTRY = ENTRY_OVERHEAD + len(BODY)
WRITE = a_call(method="PUT", lifetime=Lifetime.NEVER, body=b"{}")


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def tag_versions(clock):
    return TagVersions(clock)


@pytest.fixture
def cache(clock, tag_versions):
    """A cache with room for four small answers."""
    return Cache(clock, tag_versions, limit_bytes=4 * ENTRY)


@pytest.fixture
def transport(clock):
    return FakeTransport(lambda _: msgspec.structs.replace(a_reply(BODY), fetched_at=clock.time()))


async def test_a_hit_costs_nothing(cache, transport):
    """The second of two equal reads is answered from the cache, and its origin says so."""
    replies = [await cache(a_call(), transport) for _ in range(2)]

    assert [reply.origin for reply in replies] == ["wire", "cache"]
    assert [reply.body for reply in replies] == [BODY, BODY]
    assert len(transport.calls) == 1


async def test_what_may_differ(cache, transport):
    """Caller, deadline and order of parameters do not distinguish reads."""
    await cache(a_call(query=(("a", "1"), ("b", "2"))), transport)

    reply = await cache(a_call(query=(("b", "2"), ("a", "1")), deadline=0.0, caller="bob"), transport)

    assert (reply.origin, len(transport.calls)) == ("cache", 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"upstream": Upstream("bob", "sntryu_secret")},
        {"host": "https://us.sentry.io"},
        {"path": "/api/0/organizations/other/issues/"},
        {"query": (("query", "is:unresolved"),)},
    ],
)
async def test_what_may_not_differ(cache, transport, changes):
    """Another credential, host, path or query is another read, even with the same token."""
    await cache(a_call(), transport)

    reply = await cache(a_call(**changes), transport)

    assert (reply.origin, len(transport.calls)) == ("wire", 2)


def test_keys_contain_no_token():
    """A cache key contains the hash of a credential, never the credential."""
    assert "secret" not in repr(cache_key(a_call()))


KEPT = [Lifetime.IMMUTABLE, Lifetime.STABLE, Lifetime.VOLATILE]


@pytest.mark.parametrize("lifetime", KEPT)
async def test_fresh_answers(cache, transport, clock, lifetime):
    """An answer is fresh until its lifetime ends."""
    call = a_call(lifetime=lifetime)
    await cache(call, transport)

    clock.move(POLICIES[lifetime].max_age - 0.1)
    before = await cache(call, transport)
    clock.move(0.1)
    after = await cache(call, transport)

    assert [(reply.origin, reply.is_stale) for reply in (before, after)] == [("cache", False), ("cache", True)]


@pytest.mark.parametrize("lifetime", KEPT)
async def test_stale_answers_are_refreshed_once(cache, transport, clock, lifetime):
    """A stale answer is served at once and marked; one background call fetches the new one."""
    call, policy = a_call(lifetime=lifetime), POLICIES[lifetime]
    await cache(call, transport)
    clock.move(policy.max_age + policy.stale_while_revalidate - 0.1)

    late = [await cache(call, transport) for _ in range(3)]
    calls = len(transport.calls)
    await settled()
    after = await cache(call, transport)

    assert [reply.is_stale for reply in late] == [True] * 3
    assert (calls, len(transport.calls), after.is_stale) == (1, 2, False)
    assert (transport.calls[1].priority, transport.calls[1].deadline) == (Priority.JOB, clock.time() + REFRESH_S)


@pytest.mark.parametrize("lifetime", KEPT)
async def test_old_answers_are_asked_for_again(cache, transport, clock, lifetime):
    """An answer that is older than stale is not served while Sentry answers."""
    call, policy = a_call(lifetime=lifetime), POLICIES[lifetime]
    await cache(call, transport)

    clock.move(policy.max_age + policy.stale_while_revalidate)

    assert ((await cache(call, transport)).origin, len(transport.calls)) == ("wire", 2)


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("ill"),
        UpstreamTimeout("slow"),
        DeadlineExceeded("late"),
        RateLimited("busy", retry_after=1),
        BadResponse("cut"),
        Gone("brownout"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_stale_if_error(cache, transport, clock, error):
    """When Sentry fails, an old answer is served and marked, until it is too old."""
    policy = POLICIES[Lifetime.VOLATILE]
    await cache(a_call(), transport)
    ill = FakeTransport(lambda _: raised(error))

    clock.move(policy.total_lifetime - 0.1)
    spare = await cache(a_call(), ill)
    clock.move(0.1)
    with pytest.raises(type(error)):
        await cache(a_call(), ill)

    assert (spare.body, spare.is_stale, len(ill.calls)) == (BODY, True, 2)


@pytest.mark.parametrize("error", [NotFound("gone"), Forbidden("no"), BadRequest("what")])
async def test_refusals_are_answers(cache, transport, clock, error):
    """A refusal by Sentry is not hidden by an old answer."""
    await cache(a_call(), transport)
    clock.move(60)

    with pytest.raises(type(error)):
        await cache(a_call(), FakeTransport(lambda _: raised(error)))


async def test_failed_refreshes(cache, transport, clock):
    """A failed refresh is no error of a reader, and the next reader starts another one."""
    ill = FakeTransport(lambda _: raised(Unavailable("ill")))
    await cache(a_call(), transport)
    clock.move(6)

    for _ in range(2):
        assert (await cache(a_call(), ill)).is_stale
        await settled()

    assert len(ill.calls) == 2


async def test_refreshes_end_with_the_cache(cache, transport, clock):
    """Closing the cache cancels the background refreshes."""
    never = asyncio.Event()
    await cache(a_call(), transport)
    clock.move(6)
    await cache(a_call(), FakeTransport(lambda _: never.wait()))

    before = repr(cache)
    await cache.close()

    assert ("1 refreshes" in before, "0 refreshes" in repr(cache)) == (True, True)


async def test_age_counts_from_the_answer(cache, clock):
    """The age of an answer counts from when it was fetched."""
    old = a_reply(BODY)
    clock.move(7)
    await cache(a_call(), FakeTransport(lambda _: old))

    assert (await cache(a_call(), FakeTransport(lambda _: old))).is_stale


async def settled():
    """Let background tasks finish."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_answers_without_lifetime(cache, transport):
    """A read without lifetime is never cached."""
    call = a_call(lifetime=Lifetime.NEVER)

    replies = [await cache(call, transport) for _ in range(2)]

    assert ([reply.origin for reply in replies], repr(cache)) == (
        ["wire", "wire"],
        f"<Cache 0 entries, 0 of {4 * ENTRY} bytes, 0 refreshes under way>",
    )


async def test_lifetimes_are_settings(clock, tag_versions, transport):
    """The policy of a lifetime class can be replaced."""
    cache = Cache(clock, tag_versions, policies=POLICIES | {Lifetime.VOLATILE: CachePolicy(0.0)})

    replies = [await cache(a_call(), transport) for _ in range(2)]

    assert [reply.origin for reply in replies] == ["wire", "wire"]


@pytest.mark.parametrize(("tags", "origin"), [(["issues/acme"], "wire"), (["issues/other"], "cache"), ([], "cache")])
async def test_invalidated_tags(cache, transport, tag_versions, tags, origin):
    """An invalidation removes the answers with its tag, and no others."""
    await cache(a_call(), transport)

    tag_versions.invalidate(tags)

    assert (await cache(a_call(), transport)).origin == origin


async def test_invalidations_count_again(cache, transport, tag_versions, clock):
    """What was read right after a write is read again when the search index has caught up."""
    call = a_call(lifetime=Lifetime.STABLE)
    tag_versions.invalidate(call.tags)
    await cache(call, transport)

    clock.move(4.9)
    before = await cache(call, transport)
    clock.move(0.1)
    after = await cache(call, transport)

    assert (before.origin, after.origin) == ("cache", "wire")


async def test_writes_pass(cache, transport):
    """A write is never answered from the cache, and its answer is not cached."""
    replies = [await cache(WRITE, transport) for _ in range(2)]

    assert [reply.origin for reply in replies] == ["wire", "wire"]
    assert transport.calls == [WRITE, WRITE]


async def test_writes_end_answers(cache, transport):
    """What was read before a write is read again after it."""
    await cache(a_call(), transport)

    await cache(WRITE, transport)

    assert (await cache(a_call(), transport)).origin == "wire"


@pytest.mark.parametrize(
    ("error", "origin"),
    [
        (BadRequest("no"), "cache"),
        (Forbidden("no"), "cache"),
        (NotFound("no"), "cache"),
        (Unavailable("ill"), "wire"),
        (UpstreamTimeout("slow"), "wire"),
        (RateLimited("wait", retry_after=1), "wire"),
        (asyncio.CancelledError(), "wire"),
    ],
)
async def test_failed_writes(cache, transport, error, origin):
    """A refused write changes nothing; after any other failure it may have been applied, so answers are invalidated."""
    await cache(a_call(), transport)

    with pytest.raises(type(error)):
        await cache(WRITE, FakeTransport(lambda _: raised(error)))

    assert (await cache(a_call(), transport)).origin == origin


async def test_reads_that_a_write_overtook(cache, transport):
    """An answer that was under way during a write may be older than the write and is not cached."""
    requested, may_answer = asyncio.Event(), asyncio.Event()

    async def slowly():
        requested.set()
        await may_answer.wait()
        return a_reply(BODY)

    reading = asyncio.ensure_future(cache(a_call(), FakeTransport(lambda _: slowly())))
    await requested.wait()
    await cache(WRITE, transport)
    may_answer.set()

    assert (await reading).body == BODY
    assert len(cache._entries) == 0
    assert (await cache(a_call(), transport)).origin == "wire"


async def test_absence_is_kept_shortly(cache, clock):
    """A missing object is remembered for some seconds, whatever the lifetime class is."""
    call = a_call(lifetime=Lifetime.IMMUTABLE)
    transport = FakeTransport(lambda _: raised(NotFound("No such issue", title="GET /", status=404, detail_code="x")))

    for seconds in (0, NEGATIVE_TTL.max_age - 0.1, 0.1):
        clock.move(seconds)
        with pytest.raises(NotFound) as absent:
            await cache(call, transport)
        assert (str(absent.value), vars(absent.value)) == (
            "No such issue",
            {"title": "GET /", "status": 404, "detail_code": "x"},
        )

    assert len(transport.calls) == 2


async def test_absences_hold_no_frames(cache):
    """A cached error does not grow with each reader, and holds no frames of the first one."""
    transport = FakeTransport(lambda _: raised(NotFound("No such issue")))
    met = []
    for _ in range(4):
        with pytest.raises(NotFound) as absent:
            await cache(a_call(), transport)
        met.append(absent)

    cache_entry = next(iter(cache._entries.values())).answer
    assert cache_entry.__traceback__ is None
    assert len({id(absent.value) for absent in met}) == 4
    assert len(met[-1].traceback) == len(met[1].traceback)


async def test_absence_ends_with_a_write(cache, transport):
    """A write invalidates a cached "not found"."""
    with pytest.raises(NotFound):
        await cache(a_call(), FakeTransport(lambda _: raised(NotFound("no"))))

    await cache(WRITE, transport)

    assert (await cache(a_call(), transport)).body == BODY


@pytest.mark.parametrize("error", [Forbidden("no"), Unavailable("ill"), BadRequest("no"), asyncio.CancelledError()])
async def test_other_errors_are_not_kept(cache, transport, error):
    """No other failure is cached."""
    with pytest.raises(type(error)):
        await cache(a_call(), FakeTransport(lambda _: raised(error)))

    assert (await cache(a_call(), transport)).origin == "wire"


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

    assert [path for _, _, path, _ in cache._entries] == ["d", "large"]
    assert cache.size_bytes == ENTRY + ENTRY_OVERHEAD + 2 * ENTRY


@pytest.mark.parametrize(("spare", "entries"), [(1, 1), (0, 1), (-1, 0)])
async def test_answers_larger_than_all(cache, spare, entries):
    """An answer that fills the whole cache is stored, one byte more is not."""
    size = 4 * ENTRY - ENTRY_OVERHEAD - spare

    reply = await cache(a_call(), FakeTransport(lambda _: a_reply(bytes(size))))

    assert (len(reply.body), len(cache._entries)) == (size, entries)


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

    assert (both, cache.size_bytes, len(cache._entries)) == (ENTRY, 0, 0)


async def test_derived_values_count(cache, transport):
    """Values derived from an answer count with it, and are removed with it."""
    for name in "abc":
        await cache(a_call(path=name), transport)
    cache_entry = (await cache(a_call(path="c"), transport)).cache_entry

    cache_entry.put_fragment("region", bytes(ENTRY))
    await cache(a_call(path="c"), transport)

    assert [path for _, _, path, _ in cache._entries] == ["b", "c"]
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
