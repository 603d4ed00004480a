"""Rejected credentials: everything that was read with them ends at once, and they are refused for some seconds."""

import asyncio

import msgspec
import pytest

from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.credentials import (
    MAX_ACCEPTED,
    ORGANIZATION_CODES,
    REFUSAL_S,
    CredentialRegistry,
    credential_tag,
)
from dexter_graphql.sentry.endpoint import Endpoint, Lifetime
from dexter_graphql.sentry.errors import NotFound, Unauthorized, Unavailable
from dexter_graphql.sentry.http.allowed_hosts import AllowedHosts
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection
from dexter_graphql.sentry.stages.cache import POLICIES, Cache
from dexter_graphql.sentry.stages.single_flight import SingleFlightStage
from support.client_endpoints import ANY
from support.upstream import FakeTransport, MovedClock, a_reply, raised

ACME = Parents(OrganizationRef("1", "acme"))
ISSUE = Projection("Issue", "list", (Field("id", "id", int | str),))
OTHER = Endpoint("teams.list", "GET", "/organizations/{organization}/teams/", (), restriction=ANY)
ALICE, BOB = Upstream("alice", "sntryu_alice"), Upstream("bob", "sntryu_bob")
LIFETIMES = [Lifetime.IMMUTABLE, Lifetime.STABLE, Lifetime.VOLATILE]


def endpoint_of(lifetime):
    return Endpoint(
        "issues.list", "GET", "/organizations/{organization}/issues/", (), lifetime=lifetime, restriction=ANY
    )


def rejected(code=None):
    return Unauthorized("Invalid token", status=401, detail_code=code)


class Upstreams:
    """A client with a cache whose transport rejects the tokens in `rejects`, on a clock that a test moves."""

    def __init__(self):
        self.clock = MovedClock()
        self.rejects = {}
        self.transport = FakeTransport(self._answer)
        tag_versions = TagVersions(self.clock)
        stages = (Cache(self.clock, tag_versions), SingleFlightStage(self.clock, tag_versions))
        hosts = AllowedHosts.of("https://sentry.io")
        self.client = SentryClient(self.clock, self.transport, stages, hosts, tag_versions)
        self.rejections = []
        self.client.on_rejected(self.rejections.append)

    def _answer(self, call):
        if call.upstream.token in self.rejects:
            raise self.rejects[call.upstream.token]
        return msgspec.structs.replace(a_reply(b'[{"id": 1}]'), fetched_at=self.clock.time())

    def operation(self, upstream=ALICE):
        return CallContext(upstream, self.clock.time() + 60, CallBudget(10))

    async def read(self, endpoint, upstream=ALICE, operation=None):
        operation = operation or self.operation(upstream)
        return await self.client.get_page(endpoint, operation, ISSUE, parents=ACME)

    async def result_of(self, endpoint, upstream=ALICE, operation=None):
        """Where the answer came from, or the type of the error."""
        operation = operation or self.operation(upstream)
        try:
            await self.read(endpoint, operation=operation)
        except Exception as error:  # noqa: BLE001  # the result
            return type(error)
        return operation.stats.records[0].origin


@pytest.fixture
async def sentry():
    return Upstreams()


def moments(policy):
    """A moment in each phase of an answer's life: fresh, stale, and kept for failures."""
    fresh, stale = policy.max_age / 2, policy.max_age + policy.stale_while_revalidate / 2
    return [fresh, stale, policy.max_age + policy.stale_while_revalidate + policy.stale_if_error / 2]


@pytest.mark.parametrize("lifetime", LIFETIMES)
@pytest.mark.parametrize("phase", [0, 1, 2], ids=["fresh", "stale", "old"])
async def test_cached_answers_end(sentry, lifetime, phase):
    """After a 401 no answer of the credential is served again, in whatever phase of its life it is."""
    endpoint = endpoint_of(lifetime)
    await sentry.read(endpoint)
    sentry.clock.move(moments(POLICIES[lifetime])[phase] - REFUSAL_S)
    sentry.rejects[ALICE.token] = rejected()
    await sentry.result_of(OTHER)
    sentry.clock.move(REFUSAL_S)
    sentry.rejects[ALICE.token] = Unavailable("down")

    assert await sentry.result_of(endpoint) is Unavailable


async def test_decoded_records_end(sentry):
    """What was decoded and made of an answer ends with it: its cache entry is not fresh any more."""
    endpoint = endpoint_of(Lifetime.STABLE)
    page = await sentry.read(endpoint)
    was_fresh = page.cache_entry.is_fresh
    sentry.rejects[ALICE.token] = rejected()
    await sentry.result_of(OTHER)

    assert (was_fresh, page.cache_entry.is_fresh) == (True, False)


async def test_negative_entries_end(sentry):
    """A cached "not found" ends with the credential, too."""
    endpoint = endpoint_of(Lifetime.STABLE)
    sentry.rejects[ALICE.token] = NotFound("no", status=404)
    await sentry.result_of(endpoint)
    sentry.rejects[ALICE.token] = rejected()
    await sentry.result_of(OTHER)

    assert await sentry.result_of(endpoint) is Unauthorized


async def test_background_refreshes_are_noticed(sentry):
    """A 401 in a background refresh ends the credential before the next read."""
    policy = POLICIES[Lifetime.STABLE]
    await sentry.read(endpoint_of(Lifetime.STABLE))
    sentry.rejects[ALICE.token] = rejected()
    sentry.clock.move(policy.max_age + 1)

    stale = await sentry.read(endpoint_of(Lifetime.STABLE))
    await asyncio.sleep(0.01)

    assert stale.is_stale
    assert (await sentry.result_of(endpoint_of(Lifetime.STABLE)), sentry.rejections) == (Unauthorized, ["alice"])


