"""Fixtures of the tests that attack a running server."""

import pytest_asyncio

from support.server import running_site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site():
    """A running Dexter over a sandbox; the tests of a module share it."""
    async with running_site() as running:
        yield running
