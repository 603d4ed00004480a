"""What answers show, where, and to whom: hosts, headers, the admin address, ends of streams."""

import asyncio

import pytest

from dexter_graphql.server.executor import RequestExecutor
from support.command import PATIENCE_S
from support.raw_http import connected, request_bytes
from support.sandbox import running_sandbox
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBSCRIPTION = 'subscription { issueChanged(organization: { slug: "acme" }) { position } }'


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
@pytest.mark.parametrize("host", ["10.1.2.3:8000", "evil.example", "[fe80::1]", ""])
async def test_health_is_answered_for_every_host(site, path, host):
    """Probes use the address of a pod; the answer is a status and nothing else."""
    await site.data('{ organization(slug: "acme") { slug } }')
    async with site.session.get(site.url + path, headers={"host": host}) as answer:
        assert answer.status == 200
        assert list(await answer.json()) == ["status"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/graphql?query=%7B__typename%7D", {}),
        ("/graphql?query=%7B__typename%7D", {"accept": "application/graphql-response+json"}),
        ("/graphql", {}),
        ("/graphql", {"host": "evil.example"}),
        ("/health/live", {}),
        ("/health/ready", {}),
    ],
)
async def test_json_answers_are_protected(site, path, headers):
    """JSON is neither taken for another type nor stored by a browser, whatever its status."""
    async with site.session.get(site.url + path, headers=headers) as answer:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/metrics", "/admin", "/health", "/health/ready/"])
async def test_public_address_has_no_metrics(site, path):
    """Metrics and details are not on the public address."""
    async with site.session.get(site.url + path, allow_redirects=False) as answer:
        body = await answer.text()

    assert answer.status in {307, 404}
    assert "dexter_" not in body


async def test_admin_address_has_metrics_and_details_only(site):
    """The admin address has no graph and no page."""
    async with site.session.get(f"{site.admin_url}/metrics") as answer:
        assert answer.status == 200
    async with site.session.get(f"{site.admin_url}/health/ready") as answer:
        assert {"status", "state"} == set(await answer.json())
    async with site.session.get(f"{site.admin_url}/graphql") as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    "headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
async def test_pages_do_not_reach_the_admin_address(site, headers):
    """Neither a rebound name nor another origin reads metrics on the loopback."""
    async with site.session.get(f"{site.admin_url}/metrics", headers=headers) as answer:
        assert answer.status in {403, 421}


async def test_admin_address_elsewhere_answers_every_host():
    """Scrapers of containers use addresses that nobody configured; pages are refused there, too."""
    async with running_site(admin_listen="0.0.0.0:0") as site:  # the test listens on the loopback
        async with site.session.get(f"{site.admin_url}/metrics", headers={"host": "10.1.2.3:9"}) as answer:
            assert answer.status == 200
        async with site.session.get(f"{site.admin_url}/metrics", headers={"origin": "https://evil.example"}) as answer:
            assert answer.status == 403


async def test_passthrough_is_ready_when_sentry_answers():
    """Without a token of its own the server asks Sentry without one; any refusal proves that Sentry is there."""
    async with running_site(mode="passthrough", sentry_auth_token=None) as site:
        async with asyncio.timeout(PATIENCE_S):
            while (await site.session.get(f"{site.url}/health/ready")).status != 200:  # noqa: ASYNC110  # no event
                await asyncio.sleep(0.02)

    assert [(request.status, request.token) for request in site.upstream.requests] == [(401, None)]


async def test_passthrough_is_not_ready_without_sentry():
    """When nothing answers at the address of Sentry, the server is not ready, and only the admin address says why."""
    async with running_sandbox() as upstream:
        await upstream.stop()
        async with running_site(upstream, mode="passthrough", sentry_auth_token=None) as site:
            await asyncio.sleep(0.3)
            async with site.session.get(f"{site.url}/health/ready") as answer:
                public = answer.status, await answer.json()
            async with site.session.get(f"{site.admin_url}/health/ready") as answer:
                details = await answer.json()

    assert public == (503, {"status": "not ready"})
    assert details["reasons"]


@pytest.mark.parametrize(
    ("accept", "end"),
    [
        ("text/event-stream", b"event: complete\ndata:\n\n"),
        ("multipart/mixed;subscriptionSpec=1.0", b"--graphql--\r\n"),
    ],
)
async def test_failing_stream_ends_with_an_error(monkeypatch, accept, end):
    """A stream that fails sends an error with the request id and then its regular end; it is not cut."""

    async def broken(*_arguments):
        yield (await asyncio.sleep(0.01)) or _fail()

    async with running_site() as site:
        monkeypatch.setattr(RequestExecutor, "_subscribe", broken)
        headers = {"accept": accept, "x-request-id": "mine"}
        async with site.session.post(site.graphql, json={"query": SUBSCRIPTION}, headers=headers) as answer:
            body = await answer.read()

    assert b'"INTERNAL"' in body
    assert b'"requestId":"mine"' in body
    assert b"secret detail" not in body
    assert body.endswith(end)


async def test_failing_stream_of_a_socket_ends_with_an_error(monkeypatch):
    """Over a WebSocket the same failure is an error of the operation; the socket stays open."""

    async def broken(*_arguments):
        yield (await asyncio.sleep(0.01)) or _fail()

    async with (
        running_site() as site,
        site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as ws,
    ):
        monkeypatch.setattr(RequestExecutor, "_subscribe", broken)
        await ws.send_json({"type": "connection_init", "payload": None})
        await ws.receive_json()
        await ws.send_json({"type": "subscribe", "id": "1", "payload": {"query": SUBSCRIPTION}})
        message = await ws.receive_json(timeout=5)
        await ws.send_json({"type": "ping"})
        pong = await ws.receive_json(timeout=5)

    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "INTERNAL")
    assert pong["type"] == "pong"


async def test_unforeseen_failure_is_a_json_answer(site, monkeypatch):
    """What nothing foresaw is answered in the form of GraphQL, with the request id and without details."""

    def prepare(*_arguments):
        _fail()

    monkeypatch.setattr(RequestExecutor, "prepare", prepare)
    status, headers, body = await site.post("{ __typename }", headers={"x-request-id": "mine"})

    assert (status, headers["content-type"]) == (500, "application/json")
    assert body["errors"][0]["extensions"] == {"code": "INTERNAL", "retryable": False, "requestId": "mine"}
    assert "secret detail" not in str(body)


async def test_plain_http_mistakes_have_statuses(site):
    """Bytes that are no HTTP are answered 400 and the connection is closed."""
    async with connected(site.url) as connection:
        await connection.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n")
        assert await connection.status() == 400
        assert await connection.is_closed()
    async with connected(site.url) as connection:
        await connection.send(request_bytes("CONNECT", "evil.example:443"))
        assert await connection.status() in {400, 405, 421}


def _fail():
    raise RuntimeError("secret detail")
