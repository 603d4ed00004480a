"""Calls of an operation beside the Run button and below its result."""

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def estimates(graphiql, text):
    """Wait until the number below the Run button is this."""
    await expect(graphiql.page.locator(".estimate")).to_have_text(text)


async def test_calls_are_estimated_while_typing(graphiql, site):
    """The number follows operation, variables and the selected tab, and no call is made for it."""
    before = len(site.upstream.requests)

    await graphiql.write(
        'query Q($n: Int) { organization(slug: "acme") { issues(first: $n) { nodes { tags { key } } } } }'
    )
    await estimates(graphiql, "≤ 22calls")
    await graphiql.write('{"n": 4}', into="Variables")
    await estimates(graphiql, "≤ 6calls")
    await graphiql.add_tab()
    await expect(graphiql.page.locator(".estimate")).to_have_count(0)
    await graphiql.write("{ __typename }")
    await estimates(graphiql, "≤ 0calls")

    assert len(site.upstream.requests) == before


async def test_estimate_above_the_budget_stands_out(graphiql):
    """An operation that may need more calls than the budget has is marked, with the budget in its description."""
    await graphiql.write('{ organization(slug: "acme") { issues(first: 300) { nodes { tags { key } } } } }')

    await estimates(graphiql, "≤ 304calls")
    label = await graphiql.page.locator(".estimate.over-budget").get_attribute("aria-label")
    assert label == "This operation makes at most 304 calls to Sentry; the budget is 100"


async def test_cost_is_shown_after_the_run(graphiql):
    """The line below the result has calls, cache hits and time, and lists the calls; the result is without them."""
    query = '{ organization(slug: "globex") { projects(first: 7) { nodes { slug } } } }'

    await graphiql.write(query)
    await graphiql.run()
    await expect(graphiql.status).to_contain_text("1 call to Sentry · ")
    await graphiql.status.locator("summary").click()
    await expect(graphiql.status).to_contain_text("GET /organizations/{organization}/projects/ Sentry, ")
    await graphiql.run()
    await expect(graphiql.status).to_contain_text("0 calls to Sentry · 1 from the cache")

    assert (await graphiql.answer()).keys() == {"data"}
