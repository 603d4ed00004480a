"""The graphql-sse client, with a connection for each operation."""

import pytest

from support.node import run_script, run_script_while

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_query_gives_one_result_and_ends(site):
    """Variables are applied; the stream completes after the result."""
    operation = {
        "query": "query A($s: String!) { organization(slug: $s) { slug } }",
        "variables": {"s": "acme"},
    }

    outcome = await run_script("sse.mjs", site.graphql, "ask", stdin=operation)

    assert outcome == {"results": [{"data": {"organization": {"slug": "acme"}}}], "end": "complete"}


async def test_failed_field_comes_as_a_result(site):
    """Data and errors are in one result, and the operation completes."""
    operation = {"query": '{ __typename node(id: "junk") { id } }'}

    outcome = await run_script("sse.mjs", site.graphql, "ask", stdin=operation)

    [answer] = outcome["results"]
    [error] = answer["errors"]
    assert (answer["data"], outcome["end"]) == ({"__typename": "Query", "node": None}, "complete")
    assert (error["path"], error["extensions"]["code"]) == (["node"], "BAD_USER_INPUT")


async def test_bad_document_comes_as_a_result(site):
    """A request error is a result, not a connection error."""
    outcome = await run_script("sse.mjs", site.graphql, "ask", stdin={"query": "{ nothing }"})

    [answer] = outcome["results"]
    [error] = answer["errors"]
    assert (error["extensions"]["code"], "data" in answer, "path" in error) == (
        "GRAPHQL_VALIDATION_FAILED",
        False,
        False,
    )
    assert outcome["end"] == "complete"


async def test_subscription_gives_what_happens(site):
    """A new issue in Sentry is delivered to the client."""
    opened = []
    operation = {
        "query": "subscription LiveIssues($org: String!) { issueChanged(organization: { slug: $org }) { "
        "change { kind issue { shortId } } } }",
        "variables": {"org": "acme"},
    }

    answer = await run_script_while(
        lambda: opened.append(site.upstream.simulation.open_issue().short_id),
        *("sse.mjs", site.graphql, "take"),
        stdin=operation,
    )

    short_id = answer["data"]["issueChanged"]["change"]["issue"]["shortId"]
    assert short_id in opened
    assert answer == {"data": {"issueChanged": {"change": {"kind": "CREATED", "issue": {"shortId": short_id}}}}}
