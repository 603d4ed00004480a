"""Hostile clients of reserved event streams: tokens of others, floods, odd ids, pages of other origins."""

import asyncio
import json

import pytest

from dexter_graphql.clock import Clock
from dexter_graphql.sandbox import Fault
from support.command import PATIENCE_S
from support.server import running_site
from support.transports import EventConnection, open_connection, reserve

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBSCRIPTION = 'subscription { issueChanged(organization: { slug: "acme" }) { position } }'
TYPENAME = "{ __typename }"
ORIGIN = "https://dash.example.org"


def bearer(token):
    """The header with a token of Sentry."""
    return {"authorization": f"Bearer {token}"}


async def statuses(connection):
    """Statuses of everything that a client can do with a token."""
    async with connection.get() as stream:
        opened = stream.status
    return opened, (await connection.post("other", TYPENAME))[0], await connection.stop("one")


@pytest.mark.parametrize("is_open", [False, True], ids=["reserved", "open"])
async def test_token_is_of_use_to_its_caller_alone(is_open):
    """With another credential a token is unknown, and without one 401; the owner's stream goes on."""
    async with running_site(mode="passthrough") as site:
        tokens = site.upstream.world.tokens
        for token in (tokens.admin, tokens.reader):
            await site.post('{ organization(slug: "acme") { slug } }', headers=bearer(token.text))
        connection = await reserve(site, bearer(tokens.admin.text))
        if is_open:
            stream = await connection.get()
            await connection.start("one", SUBSCRIPTION)
        others = await statuses(EventConnection(site, connection.token, bearer(tokens.reader.text)))
        anonymous = await statuses(EventConnection(site, connection.token))
        if is_open:
            duplicate, _ = await connection.post("one", TYPENAME)
            stream.close()
        else:
            async with connection.get() as stream:
                duplicate = stream.status

    assert (others, anonymous) == ((404, 404, 404), (401, 401, 401))
    assert duplicate == (409 if is_open else 200)


@pytest.mark.parametrize("token", ["unknown", "x" * 20_000, "%00", "\u00e9", "0" * 43], ids=len)
async def test_unknown_tokens(site, token):
    """Any text that is no token of this process is answered with 404."""
    assert await statuses(EventConnection(site, token.encode().decode("latin-1"))) == (404, 404, 404)


async def test_reservations_are_limited():
    """A caller has a number of event streams; above it PUT is 429, and those that were not opened in time end."""
    clock = SetClock()
    async with running_site(max_sockets_per_caller=2, clock=clock) as site:
        first, _ = [await reserve(site) for _ in range(2)]
        async with site.session.put(site.graphql) as flood:
            status, body, retry_after = flood.status, await flood.json(), flood.headers["retry-after"]
        clock.ahead_s = 31
        expired = await statuses(first)
        async with open_connection(site) as again:
            await again.start("one", TYPENAME)
            event = await again.event()

    assert (status, body["errors"][0]["extensions"]["code"], retry_after) == (429, "QUOTA_EXCEEDED", "5")
    assert (expired, event[1]) == ((404, 404, 404), "one")


class SetClock(Clock):
    """Real time that can be put ahead."""

    ahead_s = 0.0

    def monotonic(self):
        """The time ahead."""
        return super().monotonic() + self.ahead_s


async def test_streams_of_a_connection_are_counted():
    """The event stream and each subscription on it count as streams of the caller."""
    async with running_site(max_streams_per_caller=2) as site, open_connection(site) as connection:
        await connection.start("one", SUBSCRIPTION)
        status, answer = await connection.post("two", SUBSCRIPTION)
        await connection.stop("one")
        again, _ = await connection.post("two", SUBSCRIPTION)

    assert (status, answer["errors"][0]["extensions"]["code"], again) == (429, "QUOTA_EXCEEDED", 202)


@pytest.mark.parametrize("operation_id", [None, "", 1, [], {}, "x" * 257, True])
async def test_wrong_ids_are_refused(site, operation_id):
    """An id is text of 1 to 256 characters."""
    async with open_connection(site) as connection:
        status, answer = await connection.post(operation_id, TYPENAME)

    assert (status, answer["errors"][0]["extensions"]["code"]) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize("operation_id", ['"', "\n\nevent: complete\ndata:\n\n", "\u2028\u00e9", "\r", "__proto__"])
