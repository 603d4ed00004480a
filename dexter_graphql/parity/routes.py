"""Consistency of the REST routes: each follows the same rules as the others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import GraphQLError, GraphQLSchema, OperationType, parse, validate

from dexter_graphql.operations.routes import RouteDocument
from dexter_graphql.server.rest.openapi import openapi_document
from dexter_graphql.server.rest.parameters import Location
from dexter_graphql.server.rest.route import CURSOR, RestRoute

LIMIT = "limit"
PAGE_INFO = "pageInfo"


@dataclass(frozen=True, slots=True)
class RouteStatus:
    """A route and the rules that it breaks."""

    method: str
    path: str
    problems: Sequence[str]


def check_routes(documents: Sequence[RouteDocument], schema: GraphQLSchema) -> list[RouteStatus]:
    """The status of each route, ordered by path."""
    routes = [RestRoute(document, schema) for document in sorted(documents, key=lambda d: (d.path, d.method))]
    valid = [route for route in routes if not _errors(route)]
    types = _common_types(valid)
    return [
        RouteStatus(
            route.document.method,
            route.document.path,
            [error.message for error in _errors(route)] or list(_problems(route, types)),
        )
        for route in routes
    ]


def _errors(route: RestRoute) -> list[GraphQLError]:
    try:
        return validate(route.schema, parse(route.document.text))
    except GraphQLError as error:
        return [error]


def _common_types(routes: Sequence[RestRoute]) -> Mapping[str, str]:
    """The type that most routes give to each parameter."""
    counts: dict[str, dict[str, int]] = {}
    for name, type_name in (pair for route in routes for pair in _parameter_types(route)):
        of_name = counts.setdefault(name, {})
        of_name[type_name] = of_name.get(type_name, 0) + 1
    return {name: max(of_name, key=lambda type_name: of_name[type_name]) for name, of_name in counts.items()}


def _parameter_types(route: RestRoute) -> Iterator[tuple[str, str]]:
    """Names and types of the parameters in the address; whether one is required may differ."""
    for operation in route.operations.values():
        for parameter in operation.parameters.values():
            if parameter.location is not Location.BODY:
                yield parameter.name, str(parameter.type).removesuffix("!")


def _problems(route: RestRoute, types: Mapping[str, str]) -> Iterator[str]:
    expected = OperationType.QUERY if route.document.method == "GET" else OperationType.MUTATION
    for operation in route.operations.values():
        if operation.node.operation is not expected:
            yield f"{route.document.method} serves a {operation.node.operation.value}"
        if (CURSOR in operation.parameters) != (LIMIT in operation.parameters):
            yield f"a list needs '{CURSOR}' and '{LIMIT}'"
        if set(route.document.path_variables) - set(operation.parameters):
            yield "a part of the path is no variable"
    for name, type_name in _parameter_types(route):
        if types[name] != type_name:
            yield f"'{name}' is {type_name}, elsewhere {types[name]}"
    yield from _schema_problems(route)


def _schema_problems(route: RestRoute) -> Iterator[str]:
    """What the described response lacks."""
    try:
        document = openapi_document([route])
    except KeyError as error:
        yield f"the document does not select the result's field {error}"
        return
    described = document["paths"][route.document.path][route.document.method.lower()]
    envelope = described["responses"][str(route.document.status)]["content"]["application/json"]["schema"]
    is_paged = any(CURSOR in operation.parameters for operation in route.operations.values())
    if is_paged != (PAGE_INFO in envelope["properties"]["meta"]["properties"]):
        yield f"a list that is paged needs '{PAGE_INFO}', and no other one has it"
