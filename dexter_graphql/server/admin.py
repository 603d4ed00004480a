"""The application of the admin address: metrics and the details of readiness."""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from dexter_graphql.server.health import Readiness, readiness_details
from dexter_graphql.server.middleware.host_guard import HostGuard, OriginPolicy
from dexter_graphql.settings.addresses import LOOPBACK_NAMES, is_loopback
from dexter_graphql.telemetry.metrics import CONTENT_TYPE, Metrics

METRICS = "/metrics"


def build_admin(
    host: str, readiness: Readiness, state: Callable[[], list[str]], metrics: Metrics, more: Sequence[Route] = ()
) -> ASGIApp:
    """Build the application that listens on `host`; `more` are the routes of other reports.

    On the loopback only its names are answered, because a page could reach it by DNS rebinding. Elsewhere scrapers use
    addresses that are not known beforehand, and the network decides who reaches it.
    """

    async def show_metrics(_request: Request) -> Response:
        return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})

    routes = [Route(METRICS, show_metrics), readiness_details(readiness, state), *more]
    app = Starlette(routes=routes)
    exempt_paths = frozenset[str]() if is_loopback(host) else frozenset(route.path for route in routes)
    return HostGuard(app, frozenset(LOOPBACK_NAMES), OriginPolicy(frozenset()), exempt_paths)
