"""The urql client with its normalized cache, over HTTP only."""

import pytest

from support.live_changes import current_position
from support.node import run_script

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_query_is_answered(site):
    """Data of a query passes the cache."""
    task = {"query": '{ organization(slug: "acme") { id slug } }', "variables": {}}

    outcome = await run_script("urql.mjs", site.graphql, "query", stdin=task)

    assert outcome == {"data": await site.data('{ organization(slug: "acme") { id slug } }'), "error": None}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_document_follows_a_hash(site, method):
    """The client sends the hash, and the document with it when it is not registered; then the hash is enough."""
    text = '{ organization(slug: "acme") { id slug } }'
    persisted = {"preferGetForPersistedQueries": method == "GET"}
    task = {"query": f"query By{method} {text}", "variables": {}, "persisted": persisted}

    first = await run_script("urql.mjs", site.graphql, "query", stdin=task)
    second = await run_script("urql.mjs", site.graphql, "query", stdin=task)

    assert first["data"] == second["data"] == await site.data(text)
    assert [request["hasQuery"] for request in first["sent"]] == [False, True]
    assert second["sent"] == [{"method": method, "hasQuery": False}]


async def test_subscription_gives_what_happens(site):
    """A change is delivered at once as a server-sent event."""
    position = await current_position(site)
    issue = site.upstream.simulation.open_issue()
    query = """subscription ($org: String!, $after: String) {
        issueChanged(organization: { slug: $org }, after: $after) { change { kind issue { id shortId } } } }"""
    task = {"query": query, "variables": {"org": "acme", "after": position}}

    outcome = await run_script("urql.mjs", site.graphql, "subscription", stdin=task)

    change = outcome["data"]["issueChanged"]["change"]
    assert (change["kind"], change["issue"]["shortId"], outcome["error"]) == ("CREATED", issue.short_id, None)
