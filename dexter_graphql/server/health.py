"""Liveness and readiness: a status for probes, details on the admin address."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dexter_graphql.server.responses import json_response

LIVE, READY = "/health/live", "/health/ready"
HEALTH_PATHS = frozenset({LIVE, READY})


@dataclass(slots=True)
class Readiness:
    """Whether the server accepts requests. `draining` is set when it is about to stop."""

    draining: asyncio.Event = field(default_factory=asyncio.Event)
    problems: list[str] = field(default_factory=list)
    checks: list[Callable[[], Iterable[str]]] = field(default_factory=list)
    """Return more problems, at each look."""

    def reasons(self) -> list[str]:
        """Why the server is not ready; empty when it is."""
        if self.draining.is_set():
            return ["The server is stopping"]
        return [*self.problems, *(problem for check in self.checks for problem in check())]


def health_routes(readiness: Readiness) -> list[Route]:
    """Build `/health/live` and `/health/ready` of the public address, which give their status only."""

    async def live(_request: Request) -> Response:
        return json_response({"status": "alive"})

    async def ready(_request: Request) -> Response:
        return _not_ready({}) if readiness.reasons() else json_response({"status": "ready"})

    return [Route(LIVE, live), Route(READY, ready)]


def readiness_details(readiness: Readiness, state: Callable[[], list[str]]) -> Route:
    """Build `/health/ready` of the admin address, with reasons and a line for each stage of upstream calls."""

    async def ready(_request: Request) -> Response:
        reasons = readiness.reasons()
        return _not_ready({"reasons": reasons}) if reasons else json_response({"status": "ready", "state": state()})

    return Route(READY, ready)


def _not_ready(details: dict[str, list[str]]) -> Response:
    return json_response({"status": "not ready", **details}, 503)
