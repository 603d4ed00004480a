"""A still clock, a world to read, and a server to talk to."""

import aiohttp
import pytest

from support.sandbox import Caller, StillClock, fresh_world, running_sandbox


@pytest.fixture(scope="session")
def world():
    """For reading only: it is shared by all tests."""
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
        yield Caller(server, session)


@pytest.fixture
def acme(server):
    return server.world.find_organization("acme")
