"""Fixed clock, running sandboxes, and an HTTP client for the sandbox."""

import asyncio
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

from dexter_graphql.clock import Clock
from dexter_graphql.sandbox import SandboxServer, Vintage
from support.worlds import borrowed_world

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


class StillClock(Clock):
    """A clock that stands at noon; sleeping takes no time and is recorded in `slept`."""

    def __init__(self):
        self.slept = []
        self._held = None

    @contextmanager
    def held(self):
        """Only sleeping advances the monotonic clock, until the block ends; a copy of the clock stays so."""
        self._held = self.monotonic()
        try:
            yield
        finally:
            self._held = None

    def monotonic(self):
        return super().monotonic() if self._held is None else self._held

    def now(self):
        return NOON

    def time(self):
        return NOON.timestamp()

    async def sleep(self, seconds):
        self.slept.append(seconds)
        if self._held is not None:
            self._held += seconds
        await asyncio.sleep(0)


@asynccontextmanager
async def running_sandbox(clock=None, vintage=Vintage.SAAS):
    """A sandbox with an unmodified world, until the block ends."""
    with borrowed_world(clock, vintage) as world:
        async with SandboxServer(world) as server:
            yield server


class SandboxClient:
    """A client of the sandbox; responses are (status, headers, body)."""

    def __init__(self, server, session):
        self.server, self.session = server, session

    async def call(self, method, path, *, token=None, **options):
        headers = {"Authorization": f"Bearer {token or self.server.token}"} | options.pop("headers", {})
        url = f"{self.server.url}/api/0{path}"
        async with self.session.request(method, url, headers=headers, allow_redirects=False, **options) as response:
            body = await response.read()
            is_json = body and response.content_type == "application/json"
            return response.status, response.headers, await response.json() if is_json else body

    async def get(self, path, **options):
        return await self.call("GET", path, **options)

    async def body(self, path, **options):
        status, _, body = await self.get(path, **options)
        assert status == 200, body
        return body
