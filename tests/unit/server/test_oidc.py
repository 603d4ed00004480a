"""Signing keys of an OpenID Connect issuer."""

import asyncio

import aiohttp
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from dexter_graphql.server import oidc
from dexter_graphql.server.oidc import (
    MAX_AGE_S,
    PAUSE_AFTER_FAILURE_S,
    PAUSE_S,
    REFRESH_S,
    IssuerKeys,
    IssuerUnavailable,
)
from support.aioresponses import ScriptedResponses
from support.issuer import Issuer, SigningKey, rsa_key
from support.realtime import MovableClock


@pytest.fixture
def issuer():
    """An issuer with one key."""
    return Issuer()


@pytest.fixture
def clock():
    """A clock that the test moves."""
    return MovableClock()


@pytest.fixture
def responses():
    """Scripted answers of the issuer."""
    with ScriptedResponses() as scripted:
        yield scripted


@pytest_asyncio.fixture
async def keys(issuer, clock):
    """The keys of the issuer."""
    keys = IssuerKeys(issuer.url, clock, None, lambda _address: {})
    yield keys
    await keys.close()


def script(responses, issuer, discovery=None):
    """Script the two documents, the first one with some other members."""
    responses.add(issuer.discovery_url, payload=issuer.discovery() | (discovery or {}))
    responses.add(issuer.jwks_url, payload=issuer.jwks())


async def test_keys_are_fetched_once(issuer, keys, responses):
    """Any number of tokens costs the two documents; the request carries no credential."""
    script(responses, issuer)

    found = [await keys.find("first", "ES256") for _ in range(3)]

    assert [key.key_id for key in found] == ["first"] * 3
    assert {str(url) for _, url in responses.requests} == {issuer.discovery_url, issuer.jwks_url}
    assert "1" in repr(keys)


async def test_new_key_of_the_issuer_is_found(issuer, keys, responses, clock):
    """An unknown key is looked for at the issuer, at most once per minute, so that made-up IDs cost it nothing."""
    script(responses, issuer)
    await keys.find("first", "ES256")
    issuer.keys.insert(0, SigningKey("second"))

    early = [await keys.find(key_id, "ES256") for key_id in ("second", "made-up", "second")]
    clock.go_on(PAUSE_S)
    script(responses, issuer)
    late = await keys.find("second", "ES256")

    assert early == [None, None, None]
    assert late.key_id == "second"


async def test_key_that_the_issuer_removed_ends(issuer, keys, responses, clock):
    """Keys are fetched again every hour in which they are needed, in the background."""
    script(responses, issuer)
    await keys.find("first", "ES256")
    issuer.keys = [SigningKey("second")]
    clock.go_on(REFRESH_S + 1)
    script(responses, issuer)

    first = await keys.find("first", "ES256")
    await keys._refreshing

    assert first.key_id == "first"
    assert await keys.find("first", "ES256") is None


async def test_known_keys_do_not_wait_for_the_issuer(issuer, keys, responses, clock, monkeypatch):
    """An issuer that accepts connections and does not answer delays no token with a known key."""
    script(responses, issuer)
    await keys.find("first", "ES256")
    clock.go_on(REFRESH_S + 1)
    monkeypatch.setattr(keys, "_fetch", asyncio.Event().wait)

    found = [await keys.find("first", "ES256") for _ in range(3)]

    assert [key.key_id for key in found] == ["first"] * 3
    assert not keys._refreshing.done()


async def test_known_keys_outlive_the_issuer_for_a_day(issuer, keys, responses, clock):
    """While it does not answer, known keys are used, unknown ones are an error, and after a day all; logged once."""
    script(responses, issuer)
    await keys.find("first", "ES256")
    with capture_logs() as entries:
        clock.go_on(REFRESH_S + 1)
        known = await keys.find("first", "ES256")
        await keys._refreshing
        clock.go_on(PAUSE_AFTER_FAILURE_S)
        with pytest.raises(IssuerUnavailable):
            await keys.find("second", "ES256")
        clock.go_on(MAX_AGE_S)
        with pytest.raises(IssuerUnavailable):
            await keys.find("first", "ES256")
    clock.go_on(PAUSE_AFTER_FAILURE_S)
    script(responses, issuer)
    again = await keys.find("first", "ES256")

    assert (known.key_id, again.key_id) == ("first", "first")
    assert [entry["reason"] for entry in entries] == ["ClientConnectionError"]


