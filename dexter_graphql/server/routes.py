"""The table of URLs, and the order of what stands before them."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from dexter_graphql.server.headers import headers_of
from dexter_graphql.server.middleware.access_log import AccessLog
from dexter_graphql.server.middleware.host_guard import HostGuard, refuse
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
    """The whole server: `/graphql` and `more` routes behind what every request passes."""
    site = Starlette(routes=[Route(GRAPHQL, graphql), WebSocketRoute(GRAPHQL, graphql), *more], lifespan=lifespan)
    return AccessLog(Gateway(settings, graphql, site), metrics)


class Gateway:
    """Looks at hosts and origins, and shows the way: to the graph without a search, else to the site and its routes."""

    def __init__(self, settings: Settings, graphql: ASGIApp, site: ASGIApp) -> None:
        self._graphql = graphql
        self._site = site
        self._hosts = HostGuard(settings.hosts, frozenset(settings.allowed_origins))
        # What pages of the allowed origins may send and read; whoever is no page never hears of it.
        self._for_pages = CORSMiddleware(
            self._pass,
            allow_origins=settings.allowed_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type", "X-Dexter-Priority", "X-Request-Id"),
            expose_headers=("X-Request-Id",),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request or pass it on; the server's life is the site's matter."""
        if scope["type"] == "lifespan":
            await self._site(scope, receive, send)
            return
        headers = headers_of(scope)
        refusal = self._hosts.refusal(headers)
        if refusal is not None:
            await refuse(refusal, scope, receive, send)
        elif b"origin" in headers:
            await self._for_pages(scope, receive, send)
        else:
            await self._way(scope)(scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._way(scope)(scope, receive, send)

    def _way(self, scope: Scope) -> ASGIApp:
        return self._graphql if scope["path"] == GRAPHQL else self._site
