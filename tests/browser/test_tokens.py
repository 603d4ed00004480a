"""Tokens in GraphiQL: where they are typed, what they change, and that they are never stored."""

import json

import pytest
from playwright.async_api import expect

from dexter_graphql.operations.library import load_library
from support.browser import open_graphiql

pytestmark = pytest.mark.asyncio(loop_scope="session")

OLD_HISTORY = """localStorage.setItem("graphiql:queries", JSON.stringify({
    queries: [{ query: "{ a }", headers: '{"Authorization": "Bearer leaked-long-ago"}' }] }));
localStorage.setItem("graphiql:headers", '{"Authorization": "Bearer leaked-long-ago"}');"""
HEADERS = '[aria-label="Headers"] .graphiql-editor:not(.hidden)'
NO_TOKEN = "Add your Sentry token to the headers"


async def test_token_is_never_stored(browser, token_site):
    """A token that was run with is in no storage of the browser: not with tabs, history, favorites or headers."""
    token = token_site.upstream.token
    async with open_graphiql(browser, token_site.graphql) as graphiql:
        await graphiql.type_token(token)
        await graphiql.run()
        await graphiql.shows('"shortId"')
        await graphiql.page.get_by_role("button", name="Show History").click()
        await graphiql.page.get_by_role("button", name="Add favorite").first.click()
        await graphiql.add_tab()
        await graphiql.page.wait_for_function("() => localStorage.getItem('graphiql:tabState')?.includes('untitled')")

        stored = await graphiql.stored()

    assert "MostFrequentIssues" in stored
    assert token not in stored


async def test_history_of_earlier_versions_loses_its_tokens(browser, token_site):
    """Stored headers are removed when the page is opened; an operation of the history gets the present token."""
    async with open_graphiql(browser, token_site.graphql) as graphiql:
        await graphiql.page.evaluate(OLD_HISTORY)
        await graphiql.page.reload()
        await graphiql.type_token("some-token-of-sentry")
        stored = await graphiql.stored()
        await graphiql.page.wait_for_timeout(200)
        await graphiql.page.get_by_role("button", name="Show History").click()
        await graphiql.page.get_by_text("{ a }").first.click()
        await graphiql.page.wait_for_timeout(300)

        headers, query = [await graphiql.read_editor(editor) for editor in (HEADERS, ".graphiql-query-editor")]

    assert ("leaked-long-ago" in stored, "{ a }" in stored) == (False, True)
    assert (json.loads(headers), query) == ({"Authorization": "Bearer some-token-of-sentry"}, "{ a }")


async def test_schema_is_fetched_when_a_token_appears(browser, token_site):
    """The headers editor opens with a template; when it has a token, the schema and the estimate are fetched."""
    async with open_graphiql(browser, token_site.graphql) as graphiql:
        await graphiql.shows(NO_TOKEN)
        template = await graphiql.read_editor(HEADERS)
        await graphiql.page.wait_for_timeout(400)
        before = [request for request in graphiql.sent if request.method == "POST"]
        await graphiql.type_token(token_site.upstream.token)
        await graphiql.page.get_by_role("button", name="Show Documentation Explorer").click()
        await expect(graphiql.page.locator(".graphiql-doc-explorer")).to_contain_text("Root Types")
        await expect(graphiql.page.locator(".estimate")).to_have_text("≤ 2calls")

        sent = [body["operationName"] for body in graphiql.executed]

    assert (json.loads(template), before) == ({"Authorization": "Bearer "}, [])
    assert sent == ["IntrospectionQuery"]
    assert graphiql.console_errors == []


async def test_new_tabs_keep_the_headers(browser, token_site):
    """A tab that is added by hand or by an example has the headers of the tab before."""
    async with open_graphiql(browser, token_site.graphql) as graphiql:
        await graphiql.type_token("some-token-of-sentry")
        await graphiql.page.wait_for_timeout(200)
        await graphiql.add_tab()
        added = await graphiql.read_editor(HEADERS)
        await graphiql.open_example(load_library()[-1])
        opened = await graphiql.read_editor(HEADERS)

    assert json.loads(added) == json.loads(opened) == {"Authorization": "Bearer some-token-of-sentry"}
