"""The documentation as pages of the server."""

import html
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCS = sorted((Path(__file__).parents[2] / "docs").glob("*.md"))


@pytest.mark.parametrize("document", DOCS, ids=lambda document: document.stem)
async def test_each_document_has_a_page(site, document):
    """A page has the text of its document, and links to the pages of all documents."""
    async with site.session.get(f"{site.url}/docs/{document.name}") as answer:
        page = await answer.text()

    assert (answer.status, answer.content_type) == (200, "text/html")
    assert html.unescape(re.search(r"<pre>(.*)</pre>", page, re.DOTALL)[1]) == document.read_text()
    assert re.findall(r'href="/docs/([^"]+)"', page) == [other.name for other in DOCS]
    assert page.count("aria-current=page") == 1


async def test_docs_begin_with_the_page_of_graphiql(site):
    """`/docs` leads to the page about GraphiQL."""
    async with site.session.get(f"{site.url}/docs") as answer:
        assert (answer.status, answer.url.path) == (200, "/docs/console.md")


@pytest.mark.parametrize("name", ["nothing.md", "..%2Fassets.json", "console.js"])
async def test_other_pages_are_not_found(site, name):
    """Nothing but documents is served."""
    async with site.session.get(f"{site.url}/docs/{name}") as answer:
        assert answer.status == 404


async def test_docs_run_no_foreign_script(site):
    """A page has the policy of GraphiQL's page: its own files only, no inline script."""
    async with site.session.get(f"{site.url}/docs/console.md") as answer:
        policy = answer.headers["Content-Security-Policy"]

    assert "default-src 'none'; script-src 'self';" in policy
