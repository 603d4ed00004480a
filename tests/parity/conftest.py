"""Servers over sandboxes that all cases share: one for each release of Sentry."""

from contextlib import AsyncExitStack

import pytest_asyncio
from parity.site import open_site


class Sites:
    """Running servers by vintage of their sandbox, started when they are needed."""

    def __init__(self, stack):
        self._stack, self._sites = stack, {}

    async def get(self, vintage):
        """The server over a sandbox of this vintage."""
        if vintage not in self._sites:
            self._sites[vintage] = await self._stack.enter_async_context(open_site(vintage))
        return self._sites[vintage]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sites():
    """The servers of all cases of the session."""
    async with AsyncExitStack() as stack:
        yield Sites(stack)
