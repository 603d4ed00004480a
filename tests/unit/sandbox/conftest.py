"""A still clock, a world to read, and a server to talk to."""

import asyncio
from datetime import UTC, datetime

import aiohttp
import pytest

from dexter_graphql.clock import Clock
from dexter_graphql.sandbox import SandboxServer, build_world

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


class StillClock(Clock):
    """Stands at noon; waiting takes no time but is remembered."""

    def __init__(self):
        self.slept = []

    def now(self):
        return NOON

    def time(self):
        return NOON.timestamp()

    async def sleep(self, seconds):
        self.slept.append(seconds)
        await asyncio.sleep(0)


class Caller:
    """Calls the sandbox with a token; answers are (status, headers, body)."""

    def __init__(self, server, session):
        self.server, self.session = server, session

    async def call(self, method, path, *, token=None, **options):
        headers = {"Authorization": f"Bearer {token or self.server.token}"} | options.pop("headers", {})
        url = f"{self.server.url}/api/0{path}"
        async with self.session.request(method, url, headers=headers, allow_redirects=False, **options) as answer:
            body = await answer.read()
            is_json = body and answer.content_type == "application/json"
            return answer.status, answer.headers, await answer.json() if is_json else body

    async def get(self, path, **options):
        return await self.call("GET", path, **options)

    async def body(self, path, **options):
        status, _, body = await self.get(path, **options)
        assert status == 200, body
        return body


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
