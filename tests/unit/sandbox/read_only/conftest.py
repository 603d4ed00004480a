"""Fixtures for tests that only read: one running sandbox per module."""

import aiohttp
import pytest
import pytest_asyncio

from dexter_graphql.sandbox import SandboxServer
from support.sandbox import SandboxClient, StillClock
from support.worlds import borrowed_world


@pytest.fixture(scope="module")
def world():
    """A world for the module, since serving it sets its URL."""
    with borrowed_world(StillClock()) as world:
        yield world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sentry(world):
    """A client of a sandbox shared by the module's tests."""
    async with SandboxServer(world) as server, aiohttp.ClientSession() as session:
        yield SandboxClient(server, session)


@pytest.fixture
def acme(world):
    return world.find_organization("acme")
