"""The statements of GraphQL over HTTP, one by one."""

import json

import msgspec
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

TYPENAME = {"query": "{ __typename }"}
JSON, RESPONSE = "application/json", "application/graphql-response+json"


async def post_raw(site, body, **headers):
    """Status, media type and body of a POST of bytes."""
    headers = {"content-type": JSON} | {name.replace("_", "-"): value for name, value in headers.items() if value}
    async with site.session.post(site.graphql, data=body, headers=headers) as answer:
        return answer.status, answer.content_type, await answer.json(content_type=None)


async def test_post_is_answered_with_data(site):
    """The plainest request gives data in UTF-8 and a request id."""
    status, headers, body = await site.post("{ __typename }")

    assert (status, body) == (200, {"data": {"__typename": "Query"}})
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert len(headers["x-request-id"]) == 16


async def test_get_is_answered_with_data(site):
    """Queries may be sent in the address, with variables and operation name."""
    parameters = {
        "query": "query A($s: String!) { organization(slug: $s) { slug } } query B { __typename }",
        "variables": json.dumps({"s": "acme"}),
        "operationName": "A",
    }

    async with site.session.get(site.graphql, params=parameters, headers={"accept": RESPONSE}) as answer:
        assert (answer.status, answer.content_type) == (200, RESPONSE)
        assert await answer.json(content_type=None) == {"data": {"organization": {"slug": "acme"}}}


async def test_mutations_are_not_taken_from_the_address(site):
    """An address that a page can make a browser open must change nothing."""
    document = 'mutation { resolveIssues(input: { issues: { ids: ["x"] } }) { unmatched } }'

    async with site.session.get(site.graphql, params={"query": document}) as answer:
        body = await answer.json()

    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_other_methods_are_refused(site):
    """GET and POST execute operations, PUT and DELETE manage event streams, and other methods have no meaning."""
    async with site.session.patch(site.graphql, json=TYPENAME) as answer:
        assert answer.status == 405


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", None]
)
async def test_other_media_types_are_refused(site, content_type):
    """What a form of another page could send is not read."""
    headers = {"content-type": content_type} if content_type else {"content-type": ""}

    async with site.session.post(site.graphql, data=json.dumps(TYPENAME), headers=headers) as answer:
        assert answer.status == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b'"text"',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{",
        b"\xff\xfe{}",
        b'{"query": "\xff"}',
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 1}',
        b'{"query": {"a": 1}}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": "{}"}',
        b'{"query": "{ __typename }", "extensions": 7}',
        b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}",
        b"[" * 100_000,
        b'{"query": "{ __typename }", "variables": {"n": 1e999999}}',
    ],
)
@pytest.mark.parametrize("accept", [JSON, RESPONSE])
async def test_malformed_requests_are_refused_in_every_media_type(site, body, accept):
    """Whatever is not a request gives 400 with a code, and the server lives on."""
    status, _, answer = await post_raw(site, body, accept=accept)

    assert (status, answer["errors"][0]["extensions"]["code"]) == (400, "BAD_USER_INPUT")
    assert (await site.post("{ __typename }"))[0] == 200


@pytest.mark.parametrize(("size", "status"), [(0, 200), (1, 413)])
async def test_body_may_be_as_large_as_the_limit(site, size, status):
    """The last byte that is allowed is allowed, the next one is not; a chunked body is counted too."""
    shell = msgspec.json.encode({"query": "{ __typename }", "extensions": {"x": ""}})
    body = shell[:-3] + b"x" * (1_000_000 - len(shell) + size) + shell[-3:]

    async def chunks():
        yield body[:500_000]
        yield body[500_000:]

    assert (await post_raw(site, body))[0] == status
    assert (await post_raw(site, chunks()))[0] == status


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "BAD_USER_INPUT"),
        ("fragment F on Query { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ a " * 100 + "}" * 100, "QUERY_TOO_COMPLEX"),
        ("{ a " * 3000 + "}" * 3000, "QUERY_TOO_COMPLEX"),
        ("query ($s: String!) { organization(slug: $s) { slug } }", "BAD_USER_INPUT"),
        ("query ($s: Int! = 99999999999) { organization(slug: $s) { slug } }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_bad_documents_give_400_or_200_by_media_type(site, query, code):
    """The newer type says it with the status, the older one in the body alone; never is there data."""
    body = msgspec.json.encode({"query": query})

    new_status, new_type, new = await post_raw(site, body, accept=RESPONSE)
    old_status, old_type, old = await post_raw(site, body, accept=JSON)

    assert (new_status, new_type, old_status, old_type) == (400, RESPONSE, 200, JSON)
    for answer in (new, old):
        assert "data" not in answer
        assert {error["extensions"]["code"] for error in answer["errors"]} == {code}
        assert {"retryable", "requestId"} <= answer["errors"][0]["extensions"].keys()


async def test_nothing_acceptable_is_406(site):
    """Whoever takes nothing that we have is told what there is."""
    status, _, body = await post_raw(site, msgspec.json.encode(TYPENAME), accept="image/png")

    assert status == 406
    assert "text/event-stream" in body["errors"][0]["message"]


async def test_request_id_is_taken_when_it_is_plain(site):
    """A sane id of the client's goes through answer and errors; another one is replaced."""
    _, headers, body = await site.post("{ nothing }", headers={"x-request-id": "abc-1"})
    _, other, _ = await site.post("{ __typename }", headers={"x-request-id": "a b\tc"})

    assert (headers["x-request-id"], body["errors"][0]["extensions"]["requestId"]) == ("abc-1", "abc-1")
    assert other["x-request-id"] != "a b\tc"


async def test_subscriptions_need_a_stream(site):
    """JSON cannot hold answers that come one after the other."""
    document = 'subscription { issueChanged(organization: { slug: "acme" }) { position } }'

    status, _, body = await site.post(document, headers={"accept": JSON})

    assert status == 406
    assert "WebSocket" in body["errors"][0]["message"]
