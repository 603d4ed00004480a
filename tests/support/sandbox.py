"""A still clock, and a way to talk to the sandbox as any client of Sentry would."""

import asyncio
from datetime import UTC, datetime

from dexter_graphql.clock import Clock

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
