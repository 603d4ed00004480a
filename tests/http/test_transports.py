"""One operation, the same answer, whatever the transport."""

import asyncio
import json

import aiohttp
import pytest

from support.command import PATIENCE_S
from support.server import running_site
from support.transports import TRANSPORTS

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUERY = 'query Name($slug: String!) { organization(slug: $slug) { slug } missing: organization(slug: "none") { slug } }'
SUBSCRIPTION = 'subscription { issueChanged(organization: { slug: "acme" }) { change { kind issue { shortId } } } }'


@pytest.fixture(params=TRANSPORTS, ids=lambda transport: transport.__name__)
def transport(request, site):
    """Each way to ask, with one interface."""
    return request.param(site)


async def test_query_gives_the_same_answer(transport):
    """Data, key order and nothing else."""
    answers = [answer async for answer in transport.ask(QUERY, {"slug": "acme"})]

    assert answers == [{"data": {"organization": {"slug": "acme"}, "missing": None}}]


async def test_failed_branch_leaves_the_rest(transport):
    """An error stands at its path, beside the data."""
    [answer] = [a async for a in transport.ask('{ __typename node(id: "junk") { id } }', None)]

    assert answer["data"] == {"__typename": "Query", "node": None}
    [error] = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["node"], "BAD_USER_INPUT")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ a " * 60 + "}" * 60, "QUERY_TOO_COMPLEX"),
    ],
)
async def test_bad_document_is_refused(transport, query, code):
    """The code is the same on every transport, and there is no data."""
    [answer] = [a async for a in transport.ask(query, None)]

    assert "data" not in answer
    assert {error["extensions"]["code"] for error in answer["errors"]} == {code}


@pytest.mark.parametrize(
    "transport", [one for one in TRANSPORTS if one.is_stream], indirect=True, ids=lambda one: one.__name__
)
async def test_subscription_tells_what_happens(transport, site):
    """A change at Sentry comes as an event, by server-sent events, multipart and WebSocket alike."""
    answers = transport.ask(SUBSCRIPTION, None)
    coming = asyncio.ensure_future(anext(answers))
    await asyncio.sleep(0.3)

    issue = site.upstream.simulation.open_issue()
    answer = await asyncio.wait_for(coming, PATIENCE_S)
    await answers.aclose()

    assert answer == {"data": {"issueChanged": {"change": {"kind": "CREATED", "issue": {"shortId": issue.short_id}}}}}


async def test_event_stream_gives_signs_of_life():
    """Silence is broken before a proxy closes the connection."""
    async with running_site(heartbeat_s=0.05) as site:
        headers = {"accept": "text/event-stream"}
        async with site.session.post(site.graphql, json={"query": SUBSCRIPTION}, headers=headers) as answer:
            start = await asyncio.wait_for(answer.content.readexactly(len(b"retry: 2000\n\n:\n\n")), PATIENCE_S)

    assert start == b"retry: 2000\n\n:\n\n"


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["not json"], 4400),
        (["[]"], 4400),
        ([b"bytes"], 4400),
        (['{"type": "unheard_of"}'], 4400),
        (['{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}'], 4401),
        (['{"type": "connection_init"}', '{"type": "connection_init"}'], 4429),
        (['{"type": "connection_init", "payload": []}'], 4400),
        (['{"type": "connection_init"}', '{"type": "subscribe", "id": "1"}'], 4400),
        (
            ['{"type": "connection_init"}', '{"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}'],
            4400,
        ),
        (['{"type": "connection_init"}', '{"type": "subscribe", "id": "1", "payload": {"query": 1}}'], 4400),
        (
            [
                '{"type": "connection_init"}',
                '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": 7}}',
            ],
            4400,
        ),
    ],
)
async def test_bad_messages_close_the_socket(site, messages, code):
    """The protocol's own codes say why, and the server lives on."""
    async with site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as socket:
        for message in messages:
            await (socket.send_bytes(message) if isinstance(message, bytes) else socket.send_str(message))
        while (await asyncio.wait_for(socket.receive(), PATIENCE_S)).type is aiohttp.WSMsgType.TEXT:
            pass

    assert socket.close_code == code
    assert (await site.post("{ __typename }"))[0] == 200


async def test_socket_without_the_protocol_is_closed(site):
    """Other subprotocols are not spoken."""
    async with site.session.ws_connect(site.graphql, protocols=["graphql-ws"]) as socket:
        await socket.receive()

    assert socket.close_code == 4406


async def test_socket_answers_pings(site):
    """A client may look whether the connection lives."""
    async with site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as socket:
        await socket.send_str('{"type": "ping"}')

        assert json.loads((await socket.receive()).data) == {"type": "pong"}


async def test_socket_runs_so_many_operations_at_once():
    """One more than allowed is told so; the others go on."""
    async with (
        running_site(max_socket_operations=2) as site,
        site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as socket,
    ):
        await socket.send_json({"type": "connection_init"})
        for name in ("a", "b", "c"):
            await socket.send_json({"type": "subscribe", "id": name, "payload": {"query": SUBSCRIPTION}})
        await socket.receive()
        refused = (await socket.receive()).json()

    assert (refused["type"], refused["id"]) == ("error", "c")
