"""Mode `keys`: what is accepted, what a key permits, and when that ends."""

import asyncio

import aiohttp
import pytest

from dexter_graphql.errors import SettingsError
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.server.identity import watch
from dexter_graphql.settings import load_settings
from support.command import PATIENCE_S
from support.keys import SECRET, bearer, keys_site
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBSCRIPTION = 'subscription { issueChanged(organization: { slug: "acme" }) { position } }'
ORGANIZATION = '{ organization(slug: "acme") { slug } viewer { subject isReadOnly } }'
NAME = "{ __typename }"
NAMES = '{ organization(slug: "acme") { name } }'
EVENT_STREAM, MULTIPART = "text/event-stream", "multipart/mixed;subscriptionSpec=1.0"
UNKNOWN = "dxk_0123456789_" + "A" * 43


@pytest.fixture
def path(tmp_path):
    """Path of the file with the keys."""
    return tmp_path / "keys.json"


async def asked(site, credential, query=NAME):
    """Status and body of a query with a credential."""
    status, _, body = await site.post(query, headers=bearer(credential))
    return status, body


async def test_key_uses_the_token_of_the_server(path):
    """A client with a key reads what the server's token reads, as a caller of its own; writing needs `admin`."""
    async with keys_site(path) as (site, keys):
        reader, _ = await keys.create("reader")
        admin, _ = await keys.create("admin", access=AccessLevel.ADMIN)
        results = [await asked(site, text, ORGANIZATION) for text in (reader, admin)]
        tokens = {call.token for call in site.upstream.requests}

    assert [status for status, _ in results] == [200, 200]
    assert [body["data"]["organization"] for _, body in results] == [{"slug": "acme"}] * 2
    assert [body["data"]["viewer"] for _, body in results] == [
        {"subject": "key:reader", "isReadOnly": True},
        {"subject": "key:admin", "isReadOnly": False},
    ]
    assert tokens == {"user"}


@pytest.mark.parametrize(
    "credential",
    [None, UNKNOWN, "dxk_", "sntryu_" + "0" * 64, "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJub25lIn0.e30.c2lnbmF0dXJl"],
)
async def test_other_credentials_are_refused(path, credential):
    """Nothing else is accepted beside a key, and nothing of it reaches Sentry."""
    async with keys_site(path) as (site, keys):
        await keys.create()
        headers = {} if credential is None else bearer(credential)
        answers = [await site.post(query, headers=headers) for query in (NAME, ORGANIZATION)]

    assert [status for status, _, _ in answers] == [401, 401]
    assert all(headers["www-authenticate"].startswith("Bearer") for _, headers, _ in answers)
    assert {body["errors"][0]["extensions"]["code"] for _, _, body in answers} == {"UNAUTHENTICATED"}
    assert all(call.token for call in site.upstream.requests)


async def test_key_is_no_token_of_sentry():
    """Where only Sentry tokens are accepted, a Dexter key and a JWT are refused; neither is sent to Sentry."""
    async with running_site(mode="passthrough") as site:
        statuses = [(await asked(site, credential, ORGANIZATION))[0] for credential in (UNKNOWN, "eyJh.e30.c2ln")]

    assert statuses == [401, 401]
    assert all(call.token for call in site.upstream.requests)


async def test_made_up_keys_are_limited_by_address(path):
    """Made-up keys above the rate of an address are refused with 429; valid ones are not counted."""
    async with keys_site(path, new_credentials_per_s=0.2) as (site, keys):
        text, _ = await keys.create()
        guesses = [f"dxk_{number:010x}_{'A' * 43}" for number in range(10)]
        statuses = [(await asked(site, guess))[0] for guess in guesses]
        valid = await asked(site, text)

    assert set(statuses) == {401, 429}
    assert statuses.count(429) >= 5
    assert valid[0] == 200


async def test_several_modes_at_once(path):
    """The form of a credential decides: a key uses the server's token, a Sentry token its own."""
    async with keys_site(path, mode="keys,passthrough") as (site, keys):
        text, _ = await keys.create()
        reader = site.upstream.world.tokens.reader.text
        subjects = [(await asked(site, each, ORGANIZATION))[1]["data"]["viewer"]["subject"] for each in (text, reader)]
        unknown = await asked(site, UNKNOWN)
        tokens = {call.token for call in site.upstream.requests}

    assert subjects[0] == "key:bot"
    assert not subjects[1].startswith("key:")
    assert unknown[0] == 401
    assert tokens == {"user"}


async def opened_streams(site, text):
    """An event stream, a multipart stream and a WebSocket with a stream, all open."""
    headers = bearer(text)
    streams = [
        await site.session.post(site.graphql, json={"query": SUBSCRIPTION}, headers={"accept": accept, **headers})
        for accept in (EVENT_STREAM, MULTIPART)
    ]
    ws = await site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"])
    await ws.send_json({"type": "connection_init", "payload": {"authorization": f"Bearer {text}"}})
    assert (await ws.receive_json(timeout=5))["type"] == "connection_ack"
    await ws.send_json({"type": "subscribe", "id": "1", "payload": {"query": SUBSCRIPTION}})
    return streams, ws


async def end_by_revocation(keys, key):
    """Revoke a key."""
    await keys.revoke(key)


async def end_by_expiry(keys, key):
    """Let a key expire now."""
    await keys.change(key, expires_at=keys.clock.now())


