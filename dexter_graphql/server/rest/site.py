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


def rest_router(
    documents: Sequence[RouteDocument], schema: GraphQLSchema, services: RestServices, console: Console
) -> Router:
    """Build the router of documents; those with fixed words come before those with variables in the same place."""
    rest = [RestRoute(document, schema) for document in documents]
    by_path: dict[str, dict[str, RestRoute]] = {}
    for route in rest:
        by_path.setdefault(route.document.path, {})[route.document.method] = route
    paths = sorted(by_path, key=lambda path: path.replace("{", "~"))
    routes = [_route(path, by_path[path], services) for path in paths]
    openapi = SchemaFile(lambda: encode_openapi(rest), "application/json")
    described = [Route(PREFIX, RoutesPage(rest, console).__call__), Route(OPENAPI, openapi.__call__)]
    return Router([*described, *routes, Route(PREFIX + "/{rest:path}", Missing())])


def _route(path: str, routes: Mapping[str, RestRoute], services: RestServices) -> Route:
    return Route(path, RestEndpoint(routes, services))


class Missing:
    """Answers a path that no route has."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a problem."""
        await problems.not_found(f"There is no route {scope['path']}", scope)(scope, receive, send)
