"""The graphql-ws client over loopback sockets."""

import pytest

from support.node import run_script, run_script_while
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

TYPENAME = {"query": "{ __typename }"}
SUBSCRIPTION = {
    "query": "subscription LiveIssues($org: String!) { issueChanged(organization: { slug: $org }) { "
    "gap { missed } change { kind origin issue { shortId } } } }",
    "variables": {"org": "acme"},
}


async def test_query_gives_one_result_and_ends(site):
    """Variables and operation name are applied; the operation completes after the result."""
    operation = {
        "query": "query A($s: String!) { organization(slug: $s) { slug } } query B { __typename }",
        "variables": {"s": "acme"},
        "operationName": "A",
    }

    outcome = await run_script("ws.mjs", site.graphql, "ask", stdin={"operations": [operation]})

    assert outcome == {
        "sockets": 1,
        "outcomes": [{"results": [{"data": {"organization": {"slug": "acme"}}}], "end": "complete"}],
    }


async def test_bad_document_ends_in_an_error_and_leaves_the_others(site):
    """An invalid operation gets its errors, and another one on the socket gets its data."""
    operations = [{"query": "{ nothing }"}, TYPENAME]

    outcome = await run_script("ws.mjs", site.graphql, "ask", stdin={"operations": operations})

    [bad, good] = outcome["outcomes"]
    [error] = bad["end"]["errors"]
    assert (bad["results"], error["extensions"]["code"], "path" in error) == ([], "GRAPHQL_VALIDATION_FAILED", False)
    assert good == {"results": [{"data": {"__typename": "Query"}}], "end": "complete"}


async def test_failed_field_comes_as_a_result(site):
    """Data and errors are in one result, and the operation completes."""
    operation = {"query": '{ __typename node(id: "junk") { id } }'}

    outcome = await run_script("ws.mjs", site.graphql, "ask", stdin={"operations": [operation]})

    [outcome] = outcome["outcomes"]
    [answer] = outcome["results"]
    [error] = answer["errors"]
    assert (answer["data"], outcome["end"]) == ({"__typename": "Query", "node": None}, "complete")
    assert (error["path"], error["extensions"]["code"]) == (["node"], "BAD_USER_INPUT")


async def test_many_operations_share_a_socket(site):
    """Forty operations at once on one socket each get their own result."""
    operations = [{"query": f"{{ name{n}: __typename }}"} for n in range(40)]

    outcome = await run_script("ws.mjs", site.graphql, "ask", stdin={"operations": operations})

    expected = [{"results": [{"data": {f"name{n}": "Query"}}], "end": "complete"} for n in range(40)]
    assert outcome == {"sockets": 1, "outcomes": expected}


async def test_subscription_ends_when_the_client_wants():
    """A completed subscription frees its slot for the next operation of the socket."""
    opened = []
    async with running_site(max_socket_operations=1) as site:
        taken = await run_script_while(
            lambda: opened.append(site.upstream.simulation.open_issue().short_id),
            *("ws.mjs", site.graphql, "take"),
            stdin={"subscription": SUBSCRIPTION, "then": TYPENAME},
        )

    step = taken["first"]["data"]["issueChanged"]
    short_id = step["change"]["issue"]["shortId"]
    assert short_id in opened
    assert step == {"gap": None, "change": {"kind": "CREATED", "origin": "WEBHOOK", "issue": {"shortId": short_id}}}
    assert taken["sockets"] == 1
    assert taken["after"] == {"results": [{"data": {"__typename": "Query"}}], "end": "complete"}


async def test_ping_of_the_client_is_answered(site):
    """A ping is answered with a pong."""
    assert await run_script("ws.mjs", site.graphql, "ping", stdin=None) == {"pong": True}


@pytest.fixture
async def guarded():
    """A site in mode `passthrough`, where callers send their own tokens."""
    async with running_site(mode="passthrough") as running:
        yield running


@pytest.mark.asyncio(loop_scope="function")
async def test_token_of_the_first_message_is_used(guarded):
    """A browser cannot set headers on a socket, so the token comes in `connectionParams`."""
    stdin = {
        "operations": [{"query": '{ organization(slug: "acme") { slug } }'}],
        "connectionParams": {"authorization": f"Bearer {guarded.upstream.token}"},
    }

    outcome = await run_script("ws.mjs", guarded.graphql, "ask", stdin=stdin)

    assert outcome["outcomes"] == [{"results": [{"data": {"organization": {"slug": "acme"}}}], "end": "complete"}]


@pytest.mark.asyncio(loop_scope="function")
@pytest.mark.parametrize("parameters", [None, {}, {"authorization": "Basic abc"}, {"authorization": "Bearer short"}])
async def test_connection_without_a_token_is_closed(guarded, parameters):
    """A connection without a token is closed before any operation."""
    stdin = {"operations": [TYPENAME], "connectionParams": parameters}

    outcome = await run_script("ws.mjs", guarded.graphql, "ask", stdin=stdin)

    assert outcome == {"sockets": 1, "outcomes": [{"results": [], "end": {"close": 4403, "reason": "Forbidden"}}]}


@pytest.mark.asyncio(loop_scope="function")
async def test_token_that_sentry_refuses_fails_the_field(guarded):
    """A well-formed token that Sentry rejects fails the field that uses it."""
    stdin = {
        "operations": [{"query": '{ organization(slug: "acme") { slug } }'}],
        "connectionParams": {"authorization": "Bearer not-a-token-of-anybody"},
    }

    outcome = await run_script("ws.mjs", guarded.graphql, "ask", stdin=stdin)

    [outcome] = outcome["outcomes"]
    [answer] = outcome["results"]
    [error] = answer["errors"]
    assert (answer["data"], outcome["end"]) == ({"organization": None}, "complete")
    assert (error["path"], error["extensions"]["code"]) == (["organization"], "UNAUTHENTICATED")
