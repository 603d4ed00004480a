"""What one caller may hold: streams, sockets, new credentials, bodies."""

import asyncio
import json

import aiohttp
import pytest

from dexter_graphql.sandbox import Fault
from support.command import PATIENCE_S
from support.raw_http import connected, graphql_bytes, request_bytes
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBSCRIPTION = 'subscription { issueChanged(organization: { slug: "acme" }) { position } }'
EVENT_STREAM, MULTIPART = "text/event-stream", "multipart/mixed;subscriptionSpec=1.0"


def made_up(number):
    """A token that Sentry does not know."""
    return {"authorization": f"Bearer sntryu_{number:064x}"}


async def opened(site, stack_of, accept=EVENT_STREAM, headers=None):
    """An open event stream; closed with the list that holds it."""
    answer = await site.session.post(
        site.graphql, json={"query": SUBSCRIPTION}, headers={"accept": accept, **(headers or {})}
    )
    stack_of.append(answer)
    return answer


@pytest.mark.parametrize("accept", [EVENT_STREAM, MULTIPART])
@pytest.mark.parametrize(
    ("limits", "status"), [({"max_streams_per_caller": 3}, 429), ({"max_streams": 3}, 503)], ids=["caller", "all"]
)
async def test_streams_are_limited(accept, limits, status):
    """Above the limit a stream is refused with a reason and a time to wait; a place that ends is free again."""
    async with running_site(**limits) as site:
        streams = []
        for _ in range(3):
            assert (await opened(site, streams, accept)).status == 200
        refused = await opened(site, streams, accept)
        body = await refused.json()
        streams[0].close()
        await asyncio.sleep(0.1)
        again = await opened(site, streams, accept)
        for stream in streams:
            stream.close()

    assert (refused.status, refused.headers["retry-after"]) == (status, "5")
    assert body["errors"][0]["extensions"]["code"] == "QUOTA_EXCEEDED"
    assert body["errors"][0]["extensions"]["retryable"] is True
    assert again.status == 200


async def test_streams_over_a_socket_count_as_streams():
    """A socket's operation above the limit ends with an error; the others go on."""
    async with (
        running_site(max_streams_per_caller=2) as site,
        site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as ws,
    ):
        await ws.send_json({"type": "connection_init"})
        await ws.receive_json()
        for number in range(3):
            await ws.send_json({"type": "subscribe", "id": str(number), "payload": {"query": SUBSCRIPTION}})
        message = await ws.receive_json(timeout=5)
        await ws.send_json({"type": "complete", "id": "0"})
        await asyncio.sleep(0.1)
        await ws.send_json({"type": "subscribe", "id": "4", "payload": {"query": SUBSCRIPTION}})
        await ws.send_json({"type": "subscribe", "id": "5", "payload": {"query": "{ __typename }"}})
        other = await ws.receive_json(timeout=5)

    assert (message["type"], message["id"]) == ("error", "2")
    assert message["payload"][0]["extensions"]["code"] == "QUOTA_EXCEEDED"
    assert (other["type"], other["id"]) == ("next", "5")


@pytest.mark.parametrize("limits", [{"max_sockets_per_caller": 2}, {"max_sockets": 2}], ids=["caller", "all"])
async def test_sockets_are_limited(limits):
    """Above the limit a socket is closed with 4429 and a reason; HTTP is answered all the while."""
    async with running_site(**limits) as site:
        sockets = [await site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) for _ in range(3)]
        kinds = []
        for socket in sockets:
            await socket.send_json({"type": "connection_init"})
            message = await socket.receive(timeout=5)
            kinds.append((message.type, message.extra or None))
        status, _, _ = await site.post("{ __typename }")
        await sockets[0].close()
        again = await site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"])
        await again.send_json({"type": "connection_init"})
        acknowledged = await again.receive_json(timeout=5)
        for socket in (*sockets, again):
            await socket.close()

    assert [kind for kind, _ in kinds] == [aiohttp.WSMsgType.TEXT] * 2 + [aiohttp.WSMsgType.CLOSE]
    assert sockets[2].close_code == 4429
    assert "2 sockets open" in kinds[2][1]
    assert (status, acknowledged) == (200, {"type": "connection_ack"})


async def test_silent_sockets_are_limited(monkeypatch):
    """Sockets that do not initialise count for their address; above the limit they are closed, and HTTP is answered."""
    monkeypatch.setattr("dexter_graphql.live_app.MAX_HANDSHAKES_PER_ADDRESS", 3)
    async with running_site() as site:
        silent = [await site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) for _ in range(4)]
        await silent[3].receive(timeout=5)
        status, _, _ = await site.post("{ __typename }")
        for socket in silent[:2]:
            await socket.send_json({"type": "connection_init"})
            await socket.receive_json(timeout=5)
        again = await site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"])
        await again.send_json({"type": "connection_init"})
        acknowledged = await again.receive_json(timeout=5)
        for socket in (*silent, again):
            await socket.close()

    assert (silent[3].close_code, status) == (4429, 200)
    assert acknowledged == {"type": "connection_ack"}


