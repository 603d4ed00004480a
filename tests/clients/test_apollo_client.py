"""Apollo Client with its links for HTTP, persisted queries and WebSockets."""

import pytest

from support.live_changes import current_position
from support.node import run_script
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUERY = {"query": "query A($s: String!) { organization(slug: $s) { slug } }", "variables": {"s": "acme"}}
SUBSCRIPTION = {
    "query": "subscription LiveIssues($org: String!, $after: String) { "
    "issueChanged(organization: { slug: $org }, after: $after) { change { kind issue { shortId } } } }"
}
ACCEPT = (
    "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9"
)


@pytest.mark.parametrize(("method", "name"), [("GET", "First"), ("POST", "Second")])
async def test_document_follows_a_hash(site, method, name):
    """The client sends the hash alone, then the document with it, and for later operations the hash is enough."""
    query = QUERY["query"].replace("query A", f"query {name}")
    task = QUERY | {"query": query, "useGETForHashedQueries": method == "GET"}

    outcome = await run_script("apollo.mjs", site.graphql, "persisted", stdin=task)

    answer = {"organization": {"__typename": "Organization", "slug": "acme"}}
    assert outcome["answers"] == [answer, answer]
    assert outcome["sent"] == [
        {"method": method, "hasQuery": False},
        {"method": "POST", "hasQuery": True},
        {"method": method, "hasQuery": False},
    ]


async def test_queries_are_batched():
    """Queries of one moment are one request; a refused one keeps the others from nothing."""
    queries = ['query A { organization(slug: "acme") { slug } }', "query B { nothing }", "query C { __typename }"]
    async with running_site(max_batch=10) as site:
        outcome = await run_script("apollo.mjs", site.graphql, "batched", stdin={"queries": queries})

    first, refused, last = outcome["answers"]
    assert first == {"organization": {"__typename": "Organization", "slug": "acme"}}
    assert ("Cannot query field 'nothing'" in refused, last) == (True, {"__typename": "Query"})
    assert outcome["sent"] == [3]


@pytest.mark.parametrize(("transport", "accept"), [("multipart", ACCEPT), ("socket", None)])
async def test_subscription_gives_what_happens(site, transport, accept):
    """A change is delivered at once, over HTTP with the client's own `Accept` header and over a WebSocket."""
    position = await current_position(site)
    issue = site.upstream.simulation.open_issue()
    task = SUBSCRIPTION | {"variables": {"org": "acme", "after": position}}

    outcome = await run_script("apollo.mjs", site.graphql, transport, stdin=task)

    change = outcome["data"]["issueChanged"]["change"]
    assert (change["kind"], change["issue"]["shortId"], outcome["error"]) == ("CREATED", issue.short_id, None)
    assert outcome["accept"] == accept


async def test_refused_subscription_has_its_reason(site):
    """The client shows the server's message when a subscription is invalid."""
    task = {"query": "subscription { nothing }"}

    outcome = await run_script("apollo.mjs", site.graphql, "multipart", stdin=task)

    assert "Cannot query field 'nothing'" in outcome["error"]
