"""Fixtures: a fixed clock, a world for reading, and a running sandbox with a client."""

import aiohttp
import pytest

from support.sandbox import SandboxClient, StillClock, running_sandbox
from support.worlds import borrowed_world


@pytest.fixture(scope="session")
def world():
    """A world shared by all tests, for reading only."""
    with borrowed_world(StillClock()) as world:
        yield world


@pytest.fixture
def clock():
    return StillClock()


@pytest.fixture
async def server(clock):
    async with running_sandbox(clock) as running:
        yield running


@pytest.fixture
async def sentry(server):
    async with aiohttp.ClientSession() as session:
        yield SandboxClient(server, session)


@pytest.fixture
def acme(server):
    return server.world.find_organization("acme")
