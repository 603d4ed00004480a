"""Answers that are given again: to whom, for how long, and what ends them.

Long, because one stage decides all of it, and each case is a few lines over the same fixtures.
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
    """A cache for four small answers."""
    return Cache(clock, tag_versions, limit_bytes=4 * ENTRY)


@pytest.fixture
def wire(clock):
    return FakeTransport(lambda _: msgspec.structs.replace(a_reply(BODY), fetched_at=clock.time()))


async def test_a_hit_costs_nothing(cache, wire):
    """The second of two equal reads gets the first one's answer, and says that it was kept."""
    replies = [await cache(a_call(), wire) for _ in range(2)]

    assert [reply.origin for reply in replies] == ["wire", "cache"]
    assert [reply.body for reply in replies] == [BODY, BODY]
    assert len(wire.calls) == 1


async def test_what_may_differ(cache, wire):
    """Who asked, until when, and in which order the parameters stand, makes no other read."""
    await cache(a_call(query=(("a", "1"), ("b", "2"))), wire)

    reply = await cache(a_call(query=(("b", "2"), ("a", "1")), deadline=0.0, caller="bob"), wire)

    assert (reply.origin, len(wire.calls)) == ("cache", 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"upstream": Upstream("bob", "sntryu_secret")},
        {"host": "https://us.sentry.io"},
        {"path": "/api/0/organizations/other/issues/"},
        {"query": (("query", "is:unresolved"),)},
    ],
)
async def test_what_may_not_differ(cache, wire, changes):
    """Another credential, host, path or query is another read, even with the same token."""
    await cache(a_call(), wire)

    reply = await cache(a_call(**changes), wire)

    assert (reply.origin, len(wire.calls)) == ("wire", 2)


def test_tokens_stand_in_no_key():
    """A key holds the hash of a credential, never the credential."""
    assert "secret" not in repr(cache_key(a_call()))


KEPT = [Lifetime.IMMUTABLE, Lifetime.STABLE, Lifetime.VOLATILE]


@pytest.mark.parametrize("lifetime", KEPT)
async def test_fresh_answers(cache, wire, clock, lifetime):
    """An answer is fresh until its lifetime is over, not longer."""
    call = a_call(lifetime=lifetime)
    await cache(call, wire)

    clock.move(POLICIES[lifetime].max_age - 0.1)
    before = await cache(call, wire)
    clock.move(0.1)
    after = await cache(call, wire)

    assert [(reply.origin, reply.is_stale) for reply in (before, after)] == [("cache", False), ("cache", True)]


@pytest.mark.parametrize("lifetime", KEPT)
async def test_stale_answers_are_refreshed_once(cache, wire, clock, lifetime):
    """Who comes late gets the old answer at once, marked; one call fetches the new one for those who come next."""
    call, policy = a_call(lifetime=lifetime), POLICIES[lifetime]
    await cache(call, wire)
    clock.move(policy.max_age + policy.stale_while_revalidate - 0.1)

    late = [await cache(call, wire) for _ in range(3)]
    asked = len(wire.calls)
    await settled()
    after = await cache(call, wire)

    assert [reply.is_stale for reply in late] == [True] * 3
    assert (asked, len(wire.calls), after.is_stale) == (1, 2, False)
    assert (wire.calls[1].priority, wire.calls[1].deadline) == (Priority.JOB, clock.time() + REFRESH_S)


@pytest.mark.parametrize("lifetime", KEPT)
async def test_old_answers_are_asked_for_again(cache, wire, clock, lifetime):
    """What is older than stale is given no more while Sentry answers."""
    call, policy = a_call(lifetime=lifetime), POLICIES[lifetime]
    await cache(call, wire)

    clock.move(policy.max_age + policy.stale_while_revalidate)

    assert ((await cache(call, wire)).origin, len(wire.calls)) == ("wire", 2)


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
async def test_spare_answers_bridge_failures(cache, wire, clock, error):
    """When Sentry fails, what it said before is given, marked, until that is too long ago."""
    policy = POLICIES[Lifetime.VOLATILE]
    await cache(a_call(), wire)
    ill = FakeTransport(lambda _: raised(error))

    clock.move(policy.total_lifetime - 0.1)
    spare = await cache(a_call(), ill)
    clock.move(0.1)
    with pytest.raises(type(error)):
        await cache(a_call(), ill)

    assert (spare.body, spare.is_stale, len(ill.calls)) == (BODY, True, 2)


