"""A real browser on GraphiQL's page, cut off from every host but the server under test."""

import asyncio
import json
import shutil
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from playwright.async_api import async_playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 30_000
"""Longest wait for something to appear, far beyond what it takes."""
TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));"""
VALUE = "element => element.CodeMirror.getValue()"
HOLDS = "text => document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.getValue() === text"
expect.set_options(timeout=PATIENCE_MS)


@asynccontextmanager
async def running_browser():
    """The system's Chromium without a window; fails when there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, "Chromium is not there; `make test` installs what the tests need"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


class GraphiQL:
    """GraphiQL's page as a user sees it, and what went wrong on it behind their back."""

    def __init__(self, page, url):
        self.page, self._origin = page, urlsplit(url).netloc
        self.strangers, self.complaints, self.sent = [], [], []

    async def watch(self):
        """Record complaints and requests; refuse those to other hosts."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("websocket", lambda socket: self._is_stranger(socket.url))
        await self.page.route("**/*", self._route)
        await self.page.add_init_script(TELL_VIOLATIONS)

    async def write(self, text, *, into="Query Editor"):
        """Replace what an editor holds, key by key; `into` is Query Editor, Variables or Headers."""
        if into in {"Variables", "Headers"}:
            await self.page.get_by_role("button", name=into, exact=True).click()
        editor = self.page.locator(f'section[aria-label="{into}"] .CodeMirror:visible')
        await editor.click()
        await self.page.keyboard.press("ControlOrMeta+a")
        await self.page.keyboard.press("Delete")
        await self.page.keyboard.type(text)

    async def written(self, editor):
        """What an editor holds, even the part of it that is not in sight."""
        return await self.page.locator(f"{editor} .CodeMirror").first.evaluate(
            "element => element.CodeMirror.getValue()"
        )

    async def run(self):
        """Press the button that runs, or ends, the operation."""
        await self.page.locator(".graphiql-execute-button").click()

    async def shows(self, text):
        """Wait until the answer has a text."""
        await expect(self.page.locator(".result-window")).to_contain_text(text)

    async def shows_while(self, happens, text):
        """As `shows`, for what waits for something to happen: `happens` is called until the text is there."""
        shown = asyncio.ensure_future(self.shows(text))
        while not shown.done():
            happens()
            await asyncio.wait({shown}, timeout=0.1)
        shown.result()

    async def open_example(self, example):
        """Open an example from the menu, and wait until it is in a tab of its own."""
        menu, tabs = self.page.get_by_role("region", name="Examples"), self.page.locator(".graphiql-tab")
        if not await menu.is_visible():
            await self.page.get_by_role("button", name="Show Examples").click()
        before = await tabs.count()
        await menu.get_by_role("button").filter(has_text=example.purpose).click()
        await expect(tabs).to_have_count(before + 1)
        await self.page.wait_for_function(HOLDS, arg=example.text)

    async def answer(self):
        """The answer that is shown, decoded."""
        return json.loads(await self.written(".result-window"))

    async def _route(self, route):
        self.sent.append(route.request)
        if self._is_stranger(route.request.url):
            await route.abort()
        else:
            await route.continue_()

    def _is_stranger(self, url):
        parts = urlsplit(url)
        is_stranger = parts.scheme not in {"data", "blob"} and parts.netloc != self._origin
        if is_stranger:
            self.strangers.append(url)
        return is_stranger

    def _console(self, message):
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


@asynccontextmanager
async def opened(browser, url):
    """GraphiQL at an address, in a browser profile of its own."""
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    try:
        graphiql = GraphiQL(await context.new_page(), url)
        await graphiql.watch()
        await graphiql.page.goto(url)
        await expect(graphiql.page.locator(".graphiql-execute-button")).to_be_visible()
        yield graphiql
    finally:
        await context.close()
