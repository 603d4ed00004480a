"""Habits of real clients: Apollo's headers and probes, preflights, compressed bodies, sockets without a payload."""

import gzip

import aiohttp
import pytest

from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBSCRIPTION = 'subscription { issueChanged(organization: { slug: "acme" }) { position } }'
APOLLO = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'
APOLLO_4 = (
    "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9"
)


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (APOLLO, "multipart/mixed"),
        (APOLLO_4, "multipart/mixed"),
        ("application/json, multipart/mixed;subscriptionSpec=1.0;q=0.1", "multipart/mixed"),
        ("application/graphql-response+json, text/event-stream;q=0.5", "text/event-stream"),
        ("text/event-stream, multipart/mixed;q=0.5, application/json", "text/event-stream"),
    ],
)
async def test_subscriptions_choose_among_streams(site, accept, content_type):
    """A subscription is answered with the best stream type, even when JSON is accepted as well or preferred."""
    async with site.session.post(site.graphql, json={"query": SUBSCRIPTION}, headers={"accept": accept}) as answer:
        assert (answer.status, answer.content_type) == (200, content_type)


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/json, text/event-stream;q=0"])
async def test_subscriptions_without_a_stream_are_refused(site, accept):
    """Without a stream type a subscription is not acceptable."""
    assert (await site.post(SUBSCRIPTION, headers={"accept": accept}))[0] == 406


async def test_queries_of_apollo_are_answered_as_json(site):
    """The same header on a query gives one JSON answer."""
    status, headers, body = await site.post("{ __typename }", headers={"accept": APOLLO})

    assert (status, headers["content-type"].partition(";")[0]) == (200, "application/json")
    assert body == {"data": {"__typename": "Query"}}


async def test_options_are_answered(site):
    """OPTIONS names the methods and has no body."""
    async with site.session.options(site.graphql) as answer:
        assert (answer.status, answer.headers["allow"]) == (204, "GET, POST, PUT, DELETE, OPTIONS")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip"])
async def test_compressed_bodies_are_refused(site, encoding):
    """A compressed body is 415 with a reason; a small one could become a large one."""
    headers = {"content-type": "application/json", "content-encoding": encoding}
    async with site.session.post(
        site.graphql, data=gzip.compress(b'{"query":"{ __typename }"}'), headers=headers
    ) as answer:
        assert answer.status == 415
        assert "without compression" in (await answer.json())["errors"][0]["message"]


async def test_preflight_grants_what_is_asked_for():
    """A preflight of an allowed origin grants the headers that tracing and Apollo add, and is remembered."""
    names = "authorization,baggage,sentry-trace,traceparent,apollographql-client-name,content-type"
    async with running_site(allowed_origins=("https://app.example",)) as site:
        preflight = {
            "origin": "https://app.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": names,
        }
        async with site.session.options(site.graphql, headers=preflight) as answer:
            assert (answer.status, answer.headers["access-control-allow-headers"]) == (204, names)
            assert int(answer.headers["access-control-max-age"]) > 0
            assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["http://localhost:5173", "http://127.0.0.1:3000", "http://[::1]:1"])
async def test_pages_of_this_machine_may_use_the_sandbox(site, origin):
    """With the sandbox, a development server on another port may send requests and read the answers."""
    status, headers, _ = await site.post("{ __typename }", headers={"origin": origin})

    assert (status, headers["access-control-allow-origin"]) == (200, origin)


@pytest.mark.parametrize("payload", [{}, {"payload": None}, {"payload": {}}])
async def test_connection_init_may_have_no_payload(site, payload):
    """A missing payload and null are the same."""
    async with site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as ws:
        await ws.send_json({"type": "connection_init"} | payload)
        assert (await ws.receive_json(timeout=5)) == {"type": "connection_ack"}


async def test_extensions_of_a_subscribe_message_count(site):
    """What a socket's operation asks about its calls is answered, as over HTTP."""
    async with site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as ws:
        await ws.send_json({"type": "connection_init"})
        await ws.receive_json(timeout=5)
        payload = {"query": "{ __typename }", "extensions": {"dexter": {"explain": "summary"}}}
        await ws.send_json({"type": "subscribe", "id": "1", "payload": payload})
        message = await ws.receive_json(timeout=5)

    assert message["payload"]["extensions"]["dexter"]["upstreamCalls"] == 0
    assert ws.close_code in {None, aiohttp.WSCloseCode.OK}