@pytest.mark.parametrize("error", [NotFound("gone"), Forbidden("no"), BadRequest("what")])
async def test_refusals_are_answers(cache, wire, clock, error):
    """What Sentry refuses now is not covered up with what it said before."""
    await cache(a_call(), wire)
    clock.move(60)

    with pytest.raises(type(error)):
        await cache(a_call(), FakeTransport(lambda _: raised(error)))


async def test_failed_refreshes(cache, wire, clock):
    """A refresh that fails is nobody's failure, and is tried again by the next reader."""
    ill = FakeTransport(lambda _: raised(Unavailable("ill")))
    await cache(a_call(), wire)
    clock.move(6)

    for _ in range(2):
        assert (await cache(a_call(), ill)).is_stale
        await settled()

    assert len(ill.calls) == 2


async def test_refreshes_end_with_the_cache(cache, wire, clock):
    """Nothing is fetched behind the back of readers who are gone."""
    never = asyncio.Event()
    await cache(a_call(), wire)
    clock.move(6)
    await cache(a_call(), FakeTransport(lambda _: never.wait()))

    before = repr(cache)
    await cache.close()

    assert ("1 refreshes" in before, "0 refreshes" in repr(cache)) == (True, True)


async def test_age_counts_from_the_answer(cache, clock):
    """An answer that was on its way for long is that much older."""
    old = a_reply(BODY)
    clock.move(7)
    await cache(a_call(), FakeTransport(lambda _: old))

    assert (await cache(a_call(), FakeTransport(lambda _: old))).is_stale


