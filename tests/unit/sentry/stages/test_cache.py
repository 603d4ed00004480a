"""Cached answers: for which reads, for how long, and what invalidates them."""

import asyncio

import pytest

from dexter_graphql.sentry.call import Priority, Upstream
from dexter_graphql.sentry.endpoint import Lifetime
from dexter_graphql.sentry.errors import (
    BadRequest,
    BadResponse,
    DeadlineExceeded,
    Forbidden,
    Gone,
    NotFound,
    RateLimited,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.stages.cache import (
    NEGATIVE_TTL,
    POLICIES,
    REFRESH_S,
    Cache,
    CachePolicy,
    cache_key,
)
from support.cached_answers import BODY, ENTRY, KEPT, WRITE, settled
from support.upstream import FakeTransport, a_call, a_reply, raised


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
    assert len(cache.answers) == 0
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

    cache_entry = next(iter(cache.answers.values())).answer
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
