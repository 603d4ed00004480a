"""One server for all tests of a module."""

import pytest_asyncio

from support.server import running_site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site():
    """A server over a sandbox, shared by the tests of a module."""
    async with running_site() as running:
        yield running
