"""One server for all tests of a module."""

import pytest_asyncio

from support.server import running_site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site():
    """A running Dexter over a sandbox of its own; tests of one module share it."""
    async with running_site() as running:
        yield running
