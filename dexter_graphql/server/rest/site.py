"""All routes of the stored documents, below `/api/v1`."""

from collections.abc import Mapping, Sequence

from graphql import GraphQLSchema
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from dexter_graphql.operations.routes import RouteDocument
from dexter_graphql.server.console import Console
from dexter_graphql.server.rest import problems
from dexter_graphql.server.rest.endpoint import RestEndpoint, RestServices
from dexter_graphql.server.rest.openapi import encode_openapi
from dexter_graphql.server.rest.page import RoutesPage
from dexter_graphql.server.rest.route import RestRoute
from dexter_graphql.server.sdl import SchemaFile

PREFIX = "/api/v1"
"""Beginning of the paths of all routes."""
OPENAPI = PREFIX + "/openapi.json"


def rest_site(
    documents: Sequence[RouteDocument], schema: GraphQLSchema, services: RestServices, console: Console
) -> "RestSite":
    """Build the routes of documents; those with fixed words come before those with variables in the same place."""
    rest = [RestRoute(document, schema) for document in documents]
    by_path: dict[str, dict[str, RestRoute]] = {}
    for route in rest:
        by_path.setdefault(route.document.path, {})[route.document.method] = route
    endpoints = {path: RestEndpoint(routes, services) for path, routes in by_path.items()}
    openapi = SchemaFile(lambda: encode_openapi(rest), "application/json")
    described = [Route(PREFIX, RoutesPage(rest, console).__call__), Route(OPENAPI, openapi.__call__)]
    ordered = [Route(path, endpoints[path]) for path in sorted(endpoints, key=lambda path: path.replace("{", "~"))]
    fixed = {path: endpoint for path, endpoint in endpoints.items() if "{" not in path}
    return RestSite(fixed, Router([*described, *ordered, Route(PREFIX + "/{rest:path}", Missing())]))


class RestSite:
    """Finds paths without variables by a lookup, because trying one route after another costs more than an answer."""

    def __init__(self, endpoints: Mapping[str, RestEndpoint], router: Router) -> None:
        self._endpoints = endpoints
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        endpoint = self._endpoints.get(scope["path"])
        if endpoint is None:
            await self._router(scope, receive, send)
        else:
            scope["path_params"] = {}
            await endpoint(scope, receive, send)


class Missing:
    """Answers a path that no route has."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a problem."""
        await problems.not_found(f"There is no route {scope['path']}", scope)(scope, receive, send)
