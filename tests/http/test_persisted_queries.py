"""Automatic persisted queries, as Apollo's clients send them."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest

from dexter_graphql.operations.trusted import hash_of
from support.redis import running_redis
from support.sandbox import running_sandbox
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORGANIZATION = 'query {} {{ organization(slug: "acme") {{ slug }} }}'
ANSWER = {"data": {"organization": {"slug": "acme"}}}


def persisted(text, **changes):
    """Extensions that name a document by its hash."""
    return {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text)} | changes}


async def send(site, extensions, *, method="POST", query=None, **headers):
    """Status and body of the answer to a hash, with its document if one is given."""
    parameters = {"extensions": extensions if method == "POST" else json.dumps(extensions)}
    if query is not None:
        parameters["query"] = query
    given = {"json": parameters} if method == "POST" else {"params": parameters}
    async with site.session.request(method, site.graphql, headers=headers, **given) as answer:
        return answer.status, await answer.json(content_type=None)


async def share(query, one, other):
    """The answer of a site to a hash that the other one registered; on a busy machine Redis may be slow at first."""
    for _ in range(100):
        await send(one, persisted(query), query=query)
        status, body = await send(other, persisted(query))
        if "data" in body:
            break
        await asyncio.sleep(0.1)
    return status, body


def code_of(body):
    """The code of the only error of a response."""
    [error] = body["errors"]
    return error["extensions"]["code"]


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_unknown_hash_asks_for_the_document(site, method, accept):
    """The answer has Apollo's message and code, with status 200 for both media types."""
    status, body = await send(site, persisted("unknown"), method=method, accept=accept)

    assert (status, body["errors"][0]["message"]) == (200, "PersistedQueryNotFound")
    assert code_of(body) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_registered_document_is_found_by_its_hash(site, method):
    """A document that came once with its hash is executed for the hash alone."""
    query = ORGANIZATION.format(f"By{method}")

    first = await send(site, persisted(query), method=method, query=query)
    second = await send(site, persisted(query), method=method)
    by_id = await site.session.post(site.graphql, json={"documentId": f"sha256:{hash_of(query)}"})

    assert (first, second, await by_id.json()) == ((200, ANSWER), (200, ANSWER), ANSWER)


@pytest.mark.parametrize(
    ("extensions", "query"),
    [
        (persisted("{ other }"), "{ __typename }"),
        (persisted("{ __typename }", version=2), None),
        (persisted("{ __typename }", sha256Hash=7), None),
        (persisted("{ __typename }", sha256Hash="0" * 257), None),
        ({"persistedQuery": []}, None),
    ],
)
async def test_wrong_hash_is_the_clients_mistake(site, extensions, query):
    """A hash of another document or of another form is refused, and nothing is registered under it."""
    accept = "application/graphql-response+json"

    status, body = await send(site, extensions, query=query, accept=accept)

    assert (status, code_of(body)) == (400, "BAD_USER_INPUT")


async def test_invalid_document_is_not_registered(site):
    """The errors of a document come each time with the document; its hash stays unknown."""
    _, refused = await send(site, persisted("{ nothing }"), query="{ nothing }")
    _, asked = await send(site, persisted("{ nothing }"))

    assert (code_of(refused), code_of(asked)) == ("GRAPHQL_VALIDATION_FAILED", "PERSISTED_QUERY_NOT_FOUND")


async def test_callers_that_sentry_does_not_know_register_nothing():
    """A made-up token registers nothing; one that Sentry has accepted does."""
    query = ORGANIZATION.format("Known")
    async with running_site(mode="passthrough") as site:
        made_up = {"authorization": "Bearer made-up-token"}
        accepted = {"authorization": f"Bearer {site.upstream.token}"}
        codes = []
        for headers in (made_up, accepted, accepted):
            await send(site, persisted(query), query=query, **headers)
            codes.append((await send(site, persisted(query), **headers))[1])

    assert code_of(codes[0]) == "PERSISTED_QUERY_NOT_FOUND"
    assert codes[2] == ANSWER


async def test_registration_can_be_turned_off():
    """With no room for documents clients send each document, and know so from the first answer."""
    async with running_site(persisted_queries=0) as site:
        full = await send(site, persisted("{ __typename }"), query="{ __typename }")
        alone = await send(site, persisted("{ __typename }"))

    assert (full[1], code_of(alone[1])) == ({"data": {"__typename": "Query"}}, "PERSISTED_QUERY_NOT_SUPPORTED")


async def test_web_sockets_take_hashes(site):
    """A hash over a WebSocket is executed like one over HTTP; an unknown one is an error of its operation."""
    query = ORGANIZATION.format("Socket")
    await send(site, persisted(query), query=query)
    async with site.session.ws_connect(site.graphql, protocols=["graphql-transport-ws"]) as socket:
        await socket.send_json({"type": "connection_init"})
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "id": "a", "payload": {"extensions": persisted(query)}})
        messages = [await socket.receive_json(), await socket.receive_json()]
        await socket.send_json({"type": "subscribe", "id": "b", "payload": {"extensions": persisted("unknown")}})
        refused = await socket.receive_json()

    assert messages == [{"id": "a", "type": "next", "payload": ANSWER}, {"id": "a", "type": "complete"}]
    assert (refused["type"], refused["payload"][0]["message"]) == ("error", "PersistedQueryNotFound")


async def test_event_streams_take_hashes(site):
    """An event stream answers a hash with its result, and an unknown one with an error that its client reads."""
    query = ORGANIZATION.format("Events")
    await send(site, persisted(query), query=query)
    texts = []
    for text in (query, "unknown"):
        body = {"extensions": persisted(text)}
        headers = {"accept": "text/event-stream"}
        async with site.session.post(site.graphql, json=body, headers=headers) as answer:
            texts.append(await answer.text())

    assert json.loads(texts[0].partition("data: ")[2].partition("\n")[0]) == ANSWER
    assert "PersistedQueryNotFound" in texts[1]


async def test_replicas_share_documents_until_redis_is_gone():
    """What one replica registered the other finds; without Redis each has those that it registered or found."""
    shared, own = ORGANIZATION.format("Shared"), ORGANIZATION.format("Own")
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(running_redis())
        upstream = await stack.enter_async_context(running_sandbox())
        settings = {"redis_url": redis.url, "secret": "the same random text on every replica"}
        one, other = [await stack.enter_async_context(running_site(upstream, **settings)) for _ in range(2)]
        found = await share(shared, one, other)
        async with redis.client() as client:
            stored = [await client.get(name) async for name in client.scan_iter("dexter:persisted query:*")]
        redis.kill()
        await send(one, persisted(own), query=own)
        alone = [await send(site, persisted(own)) for site in (one, other)]
        kept = await send(other, persisted(shared))

    assert (found, kept) == ((200, ANSWER), (200, ANSWER))
    assert (alone[0][1], code_of(alone[1][1])) == (ANSWER, "PERSISTED_QUERY_NOT_FOUND")
    assert b"organization" not in b"".join(value or b"" for value in stored)
