"""Single connection mode of server-sent events: one stream with the answers to many operations."""

import asyncio
import json

import pytest

from support.command import PATIENCE_S
from support.live_changes import current_position
from support.server import running_site
from support.transports import EventConnection, events_of, open_connection, reserve

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBSCRIPTION = """subscription ($after: String) {
  issueChanged(organization: { slug: "acme" }, after: $after) { position change { issue { shortId } } }
}"""


async def short_id_of(connection):
    """Operation and issue of the next event, which is a change."""
    kind, operation_id, payload = await connection.event()
    assert kind == "next", payload
    return operation_id, payload["data"]["issueChanged"]["change"]["issue"]["shortId"]


async def test_answers_name_their_operations(site):
    """Queries and a subscription share the stream; each answer and each end carries the id of its operation."""
    after = await current_position(site)
    async with open_connection(site) as connection:
        await connection.start("query", "{ __typename }")
        query = [await connection.event(), await connection.event()]
        await connection.start("changes", SUBSCRIPTION, {"after": after})
        issue = site.upstream.simulation.open_issue()
        change = await short_id_of(connection)

    assert query == [("next", "query", {"data": {"__typename": "Query"}}), ("complete", "query", None)]
    assert change == ("changes", issue.short_id)


async def test_operations_may_come_before_the_stream(site):
    """What was accepted on a reservation begins with the stream."""
    connection = await reserve(site)

    await connection.start("early", "{ __typename }")
    async with connection.get() as response:
        connection.events = events_of(response)
        events = [await connection.event(), await connection.event()]

    assert events == [("next", "early", {"data": {"__typename": "Query"}}), ("complete", "early", None)]


async def test_token_may_be_in_the_address(site):
    """`EventSource` cannot set headers; every request takes the token as a parameter, too."""
    token = (await reserve(site)).token
    body = {"query": "{ __typename }", "extensions": {"operationId": "one"}}
    # Head and body are known to the server, and the answer is cached.
    statuses = [(await site.session.post(site.graphql, json=body)).status for _ in range(2)]
    async with site.session.get(
        site.graphql, params={"token": token}, headers={"accept": "text/event-stream"}
    ) as stream:
        async with site.session.post(site.graphql, params={"token": token}, json=body) as answer:
            statuses.append(answer.status)
        event = await asyncio.wait_for(anext(events_of(stream)), PATIENCE_S)
        async with site.session.delete(site.graphql, params={"token": token, "operationId": "one"}) as answer:
            statuses.append(answer.status)

    assert statuses == [200, 200, 202, 200]
    assert json.loads(event["data"])["payload"] == {"data": {"__typename": "Query"}}


async def test_stopped_subscription_is_silent(site):
    """After DELETE no event of the operation follows; its id is free, and stopping it again is no error."""
    after = await current_position(site)
    async with open_connection(site) as connection:
        await connection.start("first", SUBSCRIPTION)
        stopped = [await connection.stop("first"), await connection.stop("first")]
        await connection.start("second", SUBSCRIPTION, {"after": after})
        issues = [site.upstream.simulation.open_issue() for _ in range(2)]
        received = [await short_id_of(connection) for _ in issues]
        await connection.start("first", "{ __typename }")
        query = await connection.event()

    assert stopped == [200, 200]
    assert received == [("second", issue.short_id) for issue in issues]
    assert query[1] == "first"


async def test_refused_operations_are_answered_at_once(site):
    """What is wrong with a request is the answer to it, not an event."""
    after = await current_position(site)
    async with open_connection(site) as connection:
        await connection.start("one", SUBSCRIPTION, {"after": after})
        again = await connection.post("one", "{ __typename }")
        invalid = await connection.post("two", "{ nothing }")
        unnamed = await connection.post(None, "{ __typename }")
        long_name = await connection.post("x" * 257, "{ __typename }")
        site.upstream.simulation.open_issue()
        events = [(await connection.event())[:2]]

    codes = [(status, answer["errors"][0]["extensions"]["code"]) for status, answer in (again, invalid, unnamed)]
    assert codes == [(409, "CONFLICT"), (400, "GRAPHQL_VALIDATION_FAILED"), (400, "BAD_USER_INPUT")]
    assert long_name[0] == 400
    assert events == [("next", "one")]


async def test_end_of_the_stream_ends_its_operations(site):
    """When the client leaves, its subscriptions end, and the token is unknown; metrics count the connection."""
    async with open_connection(site) as connection:
        await connection.start("one", SUBSCRIPTION)
        assert b'dexter_event_connections{state="open"} 1.0' in site.dexter.metrics.text()
    for _ in range(200):
        status, _ = await connection.post("two", "{ __typename }")
        if status == 404 and b"dexter_streams 0.0" in site.dexter.metrics.text():
            break
        await asyncio.sleep(0.01)

    metrics = site.dexter.metrics.text()
    assert (b"dexter_streams 0.0" in metrics, b'connections{state="open"} 0.0' in metrics) == (True, True)
    assert status == 404


async def test_draining_server_closes_the_stream():
    """The stream ends without `complete` for its operations, which clients take for a broken connection."""
    async with running_site() as site, open_connection(site) as connection:
        await connection.start("one", SUBSCRIPTION)
        site.dexter.readiness.draining.set()
        rest = [event async for event in connection.events]

    assert rest == []


async def test_operations_of_a_connection_are_limited():
    """One operation too many is refused with 429; one that ends makes room."""
    async with running_site(max_socket_operations=1) as site, open_connection(site) as connection:
        await connection.start("one", SUBSCRIPTION)
        status, answer = await connection.post("two", "{ __typename }")
        await connection.stop("one")
        again, _ = await connection.post("two", "{ __typename }")

    assert (status, answer["errors"][0]["extensions"]["code"], again) == (429, "QUOTA_EXCEEDED", 202)


@pytest.mark.parametrize("query", ["{ __typename }", SUBSCRIPTION])
async def test_batch_is_refused(site, query):
    """An event stream takes one operation in each request."""
    async with (
        open_connection(site) as connection,
        site.session.post(site.graphql, json=[{"query": query}], headers=connection.headers) as answer,
    ):
        status = answer.status

    assert status == 400


async def test_second_stream_is_refused(site):
    """A reservation has one event stream; the first one goes on."""
    async with open_connection(site) as connection:
        async with EventConnection(site, connection.token).get() as second:
            status = second.status
        await connection.start("one", "{ __typename }")
        event = await connection.event()

    assert (status, event[1]) == (409, "one")
