"""Tells machines whether the process is alive and whether it wants requests."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dexter_graphql.server.responses import json_response


@dataclass(slots=True)
class Readiness:
    """Whether the server wants requests, and why not. `draining` is set when it is about to end."""

    draining: asyncio.Event = field(default_factory=asyncio.Event)
    problems: list[str] = field(default_factory=list)


def health_routes(readiness: Readiness, state: Callable[[], list[str]]) -> list[Route]:
    """`/health/live` and `/health/ready`; `state` says what the parts hold, a line each."""

    async def live(_request: Request) -> Response:
        return json_response({"status": "alive"})

    async def ready(_request: Request) -> Response:
        reasons = ["The server is about to end"] if readiness.draining.is_set() else list(readiness.problems)
        if reasons:
            return json_response({"status": "not ready", "reasons": reasons}, 503)
        return json_response({"status": "ready", "state": state()})

    return [Route("/health/live", live), Route("/health/ready", ready)]
