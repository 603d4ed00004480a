"""Mode `jwt`: which tokens are accepted, which are not, and when that ends."""

import asyncio
import base64
import hashlib
import hmac
import time

import aiohttp
import jwt
import msgspec
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dexter_graphql.clock import Clock
from dexter_graphql.server.identity import watch
from support.issuer import Issuer, SigningKey, jwt_site, rsa_key, running_issuer
from support.keys import SECRET, bearer

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBSCRIPTION = 'subscription { issueChanged(organization: { slug: "acme" }) { position } }'
VIEWER = "{ viewer { subject isReadOnly } }"
NAMES = '{ organization(slug: "acme") { name } }'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def issuer():
    """An issuer on the loopback with an RSA key and an elliptic one."""
    async with running_issuer(SigningKey("rsa", rsa_key()), SigningKey("ec")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(issuer):
    """A server that trusts the issuer."""
    async with jwt_site(issuer, new_credentials_per_s=1e6) as running:
        yield running


async def asked(site, token, query=VIEWER):
    """Status and body of a query with a token."""
    status, _, body = await site.post(query, headers=bearer(token))
    return status, body


async def test_token_of_the_issuer_is_accepted(site, issuer):
    """Keys are discovered over HTTP; both kinds of keys verify; the server's token is used at Sentry."""
    results = [await asked(site, issuer.token(key), VIEWER) for key in issuer.keys]
    organization = await asked(site, issuer.token(), NAMES)

    assert [status for status, _ in results] == [200, 200]
    assert results[0][1]["data"]["viewer"] == {"subject": "jwt:u1", "isReadOnly": True}
    assert organization[1]["data"]["organization"]["name"]
    assert issuer.requests[:2] == ["/.well-known/openid-configuration", "/keys"]


async def test_callers_of_equal_reach_share_calls(site, issuer):
    """Two subjects with the same reach cost one call to Sentry."""
    query = '{ organization(slug: "globex") { projects(first: 3) { nodes { slug } } } }'
    calls = len(site.upstream.requests)
    first = await asked(site, issuer.token(sub="u1"), query)
    between = len(site.upstream.requests)
    second = await asked(site, issuer.token(sub="u2"), query)

    assert first == second
    assert between > calls
    assert len(site.upstream.requests) == between


def encoded(value):
    """A part of a token."""
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=").decode()


def unsigned(issuer, algorithm="none"):
    """A token without a signature."""
    return f"{encoded({'alg': algorithm, 'typ': 'JWT', 'kid': 'rsa'})}.{encoded(issuer.claims())}."


def signed_with_public_key(issuer):
    """A token whose symmetric key is the public key of the issuer."""
    pem = rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': 'rsa'})}.{encoded(issuer.claims())}"
    signature = hmac.new(pem, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def changed(token):
    """A token whose claims were changed after it was signed."""
    header, _, signature = token.split(".")
    return f"{header}.{encoded({'sub': 'admin', 'exp': 2**40, 'iss': 'x', 'aud': 'dexter'})}.{signature}"


FORGERIES = {
    "none": unsigned,
    "None": lambda issuer: unsigned(issuer, "None"),
    "no signature": lambda issuer: issuer.token().rpartition(".")[0] + ".",
    "public key as secret": signed_with_public_key,
    "changed claims": lambda issuer: changed(issuer.token()),
    "another key with this ID": lambda issuer: issuer.token(SigningKey("ec")),
    "unknown key": lambda issuer: issuer.token(SigningKey("third")),
    "key of another algorithm": lambda issuer: issuer.token(issuer.keys[0], {"kid": "ec"}),
    "no key ID": lambda issuer: jwt.encode(issuer.claims(), issuer.keys[0].private, "RS256"),
    "key in the header": lambda issuer: issuer.token(SigningKey("ec"), {"jwk": SigningKey("ec").jwk()}),
    "address of keys in the header": lambda issuer: issuer.token(SigningKey("new"), {"jku": f"{issuer.url}/other"}),
    "algorithm that is off": lambda issuer: jwt.encode(issuer.claims(), rsa_key(), "PS256", {"kid": "rsa"}),
    "critical extension": lambda issuer: issuer.token(headers={"crit": ["exp"]}),
    "wrong issuer": lambda issuer: issuer.token(iss="https://login.example.com"),
    "issuer with a slash": lambda issuer: issuer.token(iss=issuer.url + "/"),
    "no issuer": lambda issuer: issuer.token(iss=None),
    "wrong audience": lambda issuer: issuer.token(aud="billing"),
    "wrong audiences": lambda issuer: issuer.token(aud=["billing", "dexter2"]),
    "no audience": lambda issuer: issuer.token(aud=None),
    "expired": lambda issuer: issuer.token(exp=int(time.time()) - 31),
    "no expiry": lambda issuer: issuer.token(exp=None),
    "expiry that is no time": lambda issuer: issuer.token(exp="soon"),
    "not yet valid": lambda issuer: issuer.token(nbf=int(time.time()) + 60),
    "issued in the future": lambda issuer: issuer.token(iat=int(time.time()) + 60),
    "no subject": lambda issuer: issuer.token(sub=None),
    "huge": lambda issuer: issuer.token(groups=["x" * 100] * 200),
    "three letters": lambda _: "eyJ.e.e",
    "nested header": lambda _: f"{encoded([[[[]]]])}.e30.c2ln",
    "not base64": lambda _: "eyJh.e30.a",
    "Dexter key": lambda _: "dxk_0123456789_" + "A" * 43,
    "token as key": lambda issuer: f"dxk_{issuer.token()}",
    "Sentry token": lambda _: "sntryu_" + "0" * 64,
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
async def test_forged_and_foreign_tokens_are_refused(site, issuer, forge):
    """401 with one message for all reasons; nothing reaches Sentry, and the token is not in the answer."""
    token = forge(issuer)

    status, body = await asked(site, token, NAMES)

    assert (status, body["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert token not in str(body)
    assert all(call.token for call in site.upstream.requests)


@pytest.mark.parametrize(
    "different",
    [
        lambda _now: {"aud": ["billing", "dexter"]},
        lambda now: {"exp": now - 5},
        lambda now: {"nbf": now + 5},
        lambda _now: {"exp": 10**30},
        lambda _now: {"iat": None},
    ],
    ids=["two audiences", "expired", "not yet valid", "far expiry", "no time of issue"],
)
async def test_tokens_inside_of_the_tolerance_are_accepted(site, issuer, different):
    """One audience of several is enough, and the clocks may differ by the leeway."""
    assert (await asked(site, issuer.token(**different(int(time.time())))))[0] == 200


async def test_claims_decide_on_the_reach(issuer):
    """A group makes a caller an administrator; one without a group is refused with 403 when the settings say so."""
    settings = {"jwt_access_claim": "groups", "jwt_access": "sre=admin", "jwt_default_access": "none"}
    async with jwt_site(issuer, **settings) as site:
        admin = await asked(site, issuer.token(groups=["sre"]))
        other = await asked(site, issuer.token(groups=["guests"]))

    assert admin[1]["data"]["viewer"]["isReadOnly"] is False
    assert (other[0], other[1]["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")


async def test_modes_beside_each_other(issuer, tmp_path):
    """With three modes at once each credential is checked by its own rules; keys and tokens never by Sentry."""
    settings = {"mode": "keys,jwt,passthrough", "secret": SECRET, "keys_file": str(tmp_path / "keys.json")}
    async with jwt_site(issuer, **settings) as site:
        subjects = [
            (await asked(site, credential))[1]["data"]["viewer"]["subject"]
            for credential in (issuer.token(), site.upstream.world.tokens.reader.text)
        ]
        statuses = [
            (await asked(site, FORGERIES[name](issuer), NAMES))[0] for name in ("none", "Dexter key", "unknown key")
        ]

    assert subjects[0] == "jwt:u1"
    assert not subjects[1].startswith("jwt:")
    assert statuses == [401, 503, 401]
    assert all(call.token for call in site.upstream.requests)


async def test_verified_token_needs_no_issuer():
    """A token that was verified is remembered until it expires; a new one with a known key needs no call either."""
    async with running_issuer() as issuer, jwt_site(issuer) as site:
        token = issuer.token()
        before = await asked(site, token)
        fetched = list(issuer.requests)
        after = [await asked(site, each) for each in (token, issuer.token(sub="u2"))]

    assert [before[0], *(status for status, _ in after)] == [200, 200, 200]
    assert issuer.requests == fetched


async def test_tokens_are_refused_while_the_issuer_is_away():
    """Tokens that cannot be verified are refused with 503 and a time to wait, on HTTP and WebSocket."""
    issuer = Issuer("http://127.0.0.1:9")
    async with jwt_site(issuer) as site:
        status, headers, body = await site.post(VIEWER, headers=bearer(issuer.token()))
        async with site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as ws:
            await ws.send_json({"type": "connection_init", "payload": bearer(issuer.token())})
            await ws.receive(timeout=5)

    assert (status, headers["retry-after"]) == (503, "5")
    assert body["errors"][0]["extensions"] | {"requestId": ""} == {
        "code": "UNAUTHENTICATED",
        "retryable": True,
        "requestId": "",
    }
    assert ws.close_code == 1013


async def test_made_up_tokens_are_limited_by_address(issuer):
    """Verification costs CPU time, so tokens that are not known are limited; verified ones are not counted."""
    async with jwt_site(issuer, new_credentials_per_s=0.4) as site:
        valid = issuer.token()
        before = await asked(site, valid)
        statuses = [(await asked(site, issuer.token(SigningKey("ec"))))[0] for _ in range(10)]
        after = await asked(site, valid)

    assert set(statuses) == {401, 429}
    assert [before[0], after[0]] == [200, 200]


class LaterClock(Clock):
    """Real time, and some seconds more."""

    later_s = 0

    def time(self):
        return super().time() + self.later_s


async def test_expired_token_ends_its_streams(issuer, monkeypatch):
    """At the expiry all streams of the token end with an error, and its WebSocket is closed; others go on."""
    monkeypatch.setattr(watch, "INTERVAL_S", 0.05)
    clock = LaterClock()
    async with jwt_site(issuer, clock=clock) as site:
        short, long = issuer.token(exp=int(time.time()) + 600), issuer.token()
        streams = [
            await site.session.post(
                site.graphql, json={"query": SUBSCRIPTION}, headers={"accept": accept, **bearer(token)}
            )
            for token, accept in (
                (short, "text/event-stream"),
                (short, "multipart/mixed;subscriptionSpec=1.0"),
                (long, "text/event-stream"),
            )
        ]
        protocols = ["graphql-transport-ws"]
        async with site.session.ws_connect(site.graphql, protocols=protocols, headers=bearer(short)) as ws:
            await ws.send_json({"type": "connection_init"})
            acknowledged = await ws.receive_json(timeout=5)
            await ws.send_json({"type": "subscribe", "id": "1", "payload": {"query": SUBSCRIPTION}})
            clock.later_s = 630
            async with asyncio.timeout(5):
                bodies = [await stream.read() for stream in streams[:2]]
                message, closing = await ws.receive_json(), await ws.receive()
        is_open = not streams[2].content.at_eof()
        for stream in streams:
            stream.close()

    assert [stream.status for stream in streams] == [200, 200, 200]
    assert acknowledged["type"] == "connection_ack"
    assert all(b'"UNAUTHENTICATED"' in body for body in bodies)
    assert message["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (closing.type, ws.close_code) == (aiohttp.WSMsgType.CLOSE, 4401)
    assert is_open
