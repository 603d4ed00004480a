"""Sharing through a real Redis: cached answers, invalidations and rate limits."""

import asyncio
from random import Random

import pytest
import pytest_asyncio

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.credentials import CredentialRegistry, credential_tag
from dexter_graphql.sentry.endpoint import Lifetime
from dexter_graphql.sentry.errors import Forbidden, MissingRoute, NotFound, RateLimited, Unauthorized, Unavailable
from dexter_graphql.sentry.redis.invalidation import CREDENTIAL_VERSION_TTL_MS, VERSION_TTL_MS
from dexter_graphql.sentry.redis.options import RedisOptions
from dexter_graphql.sentry.redis.services import RedisServices
from dexter_graphql.sentry.stages import compose
from dexter_graphql.sentry.stages.cache import POLICIES, Cache
from dexter_graphql.sentry.stages.limiter import Limiter
from dexter_graphql.sentry.stages.redis_cache import MAX_BODY_BYTES, RedisCache
from support.redis import running_redis
from support.upstream import FakeTransport, a_call, a_reply, raised

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEY = b"the same on every replica"


class RealTime(Clock):
    """Real time, which a test may set forward."""

    def __init__(self):
        self.ahead_s = 0.0

    def time(self):
        return super().time() + self.ahead_s

    def monotonic(self):
        return super().monotonic() + self.ahead_s


class Replica:
    """One process: its cache, its connection to Redis, and its transport."""

    def __init__(self, url, key=KEY):
        self.clock = RealTime()
        self.transport = FakeTransport(lambda _: a_reply(b"answer", headers={"x-hits": "3"}))
        self.tag_versions = TagVersions(self.clock)
        self.credentials = CredentialRegistry(self.clock, self.tag_versions)
        self.services = RedisServices.connect(RedisOptions(url, key), self.credentials, self.tag_versions, self.clock)
        self.shared = RedisCache(self.clock, self.services)
        self.cache = Cache(self.clock, self.tag_versions)
        self.services.start()

    async def run(self, **changes):
        """An answer through memory, Redis and the transport."""
        call = a_call(deadline=self.clock.time() + 60, **changes)
        return await compose((self.cache, self.shared))(call, self._answered)

    async def _answered(self, call):
        reply = await self.transport(call)
        return a_reply(reply.body, headers=reply.headers).__class__(
            status=200, headers=reply.headers, body=reply.body, fetched_at=self.clock.time()
        )

    async def settle(self):
        """Wait for writes and announcements under way."""
        await self.shared.close()
        await self.services.invalidations.flush()
        await asyncio.sleep(0.02)

    async def close(self):
        await self.cache.close()
        await self.shared.close()
        await self.services.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server():
    """One Redis for the module."""
    async with running_redis() as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def replica(server):
    """Makes replicas over a Redis that is empty at the start of each test."""
    async with server.client() as client:
        await client.flushall()
    made = []

    async def make(**options):
        made.append(Replica(server.url, **options))
        await asyncio.sleep(0.05)
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def test_one_answer_serves_all(replica):
    """The answer of one replica is another one's hit, with its headers, and its origin says so."""
    one, other = await replica(), await replica()
    first = await one.run()
    await one.settle()

    second = await other.run()

    assert (first.origin, second.origin) == ("wire", "shared")
    assert (second.body, second.headers, second.fetched_at) == (b"answer", {"x-hits": "3"}, first.fetched_at)
    assert other.transport.calls == []


