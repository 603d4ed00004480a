"""The table of URLs, and the order of what stands before them."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from dexter_graphql.server.headers import headers_of
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
) -> ASGIApp:
    """The whole server: `/graphql` and `more` routes behind what every request passes, outermost first.

    `/graphql` is reached without the search for a route; everything else, and the server's life, is Starlette's.
    """
    site = Starlette(routes=[Route(GRAPHQL, graphql), WebSocketRoute(GRAPHQL, graphql), *more], lifespan=lifespan)

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        await (graphql if scope["path"] == GRAPHQL else site)(scope, receive, send)

    hosts = Hosts(with_cors(routed, settings), settings.hosts, frozenset(settings.allowed_origins))
    requests = AccessLog(hosts, metrics)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (site if scope["type"] == "lifespan" else requests)(scope, receive, send)

    return app


def with_cors(app: ASGIApp, settings: Settings) -> ASGIApp:
    """`app`, which tells pages of the allowed origins what they may send and read; others never hear of it."""
    cors = CORSMiddleware(
        app,
        allow_origins=settings.allowed_origins,
        allow_methods=("GET", "POST"),
        allow_headers=("Authorization", "Content-Type", "X-Dexter-Priority", "X-Request-Id"),
        expose_headers=("X-Request-Id",),
    )

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        await (cors if b"origin" in headers_of(scope) else app)(scope, receive, send)

    return told
