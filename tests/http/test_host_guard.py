"""Hosts, origins, credentials and readiness."""

import asyncio

import aiohttp
import pytest

from dexter_graphql.sentry.call import Priority
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.errors import NotFound
from support.sandbox import running_sandbox
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUTES = ("/graphql", "/metrics", "/console/assets/console.js", "/webhooks/sentry", "/nowhere")


@pytest.mark.parametrize("path", ROUTES)
async def test_other_names_are_not_answered(site, path):
    """A host name that an attacker's DNS resolves to this server is rejected on every route."""
    async with site.session.get(site.url + path, headers={"host": "evil.example"}) as answer:
        assert answer.status == 421
        assert (await answer.json())["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "127.0.0.1", "[::1]:8000"])
async def test_loopback_names_are_answered(site, host):
    """Ports and letter case do not matter."""
    async with site.session.get(f"{site.url}/health/live", headers={"host": host}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
    ],
)
async def test_pages_of_other_origins_are_rejected(site, headers, status):
    """A page of another origin cannot use a server that trusts its network."""
    assert (await site.post("{ __typename }", headers=headers))[0] == status


async def test_own_page_is_answered(site):
    """The page that this server sends has this server's origin."""
    assert (await site.post("{ __typename }", headers={"origin": site.url}))[0] == 200


async def test_socket_of_another_origin_is_refused(site):
    """Browsers do not restrict WebSockets by origin, so the server does."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await site.session.ws_connect(
            site.graphql, headers={"origin": "https://evil.example"}, protocols=["graphql-transport-ws"]
        )

    assert refused.value.status == 403


async def test_allowed_origin_gets_its_headers():
    """A configured origin may ask from a browser, preflight included."""
    async with running_site(allowed_origins=("https://app.example",)) as site:
        preflight = {
            "origin": "https://app.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        }
        async with site.session.options(site.graphql, headers=preflight) as answer:
            assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "https://app.example")
        status, headers, _ = await site.post("{ __typename }", headers={"origin": "https://app.example"})

    assert (status, headers["access-control-allow-origin"]) == (200, "https://app.example")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Basic abcdefgh", "Bearer short", "Bearer " + "x" * 5000, "Bearer with space inside"]
)
async def test_passthrough_requires_a_token(header):
    """Without a usable token the request is rejected with a challenge."""
    async with running_site(mode="passthrough") as site:
        status, headers, body = await site.post(
            "{ __typename }", headers={"authorization": header} if header is not None else None
        )

    assert (status, body["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert headers["www-authenticate"] == 'Bearer realm="dexter"'


async def test_passthrough_socket_takes_the_token_from_its_first_message():
    """Browsers cannot set headers on a WebSocket; without a token it is closed."""
    async with running_site(mode="passthrough") as site:
        codes = []
        for payload in (
            {"Authorization": f"Bearer {site.upstream.token}"},
            {"headers": {"authorization": f"Bearer {site.upstream.token}"}},
            {},
        ):
            async with site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as socket:
                await socket.send_json({"type": "connection_init", "payload": payload})
                message = await socket.receive()
                codes.append(message.json()["type"] if message.type is aiohttp.WSMsgType.TEXT else socket.close_code)

    assert codes == ["connection_ack", "connection_ack", 4403]


async def test_two_tokens_share_nothing():
    """The answers of one token are never served to another, from the cache or from reads in progress."""
    query = '{ organization(slug: "acme") { projects(first: 2) { nodes { slug } } } }'
    async with running_site(mode="passthrough") as site:
        tokens = site.upstream.world.tokens

        async def ask(token):
            return (await site.post(query, headers={"authorization": f"Bearer {token.text}"}))[2]

        warm = await ask(tokens.admin)
        together = await asyncio.gather(ask(tokens.admin), ask(tokens.globex), ask(tokens.reader))
        calls = len(site.upstream.requests)
        await ask(tokens.admin)

        assert len(site.upstream.requests) == calls
        assert warm["data"]["organization"] is not None
        assert together[0] == warm
        assert not (together[1].get("data") or {}).get("organization")


async def test_readiness_details_have_reasons():
    """Until Sentry has answered the server's token, the server is not ready; only the admin address says why."""
    async with (
        running_sandbox() as upstream,
        running_site(upstream, sentry_auth_token="sntryu_" + "0" * 64) as site,
    ):
        await asyncio.sleep(0.2)
        async with site.session.get(f"{site.url}/health/ready") as answer:
            assert (answer.status, await answer.json()) == (503, {"status": "not ready"})
        async with site.session.get(f"{site.admin_url}/health/ready") as answer:
            status, body = answer.status, await answer.json()
        async with site.session.get(f"{site.url}/health/live") as answer:
            assert answer.status == 200

    assert (status, body) == (503, {"status": "not ready", "reasons": ["Sentry: Invalid token"]})


@pytest.mark.parametrize("name", ["../../../pyproject.toml", "%2e%2e%2fapp.py", "index.html", "assets.json", "none.js"])
async def test_console_serves_its_own_files_only(site, name):
    """No file name leads outside the page's files."""
    async with site.session.get(f"{site.url}/console/assets/{name}") as answer:
        assert answer.status == 404


async def test_page_runs_its_own_scripts_only(site):
    """The policy forbids inline scripts, other hosts and framing."""
    async with site.session.get(site.graphql, headers={"accept": "text/html"}) as answer:
        policy, page = answer.headers["content-security-policy"], await answer.text()

    assert "script-src 'self';" in policy or "script-src 'self' https://" in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-eval'" not in policy
    assert "Triage list" in page


@pytest.mark.parametrize("value", ["", "urgent", "0", "-1", "stream", "interactive, background"])
async def test_unknown_priority_is_rejected(site, value):
    """The priority is one of two words, also when the answer is cached."""
    for _ in range(3):
        await site.data("{ __typename }")

    status, _, body = await site.post("{ __typename }", headers={"x-dexter-priority": value})

    assert (status, body["errors"][0]["extensions"]["code"]) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Priority.INTERACTIVE),
        ({"x-dexter-priority": "interactive"}, Priority.INTERACTIVE),
        ({"x-dexter-priority": " Background"}, Priority.JOB),
    ],
)
async def test_priority_reaches_each_call(site, monkeypatch, headers, expected):
    """Calls of a background request have the background priority."""
    asked = []

    async def send(self, endpoint, call_context, **more):
        asked.append(call_context.priority)
        raise NotFound("no")

    monkeypatch.setattr(SentryClient, "send", send)

    await site.post('{ organization(slug: "acme") { teams(first: 9) { nodes { slug } } } }', headers=headers)

    assert set(asked) == {expected}