async def test_issuer_that_never_answered_is_an_error(keys, responses):
    """Without keys nothing can be verified."""
    with pytest.raises(IssuerUnavailable):
        await keys.find("first", "ES256")


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://login.example.com"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": "http://login.example.org/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://["},
    ],
    ids=str,
)
async def test_discovery_is_checked(issuer, keys, responses, discovery):
    """The document is that of the issuer, and the keys come over https."""
    script(responses, issuer, discovery)

    with pytest.raises(IssuerUnavailable):
        await keys.find("first", "ES256")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404},
        {"status": 302, "headers": {"location": "https://elsewhere.example"}},
        {"body": "<html>"},
        {"body": "[]"},
        {"body": "{}"},
        {"body": '{"keys": 1}'},
        {"exception": TimeoutError()},
        {"exception": aiohttp.ClientPayloadError()},
    ],
    ids=str,
)
async def test_broken_documents_are_errors(issuer, keys, responses, answer):
    """Redirects are not followed, and whatever comes back, the answer is one error."""
    responses.add(issuer.discovery_url, payload=issuer.discovery())
    responses.add(issuer.jwks_url, **answer)

    with pytest.raises(IssuerUnavailable):
        await keys.find("first", "ES256")


async def test_huge_document_is_not_read(issuer, keys, responses, monkeypatch):
    """The memory for an answer is bounded."""
    monkeypatch.setattr(oidc, "MAX_BYTES", 100)
    script(responses, issuer)

    with pytest.raises(IssuerUnavailable):
        await keys.find("first", "ES256")


async def test_only_public_signing_keys_are_used(issuer, keys, responses):
    """Keys for encryption, symmetric keys and values that are no keys are left out; the others are used."""
    signing = SigningKey("good", rsa_key())
    others = [
        {"kty": "oct", "kid": "symmetric", "k": "c2VjcmV0"},
        SigningKey("encryption").jwk(use="enc"),
        {"kty": "RSA", "kid": "cut"},
        "text",
        None,
    ]
    responses.add(issuer.discovery_url, payload=issuer.discovery())
    responses.add(issuer.jwks_url, payload={"keys": [*others, signing.jwk(alg="RS256")]})

    found = {key_id: await keys.find(key_id, "RS256") for key_id in ("good", "symmetric", "encryption", "cut", "")}

    assert {key_id for key_id, key in found.items() if key} == {"good"}
    assert [await keys.find("good", algorithm) for algorithm in ("HS256", "PS256", "ES256")] == [None] * 3


async def test_token_without_key_id_has_the_only_key(issuer, keys, responses, clock):
    """With two keys it has none: a guess would be a second try."""
    script(responses, issuer)
    only = await keys.find(None, "ES256")
    issuer.keys.append(SigningKey("second"))
    clock.go_on(PAUSE_S)
    script(responses, issuer)
    await keys.find("second", "ES256")

    assert only.key_id == "first"
    assert await keys.find(None, "ES256") is None


async def test_proxy_and_certificates_are_used(issuer, clock, responses):
    """What the transport to Sentry uses is used for the issuer, too."""
    asked = []

    def proxy_options(address):
        asked.append(address)
        return {"proxy": "http://proxy.example.org:3128"}

    keys = IssuerKeys(issuer.url, clock, None, proxy_options)
    script(responses, issuer)
    await keys.find("first", "ES256")
    await keys.close()

    assert asked == [issuer.discovery_url, issuer.jwks_url]
    options = [request.kwargs for requests in responses.requests.values() for request in requests]
    assert {each["proxy"] for each in options} == {"http://proxy.example.org:3128"}
