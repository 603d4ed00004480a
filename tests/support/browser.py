"""GraphiQL in a headless Chromium that can reach only the server under test."""

import asyncio
import json
import re
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
        self.forget()

    def forget(self):
        """Forget all requests and errors, and leave requests to the server.

        `intercept` answers a request instead of the server: it takes the route, and returns False for one that it
        leaves alone.
        """
        self.foreign_urls, self.console_errors, self.sent = [], [], []
        self.intercept = None

    async def watch(self):
        """Record console errors and requests; block requests to other hosts."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        self.page.on("websocket", lambda socket: self._is_foreign(socket.url))
        await self.page.route("**/*", self._route)
        await self.page.add_init_script(REPORT_VIOLATIONS)

    async def write(self, text, *, into="Query Editor"):
        """Replace the text of an editor; `into` is Query Editor, Variables or Headers."""
        if into in {"Variables", "Headers"}:
            await self.page.get_by_role("button", name=into, exact=True).click()
        editor = self.page.locator(f'section[aria-label="{into}"] .CodeMirror:visible')
        await editor.click()
        await self.page.keyboard.press("ControlOrMeta+a")
        await self.page.keyboard.press("Delete")
        await self.page.keyboard.insert_text(text)

    @property
    def executed(self):
        """The bodies of the operations that were sent to be executed."""
        bodies = [request.post_data_json for request in self.sent if request.method == "POST"]
        return [body for body in bodies if body.get("extensions") != {"dexter": {"explain": "estimate"}}]

    async def type_token(self, token):
        """Type a token into the headers template, as a user would."""
        editor = self.page.locator('section[aria-label="Headers"] .CodeMirror:visible')
        await editor.locator(".CodeMirror-line", has_text="Bearer").click()
        await self.page.keyboard.press("End")
        await self.page.keyboard.press("ArrowLeft")
        await self.page.keyboard.insert_text(token)

    async def stored(self):
        """Everything that the page keeps in the browser, as one text."""
        return await self.page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])")

    @property
    def tabs(self):
        """The tabs."""
        return self.page.locator(".graphiql-tab")

    async def add_tab(self):
        """Open an empty tab, and return its number."""
        number = await self.tabs.count()
        await self.page.get_by_role("button", name="New tab").click()
        await expect(self.tabs).to_have_count(number + 1)
        return number

    async def select_tab(self, number):
        """Open a tab that is there. By keyboard, because a click while tabs move may begin to drag one."""
        await self.tabs.nth(number).locator("button").first.press("Enter")
        await expect(self.tabs.nth(number)).to_have_class(re.compile("graphiql-tab-active"))

    @property
    def status(self):
        """The line below the result."""
        return self.page.get_by_role("status")

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
        """Open an example from the menu and wait until it is in the editor."""
        panel = self.page.get_by_role("region", name="Examples")
        if not await panel.is_visible():
            await self.page.get_by_role("button", name="Show Examples").click()
        await panel.get_by_text(example.purpose).click()
        await self.page.wait_for_function(HOLDS, arg=example.text)

    async def answer(self):
        """The decoded result."""
        return json.loads(await self.read_editor(".result-window"))

    async def _route(self, route):
        self.sent.append(route.request)
        if self._is_foreign(route.request.url):
            await route.abort()
        elif self.intercept is not None and await self.intercept(route) is not False:
            return
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
async def open_page(browser, url, **options):
    """A page in a new browser profile with Playwright's options of a context."""
    context = await browser.new_context(**{"viewport": {"width": 1440, "height": 860}} | options)
    context.set_default_timeout(PATIENCE_MS)
    try:
        graphiql = GraphiQL(await context.new_page(), url)
        await graphiql.watch()
        await graphiql.page.goto(url)
        yield graphiql
    finally:
        await context.close()


@asynccontextmanager
async def open_graphiql(browser, url, **options):
    """As `open_page`, once GraphiQL is there."""
    async with open_page(browser, url, **options) as graphiql:
        await expect(graphiql.page.locator(".graphiql-execute-button")).to_be_visible()
        yield graphiql
