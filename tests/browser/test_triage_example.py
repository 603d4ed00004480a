"""The example front end in a browser, as `make example` serves it."""

import json
import re
import signal
import sys

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import expect

from support.checkout import ROOT, built_example, clean_environment, free_port, start_command

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEXTER = (sys.executable, "-m", "dexter_graphql")
ISSUES = """query ($filter: IssueFilter) {
  organization(slug: "acme") {
    issues(filter: $filter, range: { last: "24h" }, sort: FREQUENCY, first: 50) { nodes { shortId } }
  }
}"""
RESOLVE = """mutation ($shortId: String!) {
  resolveIssues(input: { issues: { shortIds: { organization: { slug: "acme" }, values: [$shortId] } } }) { unmatched }
}"""


class Example:
    """The served page, and another client of its server."""

    def __init__(self, url, session):
        self.url, self._session = url, session

    async def data(self, query, **variables):
        """Data of an operation, sent the way that the page sends its own."""
        body = {"query": query, "variables": variables}
        async with self._session.post(f"{self.url}/graphql", json=body) as answer:
            return (await answer.json())["data"]

    async def short_ids(self, **more):
        """The first fifty open issues by frequency."""
        data = await self.data(ISSUES, filter={"status": ["UNRESOLVED"], **more})
        return [node["shortId"] for node in data["organization"]["issues"]["nodes"]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def example():
    """The built page and a server with the sandbox, started by the script of `make example`."""
    ports = {"PORT": str(free_port()), "EXAMPLE_PORT": str(free_port())}
    environment = clean_environment(**ports, DEXTER_SANDBOX_EVENTS_PER_SECOND="0")
    built_example()
    async with start_command(ROOT / "scripts" / "example", *DEXTER, cwd=ROOT, env=environment) as command:
        await command.until(r"A first query")
        await command.until(rf":{ports['EXAMPLE_PORT']}/")
        async with aiohttp.ClientSession() as session:
            yield Example(f"http://127.0.0.1:{ports['EXAMPLE_PORT']}", session)
        # As Ctrl-C does: the script ends when both of its processes have ended.
        assert (await command.end(signal.SIGINT))[0] == 0


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser, example):
    """The triage list; fails when the page reported an error."""
    context = await browser.new_context()
    page, errors = await context.new_page(), []
    page.on("console", lambda message: message.type in {"error", "warning"} and errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(f"{example.url}/#/acme")
    await expect(page.locator("li.issue")).to_have_count(25)
    yield page
    await context.close()
    assert errors == []


async def shown(page):
    """Short IDs of the rows."""
    return await page.locator("li.issue small b").all_inner_texts()


async def test_list_grows_and_is_filtered(page, example):
    """Scrolling appends the next page; a project and a search narrow the list to what the server answers."""
    expected = await example.short_ids()

    await page.mouse.wheel(0, 10_000)
    await expect(page.locator("li.issue")).to_have_count(50)
    grown = await shown(page)
    await page.get_by_label("Project").select_option("checkout")
    await page.get_by_placeholder("Search").fill("timeout")
    await page.get_by_placeholder("Search").press("Enter")
    narrowed = await example.short_ids(search="project:checkout timeout")
    await expect(page.locator("li.issue")).to_have_count(len(narrowed))

    assert grown == expected
    assert await shown(page) == narrowed


async def test_resolving_is_shown_before_the_answer(page):
    """The row changes at once, is taken back when the server refuses, and stays when it does not."""
    row, refused = page.locator("li.issue").nth(2), []

    async def refuse_first(route):
        if "Resolve" not in route.request.post_data or refused:
            await route.continue_()
            return
        refused.append(await row.get_attribute("class"))
        await route.fulfill(body=json.dumps({"data": {"resolveIssues": None}, "errors": [{"message": "Not today"}]}))

    await page.route("**/graphql", refuse_first)
    await row.get_by_role("button", name="Resolve").click()
    await expect(row.get_by_title("Not today")).to_be_visible()
    await expect(row).to_have_class("issue unresolved")
    await row.get_by_role("button", name="Resolve").click()
    await expect(row.get_by_role("button", name="Undo")).to_be_visible()
    await row.get_by_role("button", name="Undo").click()
    await expect(row).to_have_class("issue unresolved")

    assert refused == ["issue resolved"]


async def test_change_of_another_client_appears(page, example):
    """An issue that another client resolves changes in the open list."""
    [short_id, *_] = await shown(page)

    await example.data(RESOLVE, shortId=short_id)

    await expect(page.get_by_role("log")).to_have_text(f"{short_id} resolved")
    await expect(page.locator("li.issue").first).to_have_class("issue resolved")


async def test_issue_has_its_page(page):
    """A row opens the page of its issue, with the stack trace, tags and activity."""
    row = page.locator("li.issue").nth(3)
    title = await row.locator("strong").inner_text()

    await row.get_by_role("link").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text(title)
    await expect(page.locator("details[open] code.here")).not_to_be_empty()
    await expect(page.locator(".tag").first).to_have_text(re.compile(r"\d+%$"))
    await page.get_by_text("All issues").click()
    await expect(page.locator("li.issue")).to_have_count(25)
