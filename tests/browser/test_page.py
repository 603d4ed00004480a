"""What the page shows on a first visit, of which server, on which screen, and without its files."""

import json
import re
import shutil
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from dexter_graphql.operations.library import load_library
from dexter_graphql.server.console import CONSOLE, Console
from support.browser import open_graphiql, open_page
from support.checkout import ROOT, run
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIBRARY = {document.name: document for document in load_library()}
KINDS = {"query": "Read", "mutation": "Write", "subscription": "Live"}


async def test_examples_are_open_and_grouped(new_graphiql):
    """On the first visit the panel of examples is open, with the documents in groups by what they do."""
    panel = new_graphiql.page.get_by_role("region", name="Examples")

    await expect(panel).to_be_in_viewport()
    for kind, title in KINDS.items():
        names = [name for name, document in LIBRARY.items() if document.text.startswith(kind)]
        buttons = panel.get_by_role("group", name=title).get_by_role("button")
        assert names
        assert [text.partition("\n")[0] for text in await buttons.all_inner_texts()] == names


async def test_closed_panel_stays_closed(new_graphiql):
    """A panel that the user closed is closed on the next visit."""
    page = new_graphiql.page
    await page.get_by_role("button", name="Hide Examples").click()
    await page.reload()

    await expect(page.get_by_role("button", name="Show Examples")).to_be_visible()


async def test_open_example_selects_its_tab(graphiql):
    """A click on an example that is open selects its tab, with what was changed in its variables."""
    await graphiql.open_example(LIBRARY["Usage"])
    await graphiql.write('{"org": "globex"}', into="Variables")
    await graphiql.page.wait_for_timeout(200)  # GraphiQL stores an edit after a tenth of a second
    await graphiql.open_example(LIBRARY["Alerts"])
    tabs = await graphiql.tabs.count()

    await graphiql.open_example(LIBRARY["Usage"])

    assert json.loads(await graphiql.read_editor(".graphiql-editor-tool")) == {"org": "globex"}
    await expect(graphiql.tabs).to_have_count(tabs)


@pytest.mark.parametrize(
    ("server", "sentry", "access"),
    [
        ("site", "sandbox", "reads and writes"),
        ("token_site", "sandbox", "permissions of your token"),
        ("sentry_site", r"127\.0\.0\.1:\d+", "read-only"),
    ],
)
async def test_bar_names_the_server(browser, servers, server, sentry, access):
    """The bar has the name of the product, the Sentry, and what operations may do."""
    async with open_page(browser, servers[server].graphql, java_script_enabled=False) as opened:
        text = " ".join((await opened.page.get_by_role("banner").inner_text()).split())

    assert re.fullmatch(f"Dexter GraphQL {sentry} {access} Docs", text)


async def test_bar_links_the_documentation(graphiql):
    """The link opens the documentation, whose pages are rendered and link to headings of each other."""
    async with graphiql.page.expect_popup() as opening:
        await graphiql.page.get_by_role("banner").get_by_role("link", name="Docs").click()
    docs = await opening.value
    await expect(docs.get_by_role("heading", name="GraphiQL", exact=True)).to_be_visible()
    await docs.get_by_role("link", name="What an answer cost").click()

    await expect(docs.get_by_role("heading", name="What an answer cost")).to_be_in_viewport()
    await docs.close()


async def test_examples_name_a_real_organization(browser, sentry_site):
    """With a real Sentry, examples that read name its organization and objects, those that write name no object."""
    world = sentry_site.upstream.world
    organization = world.find_organization("acme")
    async with open_graphiql(browser, sentry_site.graphql) as graphiql:
        await expect(graphiql.page.locator('[aria-label="Variables"]')).to_contain_text("acme")
        variables = {}
        for name in ("Release report", "Project dashboard", "Triage list", "Bulk resolve", "Assign"):
            await graphiql.open_example(LIBRARY[name])
            variables[name] = json.loads(await graphiql.read_editor(".graphiql-editor-tool"))
        await graphiql.open_example(LIBRARY["Release report"])
        await graphiql.run()
        await graphiql.shows('"commitCount"')
        answer = await graphiql.answer()

    assert variables["Release report"]["org"] == variables["Project dashboard"]["org"] == "acme"
    assert variables["Project dashboard"]["project"] in {project.slug for project in organization.projects}
    assert variables["Triage list"].keys() == {"org", "projects"}
    assert variables["Bulk resolve"] == {"ids": []}
    assert variables["Assign"] == {"org": "acme", "shortIds": [], "team": ""}
    assert "errors" not in answer


async def test_page_is_usable_on_a_narrow_screen(browser, site):
    """At 420 pixels nothing is wider than the screen, and panel, Run button, editor and result can be reached."""
    async with open_graphiql(browser, site.graphql, viewport={"width": 420, "height": 860}) as graphiql:
        page = graphiql.page
        width = await page.evaluate("document.documentElement.scrollWidth")
        await expect(page.get_by_role("region", name="Examples")).to_be_in_viewport()
        await graphiql.open_example(LIBRARY["Usage"])
        await expect(page.locator(".graphiql-execute-button")).to_be_in_viewport()
        await graphiql.run()
        await graphiql.shows('"groups"')
        await expect(graphiql.status).to_be_in_viewport(ratio=1)
        boxes = [await page.locator(name).bounding_box() for name in (".graphiql-query-editor", ".result-window")]

    assert width == 420
    assert [box["width"] > 380 for box in boxes] == [True, True]


@pytest.fixture
def unbuilt(monkeypatch, tmp_path):
    """Servers that start now have the page, but not the build of GraphiQL."""
    folder = tmp_path / "console"
    shutil.copytree(CONSOLE, folder, ignore=shutil.ignore_patterns("build"))
    load = Console.load
    monkeypatch.setattr(Console, "load", lambda: load(folder))


@pytest.mark.usefixtures("unbuilt")
@pytest.mark.parametrize("mode", ["open", "passthrough"])
async def test_page_without_build_and_network_says_what_to_do(browser, mode):
    """Without the build and a network the page says what to do; its curl command works as it stands."""
    async with running_site(mode=mode) as site, open_page(browser, site.graphql) as opened:
        await expect(opened.page.get_by_role("heading")).to_have_text("GraphiQL could not be loaded")
        text = await opened.page.get_by_role("main").inner_text()
        command = await opened.page.locator("pre").inner_text()
        printed = await run("sh", "-c", command.replace("YOUR_TOKEN", site.upstream.token), cwd=ROOT)

    assert "unpkg.com does not answer" in text
    assert "make console" in text
    assert [node["slug"] for node in json.loads(printed)["data"]["organizations"]["nodes"]] == ["acme", "globex"]
    assert {urlsplit(url).netloc for url in opened.foreign_urls} == {"unpkg.com"}
