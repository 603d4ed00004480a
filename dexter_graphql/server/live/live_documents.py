"""`GET /live/{document}`: a query of the library as a stream of server-sent events."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from graphql import GraphQLSchema, OperationType, get_operation_ast, parse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dexter_graphql.operations.library import Document
from dexter_graphql.server.admission import Admission
from dexter_graphql.server.executor import ExecutionRequest, RequestExecutor
from dexter_graphql.server.headers import headers_of, text_of
from dexter_graphql.server.requests import (
    MAX_NESTING,
    PRIORITY,
    GraphQLRequest,
    is_nested_deeper,
    priority_of,
    query_pairs,
)
from dexter_graphql.server.responses import EVENT_STREAM, OPERATION, RequestRejected, request_id_of
from dexter_graphql.server.rest import problems
from dexter_graphql.server.rest.parameters import Location, Parameter, variables_of
from dexter_graphql.server.rest.problems import ParameterInvalid
from dexter_graphql.server.rest.route import parameters_of

PATH = "/live/{document}"
VARIABLES = "variables"
"""The parameter that has all variables as one JSON object."""
Parameters = Mapping[str, Parameter]
OpenStream = Callable[[ExecutionRequest, str, Scope], ASGIApp]
"""Returns the response with the answers of an operation, of a media type."""


class LiveDocuments:
    """Serves the queries of the library by their ids. `open_stream` makes the response."""

    def __init__(
        self,
        documents: Sequence[Document],
        schema: GraphQLSchema,
        executor: RequestExecutor,
        admission: Admission,
        open_stream: OpenStream,
    ) -> None:
        self._documents = {document.id: document for document in documents if is_query(document)}
        self._schema = schema
        self._executor = executor
        self._admission = admission
        self._open_stream = open_stream
        self._parameters: dict[str, Parameters] = {}

    def routes(self) -> list[Route]:
        """The route, which has no HEAD: a stream has no end."""
        route = Route(PATH, self, methods=["GET"])
        route.methods = {"GET"}
        return [route]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            response = await self._respond(scope)
        except ParameterInvalid as error:
            response = problems.invalid(error, scope)
        except RequestRejected as rejection:
            response = problems.rejected(rejection, scope)
        await response(scope, receive, send)

    async def _respond(self, scope: Scope) -> ASGIApp:
        headers = headers_of(scope)
        priority = priority_of(text_of(headers.get(PRIORITY)))
        identity = await self._admission.identify(text_of(headers.get(b"authorization")), scope)
        document = self._documents.get(scope["path_params"]["document"])
        if document is None:
            return problems.not_found(f"The library has these queries: {', '.join(self._documents)}", scope)
        variables = self._variables(document, scope["query_string"])
        request = GraphQLRequest(document.text, None, variables, priority=priority)
        prepared = await self._executor.prepare(request, identity)
        scope[OPERATION] = prepared.name
        execution = ExecutionRequest(prepared, request, identity, request_id_of(scope), is_followed=True)
        return self._open_stream(execution, EVENT_STREAM, scope)

    def _variables(self, document: Document, query_string: bytes) -> dict[str, Any]:
        parameters = self._parameters.get(document.id)
        if parameters is None:
            parameters = self._parameters[document.id] = _parameters_of(document, self._schema)
        texts = _texts(query_string)
        given = _object(texts.pop(VARIABLES)) if VARIABLES in texts and VARIABLES not in parameters else {}
        for name in given:
            if name in texts or name not in parameters:
                raise ParameterInvalid(name, "is given twice" if name in texts else "is not a variable of this query")
        missing = {name: parameter for name, parameter in parameters.items() if name not in given}
        checked = {name: parameters[name].checked(value) for name, value in given.items()}
        return checked | variables_of(missing, texts, {})


def is_query(document: Document) -> bool:
    """True for a document that reads."""
    operation = get_operation_ast(parse(document.text, no_location=True))
    return operation is not None and operation.operation is OperationType.QUERY


def _parameters_of(document: Document, schema: GraphQLSchema) -> Parameters:
    operation = get_operation_ast(parse(document.text))
    assert operation is not None  # noqa: S101  # see `is_query`
    parameters = parameters_of(document, operation, schema, lambda _variable: Location.QUERY)
    return {parameter.name: parameter for parameter in parameters}


def _texts(query_string: bytes) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for name, text in query_pairs(query_string):
        texts.setdefault(name, []).append(text)
    return texts


def _object(texts: Sequence[str]) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(texts[-1])
    except (msgspec.DecodeError, RecursionError):
        value = None
    if not isinstance(value, dict) or is_nested_deeper(value, MAX_NESTING) or len(texts) > 1:
        raise ParameterInvalid(VARIABLES, f"must be one JSON object, nested at most {MAX_NESTING} levels deep")
    return value
