"""A still clock, a world to read, and a server to talk to."""

import aiohttp
import pytest

from dexter_graphql.sandbox import SandboxServer, build_world
from support.sandbox import Caller, StillClock


@pytest.fixture(scope="session")
def world():
    """For reading only: it is shared by all tests."""
    return build_world(7, StillClock())


@pytest.fixture
def clock():
    return StillClock()


@pytest.fixture
async def server(clock):
    async with SandboxServer(build_world(7, clock)) as running:
        yield running


@pytest.fixture
async def sentry(server):
    async with aiohttp.ClientSession() as session:
        yield Caller(server, session)


@pytest.fixture
def acme(server):
    return server.world.find_organization("acme")
