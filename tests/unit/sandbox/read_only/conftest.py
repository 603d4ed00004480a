"""Fixtures for tests that only read: one running sandbox per module."""

import aiohttp
import pytest
import pytest_asyncio

from dexter_graphql.sandbox import SandboxServer, build_world
from support.sandbox import SandboxClient, StillClock


@pytest.fixture(scope="module")
def world():
    """The module's own world, since serving it sets its URL."""
    return build_world(7, StillClock())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sentry(world):
    """A client of a sandbox shared by the module's tests."""
    async with SandboxServer(world) as server, aiohttp.ClientSession() as session:
        yield SandboxClient(server, session)


@pytest.fixture
def acme(world):
    return world.find_organization("acme")
