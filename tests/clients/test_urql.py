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
