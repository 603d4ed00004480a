"""GraphiQL in a browser that reaches no other host."""

import json

import pytest
from playwright.async_api import expect

from dexter_graphql.operations.library import load_library

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_written_query_is_answered(graphiql, site):
    """Running a typed query shows the server's answer."""
    query = '{ organization(slug: "acme") { slug name } }'
    expected = await site.data(query)

    await graphiql.write(query)
    await graphiql.run()

    await graphiql.shows("acme")
    assert await graphiql.answer() == {"data": expected}


async def test_mistake_is_explained(graphiql):
    """An invalid document shows the server's error with its code."""
    await graphiql.write("{ nothing }")
    await graphiql.run()

    await graphiql.shows("GRAPHQL_VALIDATION_FAILED")
    [error] = (await graphiql.answer())["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_variables_are_sent(graphiql):
    """The variables editor is sent with the operation."""
    await graphiql.write("query Q($s: String!) { organization(slug: $s) { slug } }")
    await graphiql.write('{"s": "globex"}', into="Variables")
    await graphiql.run()

    await graphiql.shows("globex")
    assert await graphiql.answer() == {"data": {"organization": {"slug": "globex"}}}


async def test_headers_are_sent(graphiql):
    """The headers editor is sent with the request."""
    await graphiql.write("{ __typename }")
    await graphiql.write('{"x-request-id": "from-the-editor"}', into="Headers")
    await graphiql.run()

    await graphiql.shows("Query")
    sent = [request.headers.get("x-request-id") for request in graphiql.sent if request.method == "POST"]
    assert sent[-1] == "from-the-editor"


async def test_schema_can_be_looked_up(graphiql):
    """The documentation links from the query type to a field and its description."""
    page = graphiql.page

    await page.get_by_role("button", name="Show Documentation Explorer").click()
    explorer = page.locator(".graphiql-doc-explorer")
    await explorer.get_by_role("link", name="Query", exact=True).click()
    await explorer.get_by_role("link", name="organization", exact=True).click()

    await expect(explorer).to_contain_text("slug: String!")
    await expect(explorer).to_contain_text("Organization")


async def test_first_example_is_there_to_run(new_graphiql):
    """The page opens with the first document of the library and its variables, ready to run."""
    first = load_library()[0]

    await new_graphiql.run()

    await new_graphiql.shows('"data"')
    assert "errors" not in await new_graphiql.answer()
    assert (await new_graphiql.read_editor(".graphiql-query-editor")).strip() == first.text.strip()


async def test_every_example_opens(new_graphiql):
    """Each document of the library is in the menu, and opens in a tab with its variables."""
    seen = []
    for example in load_library():
        await new_graphiql.open_example(example)

        variables = json.loads(await new_graphiql.read_editor(".graphiql-editor-tool"))
        seen.append((await new_graphiql.read_editor(".graphiql-query-editor"), variables))

    assert seen == [(example.text, example.variables) for example in load_library()]


async def test_run_follows_the_last_key(graphiql):
    """The operation that runs is the editor's current one, not an earlier one."""
    await graphiql.write("query First { __typename }")
    await graphiql.run()
    await graphiql.shows("Query")

    await graphiql.page.locator(".graphiql-query-editor .CodeMirror").evaluate(
        """element => {
            element.CodeMirror.setValue("query Second { viewer { __typename } }");
            document.querySelector(".graphiql-execute-button").click();
        }"""
    )

    await graphiql.shows("Viewer")
    assert [body.get("operationName") for body in graphiql.executed] == ["First", "Second"]


async def test_changes_arrive_live(graphiql, site):
    """The live example shows a new issue, and its socket closes when it is stopped."""
    [example] = [document for document in load_library() if "subscription" in document.text]
    opened = []
    await graphiql.open_example(example)

    async with graphiql.page.expect_websocket() as opening:
        await graphiql.run()
    await graphiql.shows_while(lambda: opened.append(site.upstream.simulation.open_issue().short_id), '"issueChanged"')
    async with (await opening.value).expect_event("close"):
        await graphiql.run()

    change = (await graphiql.answer())["items"][0]["data"]["issueChanged"]["change"]
    assert change["issue"]["shortId"] in opened
    assert (change["kind"], change["origin"]) == ("CREATED", "WEBHOOK")