async def test_odd_ids_stay_data(site, operation_id):
    """No id ends a line of the stream."""
    async with open_connection(site) as connection:
        await connection.start(operation_id, TYPENAME)
        events = [await connection.event(), await connection.event()]

    assert events == [("next", operation_id, {"data": {"__typename": "Query"}}), ("complete", operation_id, None)]


async def test_ids_belong_to_their_connection(site):
    """Two connections may use the same id; ending one's operation leaves the other's."""
    async with open_connection(site) as first, open_connection(site) as second:
        for connection in (first, second):
            await connection.start("one", SUBSCRIPTION)
        stopped = await second.stop("one")
        in_progress, _ = await first.post("one", TYPENAME)
        free, _ = await second.post("one", TYPENAME)

    assert (stopped, in_progress, free) == (200, 409, 202)


async def test_dropped_connections_leave_nothing():
    """After a hundred connections whose clients vanished, none is counted, and no task or subscriber is left."""
    async with running_site(max_sockets_per_caller=200, max_streams_per_caller=1000) as site:
        await site.post(TYPENAME)
        before = len(asyncio.all_tasks())
        for _ in range(100):
            connection = await reserve(site)
            await connection.start("early", SUBSCRIPTION)
            stream = await connection.get()
            await connection.start("late", SUBSCRIPTION)
            stream.close()
        for _ in range(200):
            metrics = site.dexter.metrics.text()
            is_clean = b'connections{state="open"} 0.0' in metrics and b"dexter_streams 0.0" in metrics
            if is_clean and len(asyncio.all_tasks()) <= before:
                break
            await asyncio.sleep(0.05)

    assert is_clean
    assert b'connections{state="reserved"} 0.0' in metrics
    assert len(asyncio.all_tasks()) <= before


async def test_rejected_credential_ends_the_connection():
    """After a 401 of Sentry each operation gets an error and its end, then the stream ends."""
    async with running_site(mode="passthrough") as site:
        revoked = bearer(site.upstream.world.tokens.admin.text)
        async with open_connection(site, revoked) as connection:
            for operation_id in ("one", "two"):
                await connection.start(operation_id, SUBSCRIPTION)
            site.upstream.faults.add(
                Fault(status=401, body={"detail": "Invalid token"}, route="/environments/", times=9)
            )
            query = '{ organization(slug: "acme") { environments { nodes { name } } } }'
            await site.post(query, headers=revoked)
            async with asyncio.timeout(PATIENCE_S):
                events = [event async for event in connection.events]
            status, _ = await connection.post("three", TYPENAME)

    data = [(event["event"], json.loads(event["data"])) for event in events]
    assert [(kind, each["id"]) for kind, each in data] == [
        ("next", "one"),
        ("complete", "one"),
        ("next", "two"),
        ("complete", "two"),
    ]
    assert data[0][1]["payload"]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert status in {401, 404}


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_pages_of_other_origins(method):
    """A page of an allowed origin may use an event stream, with its header; others are refused before anything else."""
    async with running_site(allowed_origins=(ORIGIN,)) as site:
        preflight = {
            "origin": ORIGIN,
            "access-control-request-method": method,
            "access-control-request-headers": "authorization,x-graphql-event-stream-token",
        }
        async with site.session.options(site.graphql, headers=preflight) as answer:
            allowed = {
                name: answer.headers[f"access-control-allow-{name}"] for name in ("origin", "methods", "headers")
            }
        statuses = []
        for origin in (ORIGIN, "https://other.example.org"):
            async with site.session.request(method, site.graphql, headers={"origin": origin}) as answer:
                statuses.append((answer.status, answer.headers.get("access-control-allow-origin")))

    assert (allowed["origin"], method in allowed["methods"].split(", ")) == (ORIGIN, True)
    assert allowed["headers"] == preflight["access-control-request-headers"]
    assert statuses == [(201 if method == "PUT" else 404, ORIGIN), (403, None)]
