"""The table of URLs and the stack of middleware before it."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from dexter_graphql.server.graphql import GraphQLEndpoint
from dexter_graphql.server.health import HEALTH_PATHS
from dexter_graphql.server.middleware.access_log import AccessLog
from dexter_graphql.server.middleware.cors import CORS
from dexter_graphql.server.middleware.error_boundary import ErrorBoundary
from dexter_graphql.server.middleware.host_guard import HostGuard, OriginPolicy
from dexter_graphql.server.middleware.known_requests import KnownRequests
from dexter_graphql.server.rest.site import PREFIX as REST_PREFIX
from dexter_graphql.settings import Settings
from dexter_graphql.telemetry.metrics import Metrics

GRAPHQL = "/graphql"


def build_app(
    settings: Settings,
    graphql: GraphQLEndpoint,
    routes: Sequence[BaseRoute],
    lifespan: Lifespan[Starlette],
    metrics: Metrics,
    *,
    rest: ASGIApp,
    is_sandbox: bool = False,
) -> ASGIApp:
    """Build the public application: `/graphql`, `rest` and other routes behind the middleware, outermost last."""
    origins = OriginPolicy(frozenset(settings.allowed_origins), allow_loopback=is_sandbox)
    site = Starlette(routes=[Route(GRAPHQL, graphql), WebSocketRoute(GRAPHQL, graphql), *routes], lifespan=lifespan)
    app: ASGIApp = Dispatcher(graphql, rest, site)
    app = CORS(app, origins)
    app = HostGuard(app, settings.hosts, origins, exempt_paths=HEALTH_PATHS)
    app = ErrorBoundary(app)
    app = access_log = AccessLog(app, metrics)
    app = KnownRequests(app, GRAPHQL, graphql.find_answer, access_log)
    if settings.trusted_proxies:
        app = ProxyHeadersMiddleware(app, list(settings.trusted_proxies))  # type: ignore[assignment,arg-type]
    return app


class Dispatcher:
    """Passes requests for the graph straight to it, because a search for the route costs more than a cached answer."""

    def __init__(self, graphql: ASGIApp, rest: ASGIApp, site: ASGIApp) -> None:
        self._graphql = graphql
        self._rest = rest
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        path = "" if scope["type"] == "lifespan" else scope["path"]
        if path == GRAPHQL:
            await self._graphql(scope, receive, send)
        elif path.startswith(REST_PREFIX) and scope["type"] == "http":
            await self._rest(scope, receive, send)
        else:
            await self._site(scope, receive, send)
