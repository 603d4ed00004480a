"""A whole Dexter over a sandbox, both on real sockets of the loopback and in this process. Knows no drill."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from dexter_graphql.app import Dexter, create_app
from dexter_graphql.sandbox import RateLimit, SandboxServer, World, build_world
from dexter_graphql.sandbox.server import QuietServer
from dexter_graphql.sentry.stages.cache import POLICIES, CachePolicy
from dexter_graphql.settings import load_settings


@dataclass(frozen=True, slots=True)
class Site:
    """A running Dexter, its address, and the sandbox that it asks."""

    url: str
    sandbox: SandboxServer
    dexter: Dexter

    @property
    def graphql(self) -> str:
        """Address of the graph."""
        return f"{self.url}/graphql"


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """The address under which `app` answers until the block ends."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="on", ws="websockets-sansio", timeout_graceful_shutdown=2
    )
    server = QuietServer(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="drilled")
    try:
        await server.ready.wait()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.ended.set()
        await task


def _world(seed: int, issues: int | None) -> World:
    """A world of which the first organization keeps only so many issues, with their events."""
    world = build_world(seed)
    if issues is not None:
        organization = world.organizations[0]
        organization.issues = dict(islice(organization.issues.items(), issues))
        organization.events = {event.id: event for issue in organization.issues.values() for event in issue.events}
    return world


@asynccontextmanager
async def running(
    *,
    seed: int,
    issues: int | None = None,
    latency_ms: float = 0.0,
    limit: RateLimit | None = None,
    policies: Mapping[str, CachePolicy] = POLICIES,
    **settings: Any,
) -> AsyncIterator[Site]:
    """Dexter in mode `open` over a sandbox of that seed, latency and limit, until the block ends.

    With fewer `issues` the sandbox answers faster, so that it does not become what is measured.
    """
    async with SandboxServer(_world(seed, issues), latency_ms=latency_ms, limit=limit) as sandbox:
        given = {"sentry_url": sandbox.url, "sentry_auth_token": sandbox.token, "mode": "open"} | settings
        dexter = create_app(load_settings(**given), is_sandbox=True, policies=policies)
        async with serving(dexter.app) as url:
            yield Site(url, sandbox, dexter)
            dexter.readiness.draining.set()