async def test_calls_under_way_end(sentry):
    """An answer that was requested before the rejection and arrives after it is not delivered."""
    gate = asyncio.Event()

    async def late():
        await gate.wait()
        return a_reply(b"[]")

    sentry.transport.answer = lambda call: late() if "issues" in call.path else raised(rejected())
    await_answer = asyncio.create_task(sentry.result_of(endpoint_of(Lifetime.STABLE)))
    await asyncio.sleep(0.01)
    await sentry.result_of(OTHER)
    gate.set()

    assert await await_answer is Unauthorized


async def test_other_credentials_are_not_concerned(sentry):
    """The rejection of one credential ends nothing of another one."""
    endpoint = endpoint_of(Lifetime.STABLE)
    for upstream in (ALICE, BOB):
        await sentry.read(endpoint, upstream)
    sentry.rejects[ALICE.token] = rejected()
    await sentry.result_of(OTHER)

    assert (await sentry.result_of(endpoint, BOB), sentry.rejections) == ("cache", ["alice"])


async def test_refused_without_a_call(sentry):
    """A rejected credential is refused for ten seconds without a call, and then tried again."""
    sentry.rejects[ALICE.token] = rejected()
    results = [await sentry.result_of(OTHER) for _ in range(3)]
    calls = len(sentry.transport.calls)
    sentry.clock.move(REFUSAL_S - 0.1)
    results.append(await sentry.result_of(OTHER))
    sentry.clock.move(0.1)
    sentry.rejects.clear()
    results.append(await sentry.result_of(OTHER))

    assert (results, calls, len(sentry.transport.calls)) == ([Unauthorized] * 4 + ["wire"], 1, 2)


async def test_an_operation_asks_no_more(sentry):
    """An operation that saw a 401 makes no further call, however long it lasts."""
    operation = sentry.operation()
    sentry.rejects[ALICE.token] = rejected()
    await sentry.result_of(OTHER, operation=operation)
    sentry.rejects.clear()
    sentry.clock.move(2 * REFUSAL_S)

    with pytest.raises(Unauthorized):
        await sentry.read(endpoint_of(Lifetime.STABLE), operation=operation)

    assert len(sentry.transport.calls) == 1


@pytest.mark.parametrize("code", sorted(ORGANIZATION_CODES))
async def test_rejections_by_an_organization(sentry, code):
    """A 401 that concerns one organization ends cached answers, and the credential may still be used."""
    endpoint = endpoint_of(Lifetime.STABLE)
    await sentry.read(endpoint)
    sentry.rejects[ALICE.token] = rejected(code)
    await sentry.result_of(OTHER)
    sentry.rejects.clear()

    assert (await sentry.result_of(endpoint), sentry.rejections) == ("wire", [])


async def test_made_up_credentials_leave_the_cache_alone(sentry):
    """Credentials that Sentry never accepted invalidate nothing, so that many of them cost the others nothing."""
    version = sentry.client.version
    for number in range(100):
        upstream = Upstream(f"made-up-{number}", f"token-{number}")
        sentry.rejects[upstream.token] = rejected()
        await sentry.result_of(OTHER, upstream)

    assert sentry.client.version == version


def test_other_replicas():
    """The rejection by another replica ends what is known here, and means nothing for unknown credentials."""
    clock = MovedClock()
    tag_versions = TagVersions(clock)
    announced = []
    tag_versions.subscribe(announced.extend)
    registry = CredentialRegistry(clock, tag_versions)
    registry.accept("alice")
    snapshots = [tag_versions.snapshot((tag,)) for tag in (credential_tag("alice"), "issues/acme")]

    registry.receive((credential_tag("stranger"),))
    is_untouched = tag_versions.version == 0
    registry.receive((credential_tag("alice"), "issues/acme"))

    after = [tag_versions.snapshot((tag,)) for tag in (credential_tag("alice"), "issues/acme")]
    assert is_untouched
    assert [before != now for before, now in zip(snapshots, after, strict=True)] == [True, True]
    assert announced == []


def test_rejections_are_announced_for_unknown_credentials_too():
    """Another replica may have cached answers of a credential that is unknown here."""
    clock = MovedClock()
    tag_versions = TagVersions(clock)
    announced = []
    tag_versions.subscribe(announced.extend)

    CredentialRegistry(clock, tag_versions).handle("stranger", rejected())

    assert (announced, tag_versions.version) == ([credential_tag("stranger")], 0)


def test_forgotten_credentials_lose_their_answers():
    """Above the bound the oldest accepted credential is forgotten, and its cached answers end with it."""
    clock = MovedClock()
    tag_versions = TagVersions(clock)
    registry = CredentialRegistry(clock, tag_versions)
    tag = (credential_tag("user0"),)
    before = tag_versions.snapshot(tag)

    for number in range(MAX_ACCEPTED + 1):
        registry.accept(f"user{number}")

    assert tag_versions.snapshot(tag) != before
    assert [registry.is_accepted(f"user{number}") for number in (0, 1)] == [False, True]
    assert repr(registry) == f"<CredentialRegistry {MAX_ACCEPTED} accepted, 0 rejected>"


def test_errors_hold_no_token():
    """The remembered rejection holds no frame of the call, and so no token."""
    registry = CredentialRegistry(MovedClock(), TagVersions(MovedClock()))
    try:
        raise rejected()
    except Unauthorized as error:
        registry.handle("alice", error)
        original = error

    with pytest.raises(Unauthorized) as refused:
        registry.check("alice")

    assert refused.value is not original
    assert not registry.is_accepted("alice")
