"""One browser and one server of each kind for all tests of a worker; a page for each test."""

import pytest_asyncio

from support.browser import launch_browser, open_graphiql
from support.server import running_site


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site():
    """A server over a sandbox."""
    async with running_site() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def token_site():
    """A server in mode `passthrough`."""
    async with running_site(mode="passthrough") as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sentry_site():
    """A read-only server over what it takes for a real Sentry."""
    async with running_site(is_sandbox=False) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def servers(site, token_site, sentry_site):
    """The servers by the names of their fixtures."""
    return {"site": site, "token_site": token_site, "sentry_site": sentry_site}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser():
    """A headless browser."""
    async with launch_browser() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def opened_page(browser, site):
    """The page that the tests of a worker share, because loading it costs more than most tests."""
    async with open_graphiql(browser, site.graphql) as page:
        yield page


@pytest_asyncio.fixture(loop_scope="session")
async def graphiql(opened_page):
    """An empty tab of the shared page; fails when the page contacted another host or reported an error."""
    opened_page.forget()
    await opened_page.add_tab()
    yield opened_page
    assert (opened_page.foreign_urls, opened_page.console_errors) == ([], [])


@pytest_asyncio.fixture(loop_scope="session")
async def new_graphiql(browser, site):
    """The page on a first visit; fails like `graphiql`."""
    async with open_graphiql(browser, site.graphql) as page:
        yield page
        assert (page.foreign_urls, page.console_errors) == ([], [])
