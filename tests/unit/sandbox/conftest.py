"""Fixtures: a fixed clock, a world for reading, and a running sandbox with a client."""

import aiohttp
import pytest

from support.sandbox import SandboxClient, StillClock, fresh_world, running_sandbox


@pytest.fixture(scope="session")
def world():
    """A world shared by all tests, for reading only."""
    return fresh_world(StillClock())


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