async def settled():
    """Lets what was begun come to its end."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_some_answers_are_never_kept(cache, wire):
    """A read without lifetime is asked each time."""
    call = a_call(lifetime=Lifetime.NEVER)

    replies = [await cache(call, wire) for _ in range(2)]

    assert ([reply.origin for reply in replies], repr(cache)) == (
        ["wire", "wire"],
        f"<Cache 0 entries, 0 of {4 * ENTRY} bytes, 0 refreshes under way>",
    )


async def test_lifetimes_are_settings(clock, tag_versions, wire):
    """Other seconds for a class of answers may be given."""
    cache = Cache(clock, tag_versions, policies=POLICIES | {Lifetime.VOLATILE: CachePolicy(0.0)})

    replies = [await cache(a_call(), wire) for _ in range(2)]

    assert [reply.origin for reply in replies] == ["wire", "wire"]


@pytest.mark.parametrize(("tags", "origin"), [(["issues/acme"], "wire"), (["issues/other"], "cache"), ([], "cache")])
async def test_raised_tags_end_answers(cache, wire, tag_versions, tags, origin):
    """A raise ends the answers that depend on its tag, and no others."""
    await cache(a_call(), wire)

    tag_versions.invalidate(tags)

    assert (await cache(a_call(), wire)).origin == origin


async def test_raises_count_again_for_new_answers(cache, wire, tag_versions, clock):
    """What was read right after a write is read again when the search index has caught up."""
    call = a_call(lifetime=Lifetime.STABLE)
    tag_versions.invalidate(call.tags)
    await cache(call, wire)

    clock.move(4.9)
    before = await cache(call, wire)
    clock.move(0.1)
    after = await cache(call, wire)

    assert (before.origin, after.origin) == ("cache", "wire")


async def test_writes_pass(cache, wire):
    """A write is never answered from what was kept, and nothing of it is kept."""
    replies = [await cache(WRITE, wire) for _ in range(2)]

    assert [reply.origin for reply in replies] == ["wire", "wire"]
    assert wire.calls == [WRITE, WRITE]


async def test_writes_end_answers(cache, wire):
    """What was read before a write is read again after it."""
    await cache(a_call(), wire)

    await cache(WRITE, wire)

    assert (await cache(a_call(), wire)).origin == "wire"


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
async def test_failed_writes(cache, wire, error, origin):
    """A refused write changed nothing; of any other that failed nobody knows, so answers end."""
    await cache(a_call(), wire)

    with pytest.raises(type(error)):
        await cache(WRITE, FakeTransport(lambda _: raised(error)))

    assert (await cache(a_call(), wire)).origin == origin


async def test_reads_that_a_write_overtook(cache, wire):
    """An answer that was under way during a write may be older than it, and is not kept."""
    asked, told = asyncio.Event(), asyncio.Event()

    async def slowly():
        asked.set()
        await told.wait()
        return a_reply(BODY)

    reading = asyncio.ensure_future(cache(a_call(), FakeTransport(lambda _: slowly())))
    await asked.wait()
    await cache(WRITE, wire)
    told.set()

    assert (await reading).body == BODY
    assert len(cache._entries) == 0
    assert (await cache(a_call(), wire)).origin == "wire"


async def test_absence_is_kept_shortly(cache, clock):
    """A thing that was not found is believed to be absent for some seconds, whatever the lifetime of an answer."""
    call = a_call(lifetime=Lifetime.IMMUTABLE)
    wire = FakeTransport(lambda _: raised(NotFound("No such issue", title="GET /", status=404, detail_code="x")))

    for seconds in (0, NEGATIVE_TTL.max_age - 0.1, 0.1):
        clock.move(seconds)
        with pytest.raises(NotFound) as absent:
            await cache(call, wire)
        assert (str(absent.value), vars(absent.value)) == (
            "No such issue",
            {"title": "GET /", "status": 404, "detail_code": "x"},
        )

    assert len(wire.calls) == 2


async def test_absences_hold_no_frames(cache):
    """An error that is kept for others does not grow with each of them, and holds nothing of whoever met it first."""
    wire = FakeTransport(lambda _: raised(NotFound("No such issue")))
    met = []
    for _ in range(4):
        with pytest.raises(NotFound) as absent:
            await cache(a_call(), wire)
        met.append(absent)

    cache_entry = next(iter(cache._entries.values())).answer
    assert cache_entry.__traceback__ is None
    assert len({id(absent.value) for absent in met}) == 4
    assert len(met[-1].traceback) == len(met[1].traceback)


async def test_absence_ends_with_a_write(cache, wire):
    """What was not there may be there after a write."""
    with pytest.raises(NotFound):
        await cache(a_call(), FakeTransport(lambda _: raised(NotFound("no"))))

    await cache(WRITE, wire)

    assert (await cache(a_call(), wire)).body == BODY


@pytest.mark.parametrize("error", [Forbidden("no"), Unavailable("ill"), BadRequest("no"), asyncio.CancelledError()])
async def test_other_errors_are_not_kept(cache, wire, error):
    """Only absence is believed for a while: any other failure is met by whoever met it."""
    with pytest.raises(type(error)):
        await cache(a_call(), FakeTransport(lambda _: raised(error)))

    assert (await cache(a_call(), wire)).origin == "wire"


async def test_the_oldest_answer_goes(cache, wire):
    """When the bytes are used up, the answer that was not asked for longest goes."""
    for name in "abcd":
        await cache(a_call(path=name), wire)
    await cache(a_call(path="a"), wire)

    await cache(a_call(path="e"), wire)

    assert repr(cache) == f"<Cache 4 entries, {4 * ENTRY} of {4 * ENTRY} bytes, 0 refreshes under way>"
    assert [(await cache(a_call(path=name), wire)).origin for name in "acdeb"] == ["cache"] * 4 + ["wire"]


async def test_one_large_answer_ends_many(cache, wire):
    """As many go as it takes to make room."""
    for name in "abcd":
        await cache(a_call(path=name), wire)

    await cache(a_call(path="large"), FakeTransport(lambda _: a_reply(bytes(2 * ENTRY))))

    assert [path for _, _, path, _ in cache._entries] == ["d", "large"]
    assert cache.size_bytes == ENTRY + ENTRY_OVERHEAD + 2 * ENTRY


@pytest.mark.parametrize(("spare", "entries"), [(1, 1), (0, 1), (-1, 0)])
async def test_answers_larger_than_all(cache, spare, entries):
    """An answer that fills the whole cache is kept, one byte more is not."""
    size = 4 * ENTRY - ENTRY_OVERHEAD - spare

    reply = await cache(a_call(), FakeTransport(lambda _: a_reply(bytes(size))))

    assert (len(reply.body), len(cache._entries)) == (size, entries)


async def test_sizes_add_up(cache, wire, clock):
    """An answer that ended, or came twice, is counted no longer."""
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


async def test_what_is_made_of_answers_counts(cache, wire):
    """What was made of an answer takes room, ends others for it, and ends with its answer."""
    for name in "abc":
        await cache(a_call(path=name), wire)
    cache_entry = (await cache(a_call(path="c"), wire)).cache_entry

    cache_entry.put_fragment("region", bytes(ENTRY))
    await cache(a_call(path="c"), wire)

    assert [path for _, _, path, _ in cache._entries] == ["b", "c"]
    assert (cache.size_bytes, cache_entry.size_bytes) == (
        3 * ENTRY + MEMO_OVERHEAD_BYTES,
        2 * ENTRY + MEMO_OVERHEAD_BYTES,
    )

    await cache(WRITE, wire)
    again = (await cache(a_call(path="c"), wire)).cache_entry
    cache_entry.put_fragment("region", bytes(ENTRY))

    assert (cache_entry.get_fragment("region"), again.get_fragment("region"), cache.size_bytes) == (
        None,
        None,
        2 * ENTRY,
    )


async def test_what_is_made_of_one_answer_is_bounded(cache, wire):
    """An answer with all that was made of it takes no more room than there is; beyond, nothing more is kept of it."""
    cache_entry = (await cache(a_call(), wire)).cache_entry

    cache_entry.put_fragment("fits", bytes(3 * ENTRY - MEMO_OVERHEAD_BYTES))
    cache_entry.put_fragment("more", b"")

    assert (cache.size_bytes, cache_entry.get_fragment("fits") is None, cache_entry.get_fragment("more")) == (
        4 * ENTRY,
        False,
        None,
    )


async def test_answers_of_one_flight_are_one(cache):
    """Callers who were given one answer share what is made of it."""
    told = asyncio.Event()
    answer = a_reply(BODY)

    async def later():
        await told.wait()
        return msgspec.structs.replace(answer, origin="flight")

    both = [asyncio.ensure_future(cache(a_call(), FakeTransport(lambda _: later()))) for _ in range(2)]
    await asyncio.sleep(0)
    told.set()
    first, second = await asyncio.gather(*both)

    assert first.cache_entry is second.cache_entry
    assert first.cache_entry is (await cache(a_call(), FakeTransport())).cache_entry


async def test_answers_that_are_not_kept_keep_nothing(cache, wire):
    """Without an entry there is no place for what is made of an answer."""
    reply = await cache(a_call(lifetime=Lifetime.NEVER), wire)

    assert reply.cache_entry is None


def ending(seconds, hours=1, **changes):
    """A read of the issues of so many hours that end so many seconds after the epoch of the tests."""
    end = datetime.fromtimestamp(EPOCH_S + seconds, UTC).replace(tzinfo=None)
    start = end - timedelta(hours=hours)
    query = (("start", start.isoformat()), ("end", end.isoformat()), ("query", changes.pop("search", "")))
    return a_call(query=query, deadline=EPOCH_S + 10_000, **changes)


async def test_ranges_that_end_now_bridge_minutes(cache, wire, clock):
    """While Sentry is ill, "the last hour" is answered with what was the last hour before, marked."""
    ill = FakeTransport(lambda _: raised(Unavailable("ill")))
    await cache(ending(60), wire)
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
async def test_other_ranges_are_other_questions(cache, wire, clock, changes, seconds):
    """Another length, another question or another stretch of time is not answered with this one."""
    await cache(ending(60), wire)
    clock.move(180)

    with pytest.raises(Unavailable):
        await cache(ending(seconds, **changes), FakeTransport(lambda _: raised(Unavailable("ill"))))


async def test_bridges_end_with_their_answers(cache, wire, clock, tag_versions):
    """What a write ended, or what is too old, bridges nothing; and nothing of it is kept."""
    ill = FakeTransport(lambda _: raised(Unavailable("ill")))
    await cache(ending(60), wire)
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
async def test_refusals_drop_old_answers(cache, wire, error, lifetime, is_background):
    """A refusal of a refresh drops the old answer, also as a substitute while Sentry fails."""
    call, policy, clock = a_call(lifetime=lifetime), POLICIES[lifetime], cache._clock
    await cache(call, wire)
    clock.move(policy.max_age + (0 if is_background else policy.stale_while_revalidate))
    wire.answer = lambda _: raised(error)
    await asyncio.gather(cache(call, wire), return_exceptions=True)
    await settled()

    clock.move(NEGATIVE_TTL.max_age)
    wire.answer = lambda _: raised(Unavailable("down"))
    with pytest.raises(Unavailable):
        await cache(call, wire)


async def test_refusals_drop_the_rolling_range(cache, wire, clock):
    """A refusal also drops the answer for the same rolling range of a minute ago."""
    await cache(ending(60), wire)
    clock.move(180)
    wire.answer = lambda _: raised(Forbidden("no"))
    with pytest.raises(Forbidden):
        await cache(ending(240), wire)

    wire.answer = lambda _: raised(Unavailable("down"))
    with pytest.raises(Unavailable):
        await cache(ending(240), wire)
