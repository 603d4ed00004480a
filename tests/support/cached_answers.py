"""Small answers for tests of the upstream cache."""

import asyncio

from dexter_graphql.sentry.endpoint import Lifetime
from dexter_graphql.sentry.stages.cache import (
    ENTRY_OVERHEAD,
)
from support.upstream import a_call

BODY = b"0123456789"
ENTRY = ENTRY_OVERHEAD + len(BODY)
WRITE = a_call(method="PUT", lifetime=Lifetime.NEVER, body=b"{}")
KEPT = [Lifetime.IMMUTABLE, Lifetime.STABLE, Lifetime.VOLATILE]


async def settled():
    """Let background tasks finish."""
    for _ in range(5):
        await asyncio.sleep(0)
