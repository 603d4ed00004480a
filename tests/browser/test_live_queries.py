"""The page of docs/live.md with a live query, in a browser."""

import asyncio
import re

import pytest
import pytest_asyncio
from playwright.async_api import expect

from dexter_graphql.sandbox.status_updates import Resolution
from support.checkout import ROOT
from support.command import PATIENCE_S
from support.live_changes import issue_editor

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = re.search(r"^```html\n(.*?)^```$", (ROOT / "docs" / "live.md").read_text(), re.DOTALL | re.MULTILINE)[1]
SLOW_MS = 4_000
"""Above what a busy machine needs, and below the five seconds after which a list may be read a second time."""
RESOLVE = """async (shortId) => {
  const list = document.querySelector("#issues");
  const left = new Promise((resolve) => {
    const isShown = () => [...list.children].some((row) => row.textContent.startsWith(`${shortId} `));
    new MutationObserver(() => isShown() || resolve(performance.now())).observe(list, { childList: true });
  });
  const start = performance.now();
  await resolveAtSentry(shortId);
  return (await left) - start;
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser, site):
    """The page, at an address of the server; fails when it reported an error."""
    context = await browser.new_context()
    page, errors = await context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.route("**/issues", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    await page.expose_function("resolveAtSentry", lambda short_id: resolve(site, short_id))
    await page.goto(f"{site.url}/issues")
    yield page
    await context.close()
    assert errors == []


def resolve(site, short_id):
    """Resolve an issue at Sentry."""
    issues = site.upstream.world.find_organization("acme").issues.values()
    issue_editor(site).resolve(next(issue for issue in issues if issue.short_id == short_id), Resolution())


async def test_resolved_issue_leaves_the_screen(page):
    """A row goes when its issue is resolved at Sentry, and the others stay."""
    await expect(page.locator("li").first).to_be_visible()
    first, *others = [row.split()[0] for row in await page.locator("li").all_inner_texts()]

    took_ms = await asyncio.wait_for(page.evaluate(RESOLVE, first), PATIENCE_S)

    shown = [row.split()[0] for row in await page.locator("li").all_inner_texts()]
    assert shown[: len(others)] == others
    assert took_ms < SLOW_MS