@pytest.mark.parametrize(
    "changes",
    [
        {"upstream": Upstream("bob", "sntryu_other")},
        {"query": (("query", "is:resolved"),)},
        {"path": "/api/0/organizations/globex/issues/"},
        {"host": "https://us.sentry.io"},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_other_reads_have_other_answers(replica, changes):
    """Another credential, host, path or query gets another answer."""
    one, other = await replica(), await replica()
    await one.run()
    await one.settle()

    assert (await other.run(**changes)).origin == "wire"


async def test_writes_end_answers_everywhere(replica):
    """An invalidation on one replica reaches the other at once, in memory and in Redis."""
    one, other = await replica(), await replica()
    await other.run()
    await other.settle()

    one.tag_versions.invalidate(["issues/acme"])
    await one.settle()

    assert (await one.run()).origin == "wire"
    assert (await other.run()).origin in {"wire", "shared"}
    assert len(one.transport.calls) + len(other.transport.calls) >= 2


async def test_overtaken_reads_are_not_shared(replica):
    """A read that began before a write on another replica is not shared."""
    one, other = await replica(), await replica()
    gate = asyncio.Event()

    async def late(_):
        await gate.wait()
        return a_reply(b"before")

    one.transport.answer = late
    reading = asyncio.ensure_future(one.run())
    await asyncio.sleep(0.05)
    other.tag_versions.invalidate(["issues/acme"])
    await other.settle()
    gate.set()
    await reading
    await one.settle()

    assert (await other.run()).body == b"answer"


async def test_invalidations_count_again_in_redis(replica):
    """What was read right after a write is read again when Sentry's index has caught up."""
    one, other = await replica(), await replica()
    one.tag_versions.invalidate(["issues/acme"])
    await one.settle()
    await one.run(lifetime=Lifetime.STABLE)
    await one.settle()
    other.clock.ahead_s = 6.0

    assert (await other.run(lifetime=Lifetime.STABLE)).origin == "wire"


async def test_stale_if_error(replica):
    """When Sentry fails, the old answer of another replica is served, and marked."""
    one, other = await replica(), await replica()
    await one.run()
    await one.settle()
    other.clock.ahead_s = 60.0
    other.transport.answer = lambda _: raised(Unavailable("ill"))

    spare = await other.run()

    assert (spare.origin, spare.is_stale, spare.body) == ("shared", True, b"answer")
    other.clock.ahead_s = POLICIES[Lifetime.VOLATILE].total_lifetime + 1
    with pytest.raises(Unavailable):
        await other.run()


async def test_nothing_readable_is_kept(replica, server):
    """Neither key names nor values in Redis reveal what they hold."""
    one = await replica()
    one.transport.answer = lambda _: a_reply(b"TypeError in checkout " * 200)
    await one.run()
    one.tag_versions.invalidate(["issue/4711"])
    await one.settle()

    async with server.client() as client:
        names = await client.keys()
        texts = [await client.get(name) for name in names if await client.type(name) == b"string"]
        cache_entry = b"".join([*names, *texts])

    assert len(names) >= 3
    for secret in (b"TypeError", b"acme", b"4711", b"sntryu", b"alice"):
        assert secret not in cache_entry


@pytest.mark.parametrize("harm", ["flip", "cut", "foreign", "version", "empty", "elsewhere"])
async def test_damaged_values_count_as_missing(replica, server, harm):
    """A value for another key name, key or version, or a damaged one, counts as missing."""
    one, other = await replica(), await replica()
    await one.run()
    await one.run(path="/api/0/organizations/acme/projects/")
    await one.settle()

    async with server.client() as client:
        first, second = [name for name in await client.keys() if b":answer:" in name]
        for name in (first, second):
            cache_entry = await client.get(first if harm == "elsewhere" else name)
            changed = {
                "flip": cache_entry[:20] + bytes([cache_entry[20] ^ 1]) + cache_entry[21:],
                "cut": cache_entry[:-1],
                "foreign": b"\x80\x04K\x01.",
                "version": b"\x02" + cache_entry[1:],
                "empty": b"",
                "elsewhere": cache_entry,
            }[harm]
            await client.set(name, changed)

    origins = {
        (await other.run(path=f"/api/0/organizations/acme/{entity}/")).origin for entity in ("issues", "projects")
    }
    assert origins == ({"shared", "wire"} if harm == "elsewhere" else {"wire"})


async def test_other_keys_share_nothing(replica):
    """Replicas with different secrets share nothing."""
    one, other = await replica(), await replica(key=b"another")
    await one.run()
    await one.settle()

    assert (await other.run()).origin == "wire"


async def test_event_bodies_are_not_stored(replica):
    """Event bodies are not stored in Redis unless that is configured."""
    one, other = await replica(), await replica()
    await one.run(has_event_bodies=True)
    await one.settle()

    assert (await other.run(has_event_bodies=True)).origin == "wire"


@pytest.mark.parametrize("body", [b"x" * MAX_BODY_BYTES, b"x" * (MAX_BODY_BYTES + 1)], ids=["limit", "more"])
async def test_large_answers(replica, body):
    """An answer of the largest size is shared, one byte more is not."""
    one, other = await replica(), await replica()
    one.transport.answer = lambda _: a_reply(body)
    await one.run()
    await one.settle()

    assert ((await other.run()).origin == "shared") == (len(body) == MAX_BODY_BYTES)


async def test_redis_goes_and_comes_back(replica, server):
    """Without Redis everything is answered from memory and Sentry; when it is back it is used again."""
    one, other = await replica(), await replica()
    server.kill()

    for number in range(5):
        assert (await one.run(query=(("n", str(number)),))).origin == "wire"
    one.tag_versions.invalidate(["issues/acme"])
    others_are_synced = one.services.invalidations.is_synced(("issues/other",))
    is_synced = one.services.invalidations.is_synced(("issues/acme",))
    await server.start()
    one.clock.ahead_s = other.clock.ahead_s = 10.0
    for _ in range(100):
        await asyncio.sleep(0.05)
        if one.services.invalidations.is_synced(("issues/acme",)):
            break
    await one.run(query=(("n", "again"),))
    await one.settle()
    shared = await other.run(query=(("n", "again"),))

    assert (is_synced, others_are_synced, shared.origin) == (False, True, "shared")
    assert repr(one.services.connection) == "<RedisConnection up>"


async def test_lost_versions_bring_nothing_back(replica, server):
    """When Redis loses a version, invalidated answers do not become valid again."""
    one, other = await replica(), await replica()
    await one.run(lifetime=Lifetime.STABLE)
    await one.settle()
    one.tag_versions.invalidate(["issues/acme"])
    await one.settle()
    async with server.client() as client:
        for name in await client.keys():
            if b":generation:" in name:
                await client.delete(name)

    assert (await other.run(lifetime=Lifetime.STABLE)).origin == "wire"


async def test_replicas_are_counted(replica):
    """Each replica knows the number of replicas, a moment after one started."""
    one, other = await replica(), await replica()

    for _ in range(300):
        await asyncio.sleep(0.01)
        if one.services.rate_limit_shares.replicas == other.services.rate_limit_shares.replicas == 2:
            break

    assert (one.services.rate_limit_shares.replicas, other.services.rate_limit_shares.replicas) == (2, 2)


async def test_permits_are_granted_once(replica):
    """All replicas together get no more permits than a window has; without Redis each gets what it requests."""
    one, other = await replica(), await replica()
    bucket = ("https://sentry.io", "alice", "issues.list", "GET")

    granted = [await each.services.rate_limit_shares.take(bucket, 7, 4, 10) for each in (one, other, one, other)]
    next_window = await one.services.rate_limit_shares.take(bucket, 8, 4, 10)

    assert (granted, next_window) == ([4, 4, 2, 0], 4)


async def test_two_limiters_keep_to_one_limit(replica):
    """Two replicas that call as fast as they can are hardly ever refused, and use the complete_windows limit."""
    one, other = await replica(), await replica()
    sentry = FixedWindow(limit=20)
    limiters = []
    for each in (one, other):
        each.services.rate_limit_shares.replicas = 2
        limiters.append(Limiter(Clock(), Random(1), rate_limit_shares=each.services.rate_limit_shares))

    async def run(number):
        until = Clock().time() + 3.0
        while Clock().time() < until:
            try:
                await limiters[number % 2](a_call(deadline=Clock().time() + 20), sentry)
            except RateLimited:
                await asyncio.sleep(0.05)

    await asyncio.gather(*(run(number) for number in range(20)))
    for limiter in limiters:
        await limiter.close()

    complete_windows = sorted(sentry.windows.items())[1:-1]
    assert max(count for _, count in complete_windows) <= 22
    assert min(count for _, count in complete_windows) >= 12
    assert sentry.refused <= 0.1 * sum(sentry.windows.values())


class FixedWindow:
    """A transport that limits calls in windows of a second, as Sentry does."""

    def __init__(self, limit):
        self.limit, self.windows, self.refused = limit, {}, 0

    async def __call__(self, call):
        await asyncio.sleep(0.005)
        now = Clock().time()
        used = self.windows[int(now)] = self.windows.get(int(now), 0) + 1
        headers = {
            "x-sentry-rate-limit-limit": str(self.limit),
            "x-sentry-rate-limit-remaining": str(max(0, self.limit - used)),
            "x-sentry-rate-limit-reset": str(int(now) + 1),
            "x-sentry-rate-limit-concurrentlimit": "50",
        }
        if used > self.limit:
            self.refused += 1
            raise RateLimited("busy", retry_after=int(now) + 1 - now, headers=headers)
        return a_reply(headers=headers)


async def test_rejected_credentials_lose_their_answers(replica):
    """A 401 on one replica ends the credential's answers on all of them, in memory and in Redis."""
    rejecting, other, fresh = await replica(), await replica(), await replica()
    tags = ("issues/acme", credential_tag("alice"))
    for each in (rejecting, other):
        each.credentials.accept("alice")
        await each.run(tags=tags)
        await each.settle()
    before = (await other.run(tags=tags)).origin

    rejecting.credentials.handle("alice", Unauthorized("Invalid token", status=401))
    await rejecting.settle()

    assert before == "cache"
    assert (await fresh.run(tags=tags)).origin == "wire"
    await other.shared.close()
    assert (await other.run(tags=tags)).origin != "cache"


async def test_unknown_credentials_are_rejected_everywhere(replica):
    """A replica that never used the credential ends its answers on the others, too."""
    using, rejecting = await replica(), await replica()
    tags = (credential_tag("alice"),)
    using.credentials.accept("alice")
    await using.run(tags=tags)
    await using.settle()

    rejecting.credentials.handle("alice", Unauthorized("Invalid token", status=401))
    await rejecting.settle()

    assert (await using.run(tags=tags)).origin == "wire"


@pytest.mark.parametrize("error", [Forbidden("no"), NotFound("no", status=404), MissingRoute("no", status=404)])
async def test_refusals_delete_the_answer(replica, error):
    """A refusal of a refresh deletes the answer in Redis, so that no replica serves it when Sentry fails."""
    one, other = await replica(), await replica()
    await one.run(lifetime=Lifetime.STABLE)
    await one.settle()
    for each in (one, other):
        each.clock.ahead_s = 400.0
    one.transport.answer = lambda _: raised(error)
    with pytest.raises(type(error)):
        await one.run(lifetime=Lifetime.STABLE)

    other.transport.answer = lambda _: raised(Unavailable("down"))
    with pytest.raises(Unavailable):
        await other.run(lifetime=Lifetime.STABLE)


ODD_VERSIONS = [b"", b"9" * 5000, b"9" * 5000 + b":0", b"-1:0", b"1", b"1:x", b"\xff", b"1:" + b"9" * 5000]


@pytest.mark.parametrize("value", ODD_VERSIONS)
async def test_odd_versions(replica, server, value):
    """A version that we did not write counts as missing: it is replaced, and answers are shared again."""
    one, other = await replica(), await replica()
    async with server.client() as client:
        await client.set(one.services.invalidations.key_name("issues/acme"), value)

    await one.run()
    await one.settle()
    shared = await other.run()
    one.tag_versions.invalidate(["issues/acme"])
    await one.settle()

    assert (shared.origin, (await other.run()).origin) == ("shared", "wire")


async def test_versions_of_credentials_expire(replica, server):
    """The version of a credential is kept for an hour, that of other tags for days."""
    one = await replica()
    await one.run(tags=("issues/acme", credential_tag("alice")))
    await one.settle()

    async with server.client() as client:
        key_name = one.services.invalidations.key_name
        lifetimes = [await client.pttl(key_name(tag)) for tag in ("issues/acme", credential_tag("alice"))]

    assert lifetimes[0] > VERSION_TTL_MS / 2
    assert 0 < lifetimes[1] <= CREDENTIAL_VERSION_TTL_MS