async def test_made_up_tokens_are_limited_by_address():
    """New credentials above the rate of an address are refused without a call; accepted ones are not counted."""
    async with running_site(mode="passthrough", new_credentials_per_s=2.0) as site:
        known = {"authorization": f"Bearer {site.upstream.token}"}
        query = '{ organization(slug: "acme") { slug } }'
        assert (await site.post(query, headers=known))[2]["data"]["organization"]
        statuses = [(await site.post(query, headers=made_up(number)))[0] for number in range(20)]
        calls = len(site.upstream.requests)
        refused = await site.post(query, headers=made_up(99))
        calls_after = len(site.upstream.requests)
        known_again = await site.post(query, headers=known)

    assert statuses.count(429) >= 9
    assert (refused[0], refused[1]["retry-after"], calls_after) == (429, "1", calls)
    assert known_again[2]["data"]["organization"]


async def test_one_new_credential_counts_once():
    """The requests of one page with one new token do not use up the rate."""
    async with running_site(mode="passthrough", new_credentials_per_s=0.2) as site:
        statuses = [(await site.post("{ __typename }", headers=made_up(1)))[0] for _ in range(20)]

    assert set(statuses) == {200}


@pytest.mark.parametrize(("proxies", "statuses"), [(("127.0.0.1",), {200}), ((), {200, 429})], ids=["trusted", "not"])
async def test_address_of_a_client_comes_from_trusted_proxies_only(proxies, statuses):
    """`X-Forwarded-For` tells clients apart when a trusted proxy sent it; from anybody else it changes nothing."""
    async with running_site(mode="passthrough", new_credentials_per_s=0.2, trusted_proxies=proxies) as site:
        found = {
            (await site.post("{ __typename }", headers=made_up(n) | {"x-forwarded-for": f"203.0.113.{n}"}))[0]
            for n in range(10)
        }

    assert found == statuses


async def test_made_up_tokens_of_sockets_are_limited():
    """The first message of a socket counts as a request does."""
    async with running_site(mode="passthrough", new_credentials_per_s=0.2) as site:
        codes = set()
        for number in range(5):
            async with site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as ws:
                await ws.send_json({"type": "connection_init", "payload": made_up(number)})
                await ws.receive(timeout=5)
                codes.add(ws.close_code)

    assert codes == {None, 4429}


async def test_bodies_in_flight_are_limited():
    """Bodies that are being received share one budget: above it 503, and the bytes are returned."""
    async with running_site() as site:
        site.dexter.connections.bodies.limit = 50_000
        head = [("Content-Type", "application/json"), ("Content-Length", "40000")]
        async with connected(site.url) as first, connected(site.url) as second:
            for connection in (first, second):
                await connection.send(request_bytes("POST", "/graphql", head) + b"x" * 30_000)
                await asyncio.sleep(0.1)
            status, headers, body = await second.response()
            assert (status, headers["retry-after"]) == (503, "1")
            assert json.loads(body)["errors"][0]["extensions"]["code"] == "QUOTA_EXCEEDED"
        await asyncio.sleep(0.1)
        assert site.dexter.connections.bodies.used == 0
        async with connected(site.url) as connection:
            await connection.send(graphql_bytes("{ __typename }"))
            assert (await connection.response())[0] == 200


async def test_open_streams_hold_no_body():
    """A stream's request counts until the stream begins, so that streams do not use up the budget of bodies."""
    async with running_site() as site:
        streams = []
        await opened(site, streams)

        assert site.dexter.connections.bodies.used == 0
        streams[0].close()


@pytest.mark.parametrize("length", ["9" * 5000, "1000001", "-1", "1e3"])
async def test_declared_lengths_are_checked(site, length):
    """A declared length above the limit is refused before the body; one that is no number never reaches the server."""
    async with connected(site.url) as connection:
        headers = [("Content-Type", "application/json"), ("Content-Length", length)]
        await connection.send(request_bytes("POST", "/graphql", headers))

        assert await connection.status() in {400, 413}


async def test_rejected_credential_ends_its_streams():
    """A 401 of Sentry ends all streams of that credential with an error, on every transport, and no others."""
    async with running_site(mode="passthrough") as site:
        tokens = site.upstream.world.tokens
        revoked, valid = ({"authorization": f"Bearer {token.text}"} for token in (tokens.admin, tokens.reader))
        streams = []
        for accept in (EVENT_STREAM, MULTIPART):
            assert (await opened(site, streams, accept, revoked)).status == 200
        assert (await opened(site, streams, EVENT_STREAM, valid)).status == 200
        async with site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"], headers=revoked) as ws:
            await ws.send_json({"type": "connection_init"})
            await ws.receive_json()
            await ws.send_json({"type": "subscribe", "id": "1", "payload": {"query": SUBSCRIPTION}})
            await asyncio.sleep(0.3)
            site.upstream.faults.add(
                Fault(status=401, body={"detail": "Invalid token"}, route="/environments/", times=9)
            )
            query = '{ organization(slug: "acme") { environments { nodes { name } } } }'
            rejected = await site.post(query, headers=revoked)
            bodies = [await asyncio.wait_for(stream.read(), PATIENCE_S) for stream in streams[:2]]
            message = await ws.receive_json(timeout=5)
        is_open = not streams[2].content.at_eof()
        for stream in streams:
            stream.close()

    assert rejected[2]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert all(b'"UNAUTHENTICATED"' in body for body in bodies)
    assert bodies[0].endswith(b"event: complete\ndata:\n\n")
    assert bodies[1].endswith(b"--graphql--\r\n")
    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "UNAUTHENTICATED")
    assert is_open
