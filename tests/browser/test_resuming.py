"""Pages with subscriptions that resume: over a restart of the server they miss no change and show none twice."""

import json
import signal
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import expect

from support.checkout import ROOT, built_example, clean_environment, free_port, start_command
from support.live_changes import current_position
from support.relay import Relay
from support.resuming import SUBSCRIPTION, running_replica
from support.server_process import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")

RESUME = ROOT / "examples" / "resume"
PAGE = """<!doctype html>
<title>Changes</title>
<ol></ol>
<script type="module">
  import { subscribe } from "/resume/event-source.mjs";

  const show = (text) => {
    document.body.querySelector("ol").appendChild(document.createElement("li")).textContent = text;
  };
  const sink = {
    next: ({ data: { issueChanged: { gap, change } } }) => show(gap ? "gap" : change.issue.shortId),
    error: console.error,
    complete: () => console.error("completed"),
  };
  const started = (hasGap) => hasGap && show("unknown");
  subscribe("/graphql", REQUEST, sink, { delay: () => 50, started });
</script>"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def replica(tmp_path_factory):
    """A server that takes the webhooks, and shares their changes through Redis."""
    async with running_replica(tmp_path_factory.mktemp("journal")) as running:
        yield running


@asynccontextmanager
async def event_source_page(browser, server, after):
    """A page of the server's origin that lists changes with the browser's `EventSource`."""
    request = json.dumps({"query": SUBSCRIPTION, "variables": {"after": after}})

    async def respond(route):
        name = route.request.url.rpartition("/")[2]
        if name == "changes":
            await route.fulfill(body=PAGE.replace("REQUEST", request), content_type="text/html")
        else:
            await route.fulfill(path=RESUME / name, content_type="text/javascript")

    context = await browser.new_context()
    try:
        await context.route("**/changes", respond)
        await context.route("**/resume/*", respond)
        page = await context.new_page()
        await page.goto(f"{server.url}/changes")
        yield page
    finally:
        await context.close()


@asynccontextmanager
async def triage_page(browser, port, server):
    """The example front end at a port, where a proxy passes requests to the server."""
    folder, environment = built_example(), clean_environment(DEXTER_URL=server.url)
    command = (
        "node",
        folder / "node_modules" / "vite" / "bin" / "vite.js",
        "preview",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--strictPort",
    )
    async with start_command(*command, cwd=folder, env=environment) as preview:
        await preview.until(f":{port}/")
        context = await browser.new_context()
        try:
            page = await context.new_page()
            await page.goto(f"http://127.0.0.1:{port}/#/acme")
            yield page
        finally:
            await context.close()


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGKILL], ids=lambda name: name.name)
async def test_event_source_resumes(browser, replica, name):
    """A page lists each change once and in order, also those while its server was down."""
    after = await current_position(replica)
    simulation = replica.upstream.simulation
    issues = [simulation.open_issue() for _ in range(2)]
    async with (
        ServerProcess(replica.upstream, REDIS_URL=replica.redis_url) as server,
        event_source_page(browser, server, after) as page,
    ):
        rows = page.locator("li")
        await expect(rows).to_have_text([issue.short_id for issue in issues])
        await server.end(name)
        issues += [simulation.open_issue() for _ in range(2)]
        await server.start()
        issues += [simulation.open_issue() for _ in range(2)]

        await expect(rows).to_have_text([issue.short_id for issue in issues])


async def test_event_source_without_an_item_has_a_gap(browser, site):
    """A page whose connection broke before the first item learns that it may have missed changes, and then follows."""
    async with Relay(urlsplit(site.url).port) as relay, event_source_page(browser, relay, None) as page:
        rows = page.locator("li")
        while b"dexter_streams 0.0" in site.dexter.metrics.text():
            await page.wait_for_timeout(10)
        relay.cut()
        await expect(rows).to_have_text(["unknown"])
        while await rows.count() == 1:
            site.upstream.simulation.open_issue()
            await page.wait_for_timeout(100)


async def test_triage_resumes(browser, replica):
    """The example counts each new issue once, also those while its server was down."""
    simulation, port = replica.upstream.simulation, free_port()
    settings = {"REDIS_URL": replica.redis_url, "DEXTER_ALLOWED_ORIGINS": f"http://127.0.0.1:{port}"}
    async with ServerProcess(replica.upstream, **settings) as server, triage_page(browser, port, server) as page:
        button = page.locator("button.fresh")
        while not await button.is_visible():
            simulation.open_issue()
            await page.wait_for_timeout(100)
        await replica.upstream.webhooks.drain()
        first = simulation.open_issue()
        await expect(page.get_by_role("log")).to_contain_text(first.short_id)
        before = await count_in(button)
        await server.end()
        await expect(page.get_by_role("log")).to_have_text("Connecting…")
        for _ in range(3):
            simulation.open_issue()
        await server.start()
        last = simulation.open_issue()
        await expect(page.get_by_role("log")).to_contain_text(last.short_id)

        assert await count_in(button) == before + 4


async def count_in(button):
    """The number at the beginning of a button's text."""
    return int((await button.inner_text()).split()[0])
