"""Organization directory: organizations by credential, their lifetime and regions."""

import json

import pytest

from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import (
    BadRequest,
    Forbidden,
    HostNotAllowed,
    InvalidParameter,
    InvalidValue,
    NotFound,
    Unauthorized,
    Unavailable,
)
from dexter_graphql.sentry.http.allowed_hosts import AllowedHosts
from dexter_graphql.sentry.organization_directory import LIFETIME_S, OrganizationDirectory
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from support.client_endpoints import ANY
from support.upstream import EPOCH_S, FakeTransport, MovedClock, a_reply, raised

ROW = {"id": "17", "slug": "acme"}
ISSUES = Endpoint("issues.list", "GET", "/organizations/{organization}/issues/", ("event:read",), restriction=ANY)
US = {"regionUrl": "https://us.sentry.io", "organizationUrl": "https://acme.sentry.io"}
ACME = OrganizationRef("17", "acme", "https://us.sentry.io", "https://acme.sentry.io")


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def transport():
    return FakeTransport(lambda _: reply_with({"id": "17", "slug": "acme", "links": US, "name": "Acme"}))


@pytest.fixture
def client(clock, transport):
    """A client without a cache, so that every read of the directory is a call."""
    return SentryClient(clock, transport, (), AllowedHosts.of("https://sentry.io"), TagVersions(clock))


@pytest.fixture
def directory(client, clock):
    return OrganizationDirectory(client, clock)


def reply_with(value, **headers):
    return a_reply(json.dumps(value).encode(), headers={name.replace("_", "-"): text for name, text in headers.items()})


def a_call_context(who="alice"):
    return CallContext(Upstream(who, f"sntryu_{who}"), EPOCH_S + 60, CallBudget(100))


async def test_one_call_for_each(directory, transport):
    """An organization is requested once, at the configured host, and known by slug and id from then on."""
    organizations = [await directory.find(a_call_context(), name) for name in ("acme", "acme", "17")]

    assert organizations == [ACME] * 3
    assert [(call.host, call.path, call.query) for call in transport.calls] == [
        ("https://sentry.io", "/api/0/organizations/acme/", (("detailed", "0"),))
    ]


async def test_known_id_makes_no_call(directory, transport, clock):
    """The id of an organization is known for an hour after some credential has found it."""
    before = directory.known_id("acme")
    await directory.find(a_call_context(), "acme")
    ids = [directory.known_id("acme"), directory.known_id("globex")]
    clock.move(LIFETIME_S)

    assert (before, ids, directory.known_id("acme")) == (None, ["17", None], None)
    assert len(transport.calls) == 1


async def test_credentials_share_nothing(directory, transport):
    """One credential does not profit from what another one has read."""
    await directory.find(a_call_context(), "acme")
    transport.answer = lambda _: raised(NotFound("no"))

    assert await directory.find(a_call_context("bob"), "acme") is None
    assert [call.upstream.token for call in transport.calls] == ["sntryu_alice", "sntryu_bob"]


@pytest.mark.parametrize(("seconds", "calls"), [(LIFETIME_S - 1, 1), (LIFETIME_S, 2)])
async def test_lifetime(directory, transport, clock, seconds, calls):
    """An entry is valid for an hour."""
    await directory.find(a_call_context(), "acme")

    clock.move(seconds)
    await directory.find(a_call_context(), "acme")

    assert len(transport.calls) == calls


@pytest.mark.parametrize(
    ("links", "region", "web"),
    [
        (US, "https://us.sentry.io", "https://acme.sentry.io"),
        ({"regionUrl": "https://sentry.io/"}, None, None),
        ({"regionUrl": "https://SENTRY.io:443"}, None, None),
        ({"regionUrl": None, "organizationUrl": None}, None, None),
        ({"regionUrl": ""}, None, None),
        ({}, None, None),
        (None, None, None),
    ],
)
async def test_regions(directory, transport, links, region, web):
    """A region is another host than the configured one; older servers name none."""
    transport.answer = lambda _: reply_with({"id": 17, "slug": "acme", "links": links})

    assert await directory.find(a_call_context(), "acme") == OrganizationRef("17", "acme", region, web)


async def test_links_may_be_missing(directory, transport):
    """A server without regions need not send links at all."""
    transport.answer = lambda _: reply_with({"id": 17, "slug": "acme"})

    assert await directory.find(a_call_context(), "acme") == OrganizationRef("17", "acme")


@pytest.mark.parametrize("region", ["https://evil.com", "nonsense", "https://[", "http://us.sentry.io"])
async def test_foreign_regions_of_sentry_io(directory, client, transport, region):
    """An organization whose region is not allowed is known, and the first call to the region is refused."""
    transport.answer = lambda _: reply_with({"id": 17, "slug": "acme", "links": {"regionUrl": region}})
    organization = await directory.find(a_call_context(), "acme")

    with pytest.raises(HostNotAllowed):
        await client.send(ISSUES, a_call_context(), parents=Parents(organization))

    assert len(transport.calls) == 1


@pytest.mark.parametrize("error", [NotFound("no"), BadRequest("no")])
async def test_unknown_names(directory, transport, error):
    """A name that Sentry does not know, or refuses, is no organization."""
    transport.answer = lambda _: raised(error)

    assert await directory.find(a_call_context(), "acme") is None


