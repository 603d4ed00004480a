"""The OpenAPI document of the routes, generated from their documents and the schema."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLType,
    SelectionSetNode,
    get_named_type,
)

from dexter_graphql import __version__
from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.rest.json_schemas import (
    COMPONENTS,
    InputSchemas,
    JSONSchema,
    OutputSchemas,
    described,
)
from dexter_graphql.server.rest.parameters import Location, Parameter
from dexter_graphql.server.rest.problems import PROBLEM
from dexter_graphql.server.rest.results import NODES
from dexter_graphql.server.rest.route import Operation, RestRoute

JSON = "application/json"
PROBLEM_SCHEMA: JSONSchema = {
    "type": "object",
    "description": "Why there is no result (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "enum": [code.value for code in ErrorCode]},
        "retryable": {"type": "boolean"},
        "requestId": {"type": "string"},
        "parameter": {"type": "string", "description": "The parameter or member of the body that is invalid."},
    },
    "required": ["type", "title", "status", "detail", "instance", "code", "retryable", "requestId"],
}
ERRORS_SCHEMA: JSONSchema = {
    "type": "array",
    "description": "Errors of parts that are null. Present only if there are any.",
    "items": {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]},
}


def openapi_document(routes: Iterable[RestRoute]) -> dict[str, Any]:
    """Return the document of all routes."""
    inputs = InputSchemas()
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        operation = RouteDescription(route, inputs).describe()
        paths.setdefault(route.document.path, {})[route.document.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Dexter", "version": __version__, "description": "REST routes of the graph over Sentry."},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM_SCHEMA, **dict(sorted(inputs.components.items()))},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"bearer": []}, {}],
    }


def encode_openapi(routes: Sequence[RestRoute]) -> str:
    """Return the document of all routes as JSON."""
    return msgspec.json.format(msgspec.json.encode(openapi_document(routes))).decode()


class RouteDescription:
    """The operation object of one route."""

    def __init__(self, route: RestRoute, inputs: InputSchemas) -> None:
        self._route = route
        self._inputs = inputs
        self._outputs = OutputSchemas(route.schema, fragments_of(route.ast))

    def describe(self) -> dict[str, Any]:
        """Return parameters, body and responses."""
        document, operations = self._route.document, tuple(self._route.operations.values())
        described_parameters = [
            self._parameter(parameter)
            for parameter in operations[0].parameters.values()
            if parameter.location is not Location.BODY
        ]
        body = {"requestBody": self._body()} if self._route.takes_body else {}
        return {
            "operationId": document.id.partition("/")[2],
            "summary": document.name,
            "description": document.purpose,
            "tags": [document.family],
            "parameters": described_parameters,
            **body,
            "responses": self._responses(operations[0]),
        }

    def _parameter(self, parameter: Parameter) -> dict[str, Any]:
        schema = self._text_schema(parameter)
        if parameter.has_default and not isinstance(parameter.default, dict):
            schema = {**schema, "default": parameter.default}
        described_parameter = {
            "name": parameter.name,
            "in": parameter.location.value,
            "required": parameter.is_required,
            "schema": schema,
        }
        return described(described_parameter, _description(parameter))

    def _text_schema(self, parameter: Parameter) -> JSONSchema:
        """The schema of a text that is converted; one of an input object is any text."""
        if isinstance(get_named_type(parameter.type), GraphQLInputObjectType):
            return {"type": "array", "items": {"type": "string"}} if parameter.is_list else {"type": "string"}
        return self._inputs.of(GraphQLNonNull(_without_null(parameter.type)))

    def _body(self) -> dict[str, Any]:
        schemas = [self._body_schema(choice, operation) for choice, operation in self._route.operations.items()]
        schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
        return {"required": True, "content": {JSON: {"schema": schema}}}

    def _body_schema(self, choice: str, operation: Operation) -> JSONSchema:
        chooser = self._route.document.operation_parameter
        members = [p for p in operation.parameters.values() if p.location is Location.BODY]
        properties = {chooser: {"type": "string", "const": choice}} if chooser is not None else {}
        properties |= {p.name: described(self._inputs.of(p.type), p.description) for p in members}
        required = [*([chooser] if chooser is not None else []), *(p.name for p in members if p.is_required)]
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    def _responses(self, operation: Operation) -> dict[str, Any]:
        document = self._route.document
        success = {"description": document.purpose, "content": {JSON: {"schema": self._envelope(operation)}}}
        headers = {}
        if not self._route.takes_body:
            headers["ETag"] = {"schema": {"type": "string"}, "description": "Entity tag for `If-None-Match`."}
        if "cursor" in operation.parameters:
            headers["Link"] = {"schema": {"type": "string"}, "description": 'Address of the next page, `rel="next"`.'}
        responses: dict[str, Any] = {str(document.status): {**success, **({"headers": headers} if headers else {})}}
        if not self._route.takes_body:
            responses["304"] = {"description": "The response has not changed since the entity tag was given."}
        problem = {"schema": {"$ref": COMPONENTS + "Problem"}}
        return {**responses, "default": {"description": "There is no result.", "content": {PROBLEM: problem}}}

    def _envelope(self, operation: Operation) -> JSONSchema:
        """The schema of a body: `data`, and `meta` for what else is selected of a list."""
        result_type, selections = self._result(operation)
        parent = _without_null(result_type)
        meta: dict[str, JSONSchema] = {}
        data = self._outputs.of(GraphQLNonNull(parent), selections)
        if isinstance(parent, GraphQLObjectType) and NODES in (data["properties"]):
            meta = {name: value for name, value in data["properties"].items() if name != NODES}
            data = data["properties"][NODES]
        properties = {"data": data, "meta": {"type": "object", "properties": meta}, "errors": ERRORS_SCHEMA}
        return {"type": "object", "properties": properties, "required": ["data"]}

    def _result(self, operation: Operation) -> tuple[GraphQLType, list[SelectionSetNode]]:
        """Return the type at the path of the result, and what is selected of it."""
        current: GraphQLType | None = self._route.schema.get_root_type(operation.node.operation)
        selections = [operation.node.selection_set]
        for name in self._route.document.result:
            parent = _without_null(current)
            if name.isdecimal():
                current = parent.of_type
            else:
                current, selections, _ = self._outputs.members(parent, selections)[name]
        assert current is not None  # noqa: S101  # the document is valid
        return current, selections


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """Return the fragments of a document by name."""
    return {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}


def _without_null(graphql_type: GraphQLType | None) -> Any:
    """The type that values other than null have."""
    return graphql_type.of_type if isinstance(graphql_type, GraphQLNonNull) else graphql_type


def _description(parameter: Parameter) -> str | None:
    """The description of a parameter; for an input object it says what plain text means."""
    named = get_named_type(parameter.type)
    if not isinstance(named, GraphQLInputObjectType):
        return parameter.description
    meaning = f"Text is the `{parameter.member}`. " if parameter.member is not None else ""
    return f"{parameter.description or ''} {meaning}A JSON object may have any member of `{named.name}`.".strip()
