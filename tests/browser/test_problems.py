"""Sentences of GraphiQL for what goes wrong between the page and the server."""

from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from support.browser import open_graphiql
from support.relay import Relay
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="session")

SUBSCRIPTION = 'subscription { issueChanged(organization: { slug: "acme" }) { position } }'
QUERY = "{ __typename }"
HTML = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


async def run(graphiql, document):
    """Run a document in place of the first example."""
    await graphiql.write(document)
    await graphiql.run()


async def explains(graphiql, sentence):
    """Wait until the sentence is the status line and the message of the result."""
    await expect(graphiql.status).to_contain_text(sentence)
    [error] = (await graphiql.answer())["errors"]
    assert sentence in error["message"]


async def test_refused_subscription_is_explained(browser, token_site):
    """Without a token a subscription says what to send."""
    async with open_graphiql(browser, token_site.graphql) as graphiql:
        await run(graphiql, SUBSCRIPTION)
        await explains(graphiql, "The subscription was refused: send a valid Sentry token in the headers.")


async def test_limit_of_streams_is_explained(browser):
    """A subscription above the limit of streams has the server's own sentence, and keeps its code."""
    async with running_site(max_streams_per_caller=1) as site:
        stream = site.session.post(site.graphql, json={"query": SUBSCRIPTION}, headers={"Accept": "text/event-stream"})
        async with stream as answer, open_graphiql(browser, site.graphql) as graphiql:
            await run(graphiql, SUBSCRIPTION)
            await explains(graphiql, "streams")
            [error] = (await graphiql.answer())["errors"]

    assert (answer.status, error["extensions"]["code"]) == (200, "QUOTA_EXCEEDED")


async def test_mistake_in_a_subscription_is_explained(graphiql):
    """An invalid subscription shows the errors of the server."""
    await run(graphiql, "subscription { nothing }")
    await explains(graphiql, "Cannot query field 'nothing' on type 'Subscription'")


async def test_server_that_is_gone_is_explained(browser):
    """When the server ends, its subscription says so; later operations name the address that does not answer."""
    async with running_site() as site:
        opened = open_graphiql(browser, site.graphql)
        graphiql = await opened.__aenter__()
        await run(graphiql, SUBSCRIPTION)
        await expect(graphiql.status).to_contain_text("listening…")
    try:
        await explains(graphiql, "The server is shutting down. Run the subscription again when it is back.")
        await graphiql.run()
        await explains(graphiql, f"Dexter does not answer at {site.url}. Check that the server is running.")
        await run(graphiql, QUERY)
        await explains(graphiql, f"Dexter does not answer at {site.url}. Check that the server is running.")
    finally:
        await opened.__aexit__(None, None, None)


async def test_cut_connection_is_explained(browser, site):
    """When the connection of a subscription is cut, the sentence says so, and the items that came before are kept."""
    async with Relay(urlsplit(site.url).port) as relay, open_graphiql(browser, f"{relay.url}/graphql") as graphiql:
        await run(graphiql, SUBSCRIPTION)
        await expect(graphiql.status).to_contain_text("listening…")
        await graphiql.shows_while(site.upstream.simulation.open_issue, "position")
        relay.stop()
        await explains(graphiql, f"The connection was lost. Dexter does not answer at {relay.url}.")
        answer = await graphiql.answer()

    assert answer["items"]


PROXY = "A proxy between the browser and Dexter answered"
ANSWERS = (
    ({"status": 502, "content_type": "text/html", "body": HTML}, f'{PROXY} "502 Bad Gateway", a web page.'),
    (
        {"status": 200, "content_type": "text/html", "body": HTML.replace("502 Bad Gateway", "Please sign in")},
        f'{PROXY} "200 OK", a web page with the title "Please sign in".',
    ),
    ({"status": 504, "body": "upstream timed out"}, 'The server answered "504 Gateway Timeout" and no GraphQL.'),
    ({"status": 500, "body": "{}"}, 'The server answered "500 Internal Server Error" and no GraphQL.'),
    ({"status": 200, "body": "null"}, 'The server answered "200 OK" and no GraphQL.'),
)
"""Answers that are not GraphQL, and the sentences that describe them."""


async def test_answer_of_a_proxy_is_explained(graphiql):
    """An answer that is not GraphQL is described by its status and title."""
    await graphiql.write(QUERY)
    for answer, sentence in ANSWERS:

        async def replace(route, answer=answer):
            await route.fulfill(**answer)

        graphiql.intercept = replace
        await graphiql.run()
        await explains(graphiql, sentence)
    graphiql.console_errors.clear()  # the browser reports the statuses


async def test_lost_network_is_explained(graphiql):
    """Without a network the sentence is about the network, for queries and for subscriptions."""
    await graphiql.page.context.set_offline(True)
    try:
        for document in (QUERY, SUBSCRIPTION):
            await run(graphiql, document)
            await explains(graphiql, "This computer has no network connection.")
    finally:
        await graphiql.page.context.set_offline(False)
    graphiql.console_errors.clear()  # the browser reports the failed requests