@pytest.mark.parametrize("name", ["", ".", "..", "n" * 101, "a/b", "acme?x"])
async def test_invalid_names(directory, transport, name):
    """A name that cannot be a slug is the client's mistake and is not sent."""
    with pytest.raises(InvalidParameter):
        await directory.find(a_call_context(), name)

    assert transport.calls == []


async def test_rejected_credentials_are_forgotten(directory, client, transport):
    """When Sentry rejects a credential, its entries are not used any more."""
    transport.answer = lambda call: raised(Unauthorized("no", status=401)) if "issues" in call.path else reply_with(ROW)
    await directory.find(a_call_context(), "acme")
    with pytest.raises(Unauthorized):
        await client.send(ISSUES, a_call_context(), parents=Parents(OrganizationRef("17", "acme")))

    with pytest.raises(Unauthorized):
        await directory.find(a_call_context(), "acme")


SELF_HOSTED = "http://sentry.internal:9000"


@pytest.fixture
def self_hosted(clock, transport):
    """The directory of a self-hosted Sentry that is reached by an internal address."""
    hosts = AllowedHosts.of(SELF_HOSTED, ("https://allowed.example",))
    return OrganizationDirectory(SentryClient(clock, transport, (), hosts, TagVersions(clock)), clock)


@pytest.mark.parametrize(
    ("region", "used", "ignored"),
    [
        ("https://sentry.example.com", None, ["https://sentry.example.com"]),
        ("https://allowed.example", "https://allowed.example", []),
        (SELF_HOSTED, None, []),
        ("https://[", None, ["https://["]),
    ],
)
async def test_public_address_of_a_self_hosted_sentry(self_hosted, transport, region, used, ignored):
    """A region outside the allowed hosts is ignored in favour of the configured address, which is logged once."""
    transport.answer = lambda _: reply_with({"id": 17, "slug": "acme", "links": {"regionUrl": region}})

    organizations = [await self_hosted.find(a_call_context(who), "acme") for who in ("alice", "bob")]

    assert [organization.region_url for organization in organizations] == [used] * 2
    assert list(self_hosted.ignored_regions) == ignored


async def test_ids_on_servers_that_take_slugs_only(self_hosted, transport):
    """A self-hosted server that does not find an id in the path is asked for its list of organizations."""
    transport.answer = lambda call: (
        reply_with([ROW]) if call.path.endswith("/organizations/") else raised(NotFound("no"))
    )

    assert (await self_hosted.find(a_call_context(), "17")).slug == "acme"
    assert await self_hosted.find(a_call_context(), "18") is None
    assert await self_hosted.find(a_call_context(), "other") is None


@pytest.mark.parametrize("error", [Forbidden("no"), Unavailable("ill")])
async def test_other_errors_pass(directory, transport, error):
    """Other errors are raised."""
    transport.answer = lambda _: raised(error)

    with pytest.raises(type(error)):
        await directory.find(a_call_context(), "acme")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"slug": "acme"}, "Sentry's answer lacks 'id'"),
        ({"id": 17}, "Sentry's answer lacks 'slug'"),
        (
            {"id": 17, "slug": "acme", "links": 5},
            "'links' in Sentry's answer does not fit: Expected `object`, got `int`",
        ),
        ([], "Expected an object for Organization, got a list"),
    ],
)
async def test_invalid_organizations(directory, transport, row, message):
    """An organization with an invalid value is not remembered, and the error says why."""
    transport.answer = lambda _: reply_with(row)

    for _ in range(2):
        with pytest.raises(InvalidValue) as invalid:
            await directory.find(a_call_context(), "acme")
        assert str(invalid.value) == message

    assert len(transport.calls) == 2


async def test_all_are_remembered(directory, transport):
    """The list makes all of its organizations known; invalid rows are left out."""
    pages = {
        (): reply_with([{"id": 1, "slug": "a"}, None], cursor_next="0:2:0"),
        ("0:2:0",): reply_with([{"id": 2, "slug": "b", "links": US}]),
    }
    transport.answer = lambda call: pages[tuple(value for name, value in call.query if name == "cursor")]

    organizations = await directory.all(a_call_context())
    again = [await directory.find(a_call_context(), name) for name in ("a", "b", "1", "2")]

    b = OrganizationRef("2", "b", "https://us.sentry.io", "https://acme.sentry.io")
    assert organizations == [OrganizationRef("1", "a"), b]
    assert again == [*organizations, *organizations]
    assert [call.path for call in transport.calls] == ["/api/0/organizations/"] * 2


async def test_all_is_bounded(directory, transport):
    """No more organizations are requested than `first`."""
    transport.answer = lambda _: reply_with([{"id": 1, "slug": "a"}, {"id": 2, "slug": "b"}], cursor_next="0:2:0")

    organizations = await directory.all(a_call_context(), first=1)

    assert ([organization.slug for organization in organizations], len(transport.calls)) == (["a"], 1)


async def test_the_directory_is_bounded(client, clock, transport):
    """When the directory is full, the oldest entry is removed."""
    transport.answer = lambda call: reply_with({"id": call.path[-2], "slug": call.path.split("/")[-2]})
    directory = OrganizationDirectory(client, clock, limit=4)
    for name in ("a1", "b2", "c3"):
        await directory.find(a_call_context(), name)
    transport.calls.clear()

    for name in ("b2", "c3", "2", "3", "a1"):
        await directory.find(a_call_context(), name)

    assert ([call.path for call in transport.calls], len(directory._entries)) == (["/api/0/organizations/a1/"], 4)
