"""Results of GraphiQL and the tabs that they belong to."""

import asyncio
import json
from functools import partial
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect

from dexter_graphql.operations.library import load_library
from support.browser import open_graphiql

pytestmark = pytest.mark.asyncio(loop_scope="session")

OTHER = next(document for document in load_library() if document.name == "Alerts")
ALL_CHANGES = 'subscription { issueChanged(organization: { slug: "acme" }) { change { kind issue { shortId } } } }'
RUN_BUTTON = "Execute query (Ctrl-Enter)"
STOP_BUTTON = "Stop query (Ctrl-Enter)"


async def listen(graphiql):
    """Run a subscription in a new tab, and wait until it is open."""
    await graphiql.add_tab()
    await graphiql.write(ALL_CHANGES)
    async with graphiql.page.expect_websocket() as opening:
        await graphiql.run()
    socket = await opening.value
    await expect(graphiql.status).to_contain_text("listening…")
    return socket


async def test_subscription_ends_with_its_tab(graphiql, site):
    """Opening another tab or example ends a running subscription, and none of its items appears there."""
    first = await graphiql.tabs.count() - 1
    for leave in (graphiql.add_tab, partial(graphiql.open_example, OTHER), partial(graphiql.select_tab, first)):
        socket = await listen(graphiql)
        own_tab = await graphiql.tabs.count() - 1
        await graphiql.shows_while(site.upstream.simulation.open_issue, "CREATED")

        async with socket.expect_event("close"):
            await leave()
        await expect(graphiql.page.get_by_role("button", name=RUN_BUTTON)).to_be_visible()
        site.upstream.simulation.open_issue()
        await asyncio.sleep(0.1)

        assert await graphiql.read_editor(".result-window") == ""
        await graphiql.select_tab(own_tab)
        await graphiql.shows("CREATED")
        await expect(graphiql.status).to_contain_text("stopped")


async def test_result_of_a_slow_query_waits_for_its_tab(graphiql):
    """A result that arrives while another tab is open is shown in its own tab when that is opened again."""
    arrived = asyncio.Event()

    async def delay(route):
        if not (route.request.method == "POST" and "Slow" in (route.request.post_data or "")):
            return False
        if "estimate" in route.request.post_data:
            return False
        await asyncio.sleep(0.3)
        await route.continue_()
        arrived.set()
        return True

    graphiql.intercept = delay
    await graphiql.write("query Slow { viewer { __typename } }")
    await graphiql.run()
    own_tab = await graphiql.add_tab() - 1
    await arrived.wait()
    await asyncio.sleep(0.2)
    elsewhere = await graphiql.read_editor(".result-window")
    await graphiql.select_tab(own_tab)
    await graphiql.shows("Viewer")

    assert elsewhere == ""
    await expect(graphiql.status).to_contain_text("0 calls to Sentry")


async def test_subscription_keeps_its_last_items(graphiql, site):
    """A subscription says that it listens, and shows its last 20 items with the newest first."""
    await listen(graphiql)
    opened = []

    await graphiql.shows_while(lambda: opened.append(site.upstream.simulation.open_issue().short_id), "CREATED")
    opened += [site.upstream.simulation.open_issue().short_id for _ in range(25)]
    await expect(graphiql.page.locator(".result-window .CodeMirror")).to_contain_text(opened[-1])
    items = (await graphiql.answer())["items"]

    seen = [item["data"]["issueChanged"]["change"]["issue"]["shortId"] for item in items]
    assert seen == opened[-20:][::-1]
    await expect(graphiql.page.get_by_role("button", name=STOP_BUTTON)).to_be_visible()


async def test_added_tab_is_empty(graphiql):
    """The + tab has no operation, no variables and no result."""
    await graphiql.open_example(load_library()[-1])
    await graphiql.run()
    await graphiql.shows('"data"')

    await graphiql.add_tab()

    editors = (".graphiql-query-editor", ".graphiql-editor-tool", ".result-window")
    assert [await graphiql.read_editor(editor) for editor in editors] == ["", "", ""]


async def test_address_prefills_the_editor(browser, site):
    """`query`, `variables` and `operationName` of the address are in the editor; the named operation is run."""
    query = "query First { __typename }\n\nquery Second($slug: String!) {\n  organization(slug: $slug) { name }\n}"
    variables = {"slug": "globex"}
    parameters = {"query": query, "variables": json.dumps(variables), "operationName": "Second"}
    async with open_graphiql(browser, f"{site.graphql}?{urlencode(parameters)}") as graphiql:
        shown = await graphiql.read_editor(".graphiql-query-editor")
        shown_variables = json.loads(await graphiql.read_editor(".graphiql-editor-tool"))
        await expect(graphiql.tabs.first).to_contain_text("Second")
        sent = {body["operationName"] for body in graphiql.executed}
        await graphiql.page.locator(".graphiql-query-editor textarea").first.focus()
        await graphiql.page.keyboard.press("ControlOrMeta+Enter")
        await graphiql.shows('"Globex')

    assert (shown, shown_variables, sent) == (query, variables, {"IntrospectionQuery"})
