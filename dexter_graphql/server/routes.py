"""The table of URLs, and the order of what stands before them."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan

from dexter_graphql.server.middleware.access_log import AccessLog
from dexter_graphql.server.middleware.hosts import Hosts
from dexter_graphql.settings import Settings
from dexter_graphql.telemetry.metrics import Metrics

GRAPHQL = "/graphql"


def build_app(
    settings: Settings,
    graphql: ASGIApp,
    more: Sequence[BaseRoute],
    lifespan: Lifespan[Starlette],
    metrics: Metrics,
) -> Starlette:
    """The whole server: `/graphql` and `more` routes behind the middleware, outermost first."""
    origins = frozenset(settings.allowed_origins)
    middleware = [
        Middleware(AccessLog, metrics=metrics),
        Middleware(Hosts, hosts=settings.hosts, origins=origins),
        # What pages of the allowed origins may send and read.
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type", "X-Dexter-Priority", "X-Request-Id"),
            expose_headers=("X-Request-Id",),
        ),
    ]
    routes = [Route(GRAPHQL, graphql), WebSocketRoute(GRAPHQL, graphql), *more]
    return Starlette(routes=routes, middleware=middleware, lifespan=lifespan)
