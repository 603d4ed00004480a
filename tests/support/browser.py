"""GraphiQL in a headless Chromium that can reach only the server under test."""

import asyncio
import json
import shutil
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from playwright.async_api import async_playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 30_000
"""Longest wait for an element to appear."""
REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));"""
VALUE = "element => element.CodeMirror.getValue()"
HOLDS = "text => document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.getValue() === text"
expect.set_options(timeout=PATIENCE_MS)


@asynccontextmanager
async def launch_browser():
    """The system's Chromium, headless; fails when it is not installed."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, "Chromium is not installed; `make tools` installs it"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


class GraphiQL:
    """The GraphiQL page as a user sees it, with its console errors and its requests to other hosts."""

    def __init__(self, page, url):
        self.page, self._origin = page, urlsplit(url).netloc
        self.foreign_urls, self.console_errors, self.sent = [], [], []

    async def watch(self):
        """Record console errors and requests; block requests to other hosts."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        self.page.on("websocket", lambda socket: self._is_foreign(socket.url))
        await self.page.route("**/*", self._route)
        await self.page.add_init_script(REPORT_VIOLATIONS)

    async def write(self, text, *, into="Query Editor"):
        """Replace the text of an editor by typing; `into` is Query Editor, Variables or Headers."""
        if into in {"Variables", "Headers"}:
            await self.page.get_by_role("button", name=into, exact=True).click()
        editor = self.page.locator(f'section[aria-label="{into}"] .CodeMirror:visible')
        await editor.click()
        await self.page.keyboard.press("ControlOrMeta+a")
        await self.page.keyboard.press("Delete")
        await self.page.keyboard.type(text)

    async def read_editor(self, editor):
        """The whole text of an editor, including the part that is scrolled out of view."""
        return await self.page.locator(f"{editor} .CodeMirror").first.evaluate(
            "element => element.CodeMirror.getValue()"
        )

    async def run(self):
        """Press the button that starts or stops the operation."""
        await self.page.locator(".graphiql-execute-button").click()

    async def shows(self, text):
        """Wait until the result contains a text."""
        await expect(self.page.locator(".result-window")).to_contain_text(text)

    async def shows_while(self, trigger, text):
        """As `shows`; calls `trigger` repeatedly until the text appears."""
        shown = asyncio.ensure_future(self.shows(text))
        while not shown.done():
            trigger()
            await asyncio.wait({shown}, timeout=0.1)
        shown.result()

    async def open_example(self, example):
        """Open an example from the menu and wait until it is in a new tab."""
        menu, tabs = self.page.get_by_role("region", name="Examples"), self.page.locator(".graphiql-tab")
        if not await menu.is_visible():
            await self.page.get_by_role("button", name="Show Examples").click()
        before = await tabs.count()
        await menu.get_by_role("button").filter(has_text=example.purpose).click()
        await expect(tabs).to_have_count(before + 1)
        await self.page.wait_for_function(HOLDS, arg=example.text)

    async def answer(self):
        """The decoded result."""
        return json.loads(await self.read_editor(".result-window"))

    async def _route(self, route):
        self.sent.append(route.request)
        if self._is_foreign(route.request.url):
            await route.abort()
        else:
            await route.continue_()

    def _is_foreign(self, url):
        parts = urlsplit(url)
        is_foreign = parts.scheme not in {"data", "blob"} and parts.netloc != self._origin
        if is_foreign:
            self.foreign_urls.append(url)
        return is_foreign

    def _console(self, message):
        if message.type in {"error", "warning"}:
            self.console_errors.append(message.text)


@asynccontextmanager
async def open_graphiql(browser, url):
    """GraphiQL at a URL, in a new browser profile."""
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