async def end_by_removal(keys, key):
    """Remove a key from the file."""
    await keys.store.update(lambda stored: type(stored)(keys=tuple(each for each in stored.keys if each.id != key.id)))


@pytest.mark.parametrize("end", [end_by_revocation, end_by_expiry, end_by_removal])
async def test_ended_key_ends_its_streams(path, monkeypatch, end):
    """Within five seconds all streams of the key end with an error, its WebSocket is closed; others go on."""
    monkeypatch.setattr(watch, "INTERVAL_S", 0.05)
    async with keys_site(path) as (site, keys):
        (text, key), (other, _) = await keys.create(), await keys.create("other")
        (streams, ws), (other_streams, other_ws) = [await opened_streams(site, each) for each in (text, other)]
        await end(keys, key)
        async with asyncio.timeout(PATIENCE_S):
            bodies = [await stream.read() for stream in streams]
            message, closing = await ws.receive_json(), await ws.receive()
        refused = await asked(site, text)
        is_open = not any(stream.content.at_eof() for stream in other_streams) and not other_ws.closed
        for stream in other_streams:
            stream.close()
        await other_ws.close()

    assert all(b'"UNAUTHENTICATED"' in body and b"was revoked" in body for body in bodies)
    assert bodies[0].endswith(b"event: complete\ndata:\n\n")
    assert bodies[1].endswith(b"--graphql--\r\n")
    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "UNAUTHENTICATED")
    assert (closing.type, ws.close_code) == (aiohttp.WSMsgType.CLOSE, 4401)
    assert (refused[0], is_open) == (401, True)


async def test_look_for_ended_keys_is_frequent_enough():
    """Streams end within five seconds: a look per second, and time to spare."""
    assert watch.INTERVAL_S <= 2


async def test_revoked_key_is_refused_although_its_answer_is_cached(path, monkeypatch):
    """The key is looked up for each request, before any cache."""
    monkeypatch.setattr(watch, "INTERVAL_S", 0.05)
    async with keys_site(path) as (site, keys):
        text, key = await keys.create()
        warm = [await asked(site, text, NAMES) for _ in range(3)]
        await keys.revoke(key)
        async with asyncio.timeout(PATIENCE_S):
            while (refused := await asked(site, text, NAMES))[0] == 200:
                pass

    assert [status for status, _ in warm] == [200, 200, 200]
    assert (refused[0], refused[1].get("data")) == (401, None)


async def test_rotated_keys_are_both_accepted(path):
    """During the grace period the old and the new key are the same caller."""
    async with keys_site(path) as (site, keys):
        text, key = await keys.create()
        new, _ = await keys.rotate(key)
        results = [await asked(site, each, ORGANIZATION) for each in (text, new)]

    assert [body["data"]["viewer"]["subject"] for _, body in results] == ["key:bot"] * 2


async def test_broken_file_rejects_no_known_key(path):
    """A file that cannot be read changes nothing for keys in use; a new server without it refuses all."""
    async with keys_site(path) as (site, keys):
        text, _ = await keys.create()
        before = await asked(site, text)
        path.write_text("{")
        after, unknown = await asked(site, text), await asked(site, UNKNOWN)
    async with keys_site(path) as (site, _):
        without = await site.post(NAME, headers=bearer(text))
        async with site.session.get(f"{site.admin_url}/health/ready") as ready:
            reasons = (await ready.json())["reasons"]
        async with site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as ws:
            await ws.send_json({"type": "connection_init", "payload": bearer(text)})
            await ws.receive(timeout=5)

    assert [before[0], after[0], unknown[0]] == [200, 200, 401]
    assert (without[0], without[1]["retry-after"], ws.close_code) == (503, "5", 1013)
    assert without[2]["errors"][0]["extensions"]["retryable"] is True
    assert (ready.status, "The Dexter keys cannot be read" in reasons) == (503, True)


async def test_answers_and_logs_have_no_key(path, capfd):
    """Neither a valid nor a made-up key is written anywhere."""
    async with keys_site(path) as (site, keys):
        text, _ = await keys.create()
        answers = [await asked(site, each, ORGANIZATION) for each in (text, UNKNOWN)]
        metrics = await (await site.session.get(f"{site.admin_url}/metrics")).text()
    written = "".join(capfd.readouterr()) + str(answers) + metrics

    assert text not in written
    assert UNKNOWN not in written
    assert 'dexter_keys{state="active"} 1.0' in metrics


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"secret": SECRET}, "DEXTER_KEYS_FILE"),
        ({"keys_file": "keys.json"}, "DEXTER_SECRET"),
        ({"keys_file": "keys.json", "secret": "short"}, "DEXTER_SECRET"),
        ({"keys_file": "keys.json", "secret": SECRET, "mode": "open,keys"}, "DEXTER_MODE"),
        ({"mode": ","}, "DEXTER_MODE"),
    ],
)
async def test_incomplete_settings_stop_the_start(settings, variable):
    """Keys need a place and a secret; a mode without credentials beside another one would protect nothing."""
    with pytest.raises(SettingsError, match=f"^{variable}: "):
        load_settings(**{"mode": "keys"} | settings)


async def test_keys_need_a_token_of_the_server(path):
    """Without a token for Sentry the start is stopped with its variable."""
    with pytest.raises(SettingsError, match=r"^SENTRY_AUTH_TOKEN: "):
        async with keys_site(path, sentry_auth_token=""):
            pass
