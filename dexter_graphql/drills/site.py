"""A Dexter server over a sandbox, both in this process and on sockets of the loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from dexter_graphql.app import Dexter, create_app
from dexter_graphql.sandbox import RateLimit, SandboxServer, World, build_world
from dexter_graphql.sandbox.server import QuietServer
from dexter_graphql.sentry.stages.cache import POLICIES, CachePolicy
from dexter_graphql.server.protocols import ServerConfig
from dexter_graphql.settings import load_settings


@dataclass(frozen=True, slots=True)
class Site:
    """A running server, its URL and the sandbox that it reads from."""

    url: str
    sandbox: SandboxServer
    dexter: Dexter

    @property
    def graphql_url(self) -> str:
        """URL of the GraphQL endpoint."""
        return f"{self.url}/graphql"


@asynccontextmanager
async def serve(dexter: Dexter) -> AsyncIterator[str]:
    """The base URL at which `dexter` is served until the block ends."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    server = QuietServer(ServerConfig(dexter.app, dexter.connections))
    task = asyncio.create_task(server.serve(sockets=[listener]), name="drill-server")
    try:
        await server.ready.wait()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.ended.set()
        await task


@asynccontextmanager
async def run_site(
    *,
    seed: int,
    issues: int | None = None,
    latency_ms: float = 0.0,
    limit: RateLimit | None = None,
    policies: Mapping[str, CachePolicy] = POLICIES,
    sends_webhooks: bool = False,
    **settings: Any,
) -> AsyncIterator[Site]:
    """A server in mode `open` over a sandbox with that seed, latency and rate limit, until the block ends.

    Fewer `issues` make the sandbox answer faster, so that the drill does not measure the sandbox. `sends_webhooks` has
    the server receive the sandbox's webhooks.
    """
    async with SandboxServer(_build_world(seed, issues), latency_ms=latency_ms, limit=limit) as sandbox:
        values = {"sentry_url": sandbox.url, "sentry_auth_token": sandbox.token, "mode": "open"} | settings
        if sends_webhooks:
            values["webhook_secrets"] = (f"acme={sandbox.webhooks.secret()}",)
        dexter = create_app(load_settings(**values), is_sandbox=True, policies=policies)
        async with serve(dexter) as url:
            sandbox.webhooks.set_url(f"{url}/webhooks/sentry" if sends_webhooks else None)
            yield Site(url, sandbox, dexter)
            dexter.readiness.draining.set()


def _build_world(seed: int, issues: int | None) -> World:
    """A world whose first organization has at most that many issues."""
    world = build_world(seed)
    if issues is not None:
        organization = world.organizations[0]
        organization.issues = dict(islice(organization.issues.items(), issues))
        organization.events = {event.id: event for issue in organization.issues.values() for event in issue.events}
    return world
