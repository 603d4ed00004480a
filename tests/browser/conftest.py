"""One server and one browser for all tests of a module; a page for each test."""

import pytest_asyncio

from support.browser import launch_browser, open_graphiql
from support.server import running_site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site():
    """A server over a sandbox."""
    async with running_site() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    """A headless browser."""
    async with launch_browser() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def graphiql(browser, site):
    """The page; fails when it contacted another host or reported an error."""
    async with open_graphiql(browser, site.graphql) as page:
        yield page
        assert (page.foreign_urls, page.console_errors) == ([], [])
