"""The endpoint of the routes: a request becomes the operation of a document, its answer a response.

Callers, limits, caches and execution are those of `/graphql`: nothing is executed here.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.admission import Admission
from dexter_graphql.server.disconnects import ClientDisconnected, finish_or_cancel
from dexter_graphql.server.executor import ExecutionRequest, RequestExecutor
from dexter_graphql.server.headers import headers_of, text_of
from dexter_graphql.server.requests import (
    MAX_NESTING,
    PRIORITY,
    GraphQLRequest,
    bad_request,
    check_content_encoding,
    check_content_type,
    is_nested_deeper,
    priority_of,
    query_pairs,
)
from dexter_graphql.server.response_cache import cache_key_of
from dexter_graphql.server.responses import OPERATION, RequestRejected, request_id_of
from dexter_graphql.server.rest import problems
from dexter_graphql.server.rest.parameters import variables_of
from dexter_graphql.server.rest.problems import ParameterInvalid
from dexter_graphql.server.rest.results import Result, result_of
from dexter_graphql.server.rest.route import CURSOR, Operation, RestRoute

TAG_DIGITS = 32
HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Type": "application/json; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
}
"""Browsers may store a response, and ask with its entity tag whether it still stands."""


@dataclass(frozen=True, slots=True)
class RestServices:
    """What the routes share with `/graphql`: execution, limits, and the largest body."""

    executor: RequestExecutor
    admission: Admission
    max_body_bytes: int


@dataclass(frozen=True, slots=True)
class RestEndpoint:
    """Serves the routes of one path, by method."""

    routes: Mapping[str, RestRoute]
    services: RestServices

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            response = await self._respond(scope, receive)
        except ParameterInvalid as error:
            response = problems.invalid(error, scope)
        except RequestRejected as rejection:
            response = problems.rejected(rejection, scope)
        except ClientDisconnected:
            return
        await response(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        route = self._route(scope["method"])
        priority = priority_of(text_of(headers_of(scope).get(PRIORITY)))
        identity = await self.services.admission.identify(text_of(headers_of(scope).get(b"authorization")), scope)
        cache_key = None if route.takes_body else cache_key_of(address_of(scope), identity)
        cached = self.services.executor.find_cached(cache_key)
        if cached is not None:
            scope[OPERATION] = cached.operation
            return _response(route, result_of(cached.answer.body, route.document.result), scope)
        content = await self._read(route, scope, receive)
        try:
            request = replace(read_request(route, scope, content), priority=priority)
            prepared = await self.services.executor.prepare(request, identity)
            scope[OPERATION] = prepared.name
            execution = ExecutionRequest(prepared, request, identity, request_id_of(scope), cache_key)
            work = self.services.executor.execute(execution)
            answer = await finish_or_cancel(work, receive, is_write=execution.is_mutation)
        finally:
            self.services.admission.bodies.release(content)
        return _response(route, result_of(answer.body, route.document.result), scope)

    def _route(self, method: str) -> RestRoute:
        route = self.routes.get("GET" if method == "HEAD" else method)
        if route is None:
            allowed = ", ".join(self.routes)
            message = f"This path has the methods {allowed}"
            raise RequestRejected(
                HTTPStatus.METHOD_NOT_ALLOWED, ErrorCode.BAD_USER_INPUT, message, (("Allow", allowed),)
            )
        return route

    async def _read(self, route: RestRoute, scope: Scope, receive: Receive) -> bytes:
        """Return the body, empty for routes without one."""
        if not route.takes_body:
            return b""
        headers = headers_of(scope)
        check_content_type(text_of(headers.get(b"content-type")))
        check_content_encoding(text_of(headers.get(b"content-encoding")))
        return await self.services.admission.bodies.read(headers, receive, self.services.max_body_bytes)


def address_of(scope: Scope) -> bytes:
    """Return what identifies a read: its path and query string, as they were sent."""
    return b"GET %s?%s" % (scope["raw_path"], scope["query_string"])


def read_request(route: RestRoute, scope: Scope, content: bytes) -> GraphQLRequest:
    """Return the operation of a request with its variables; raises ParameterInvalid."""
    texts: dict[str, list[str]] = {}
    for name, text in query_pairs(scope["query_string"]):
        texts.setdefault(name, []).append(text)
    body = _object_of(content) if route.takes_body else {}
    operation = _operation(route, body)
    texts |= {name: [text] for name, text in scope["path_params"].items()}
    variables = variables_of(operation.parameters, texts, body)
    return GraphQLRequest(route.document.text, operation.name, variables)


def _operation(route: RestRoute, body: dict[str, Any]) -> Operation:
    """Return the operation that a body names, without that member; the only one of most routes."""
    name = route.document.operation_parameter
    if name is None:
        return next(iter(route.operations.values()))
    operation = route.operations.get(str(body.pop(name, "")))
    if operation is None:
        raise ParameterInvalid(name, f"must be one of {', '.join(route.operations)}")
    return operation


def _object_of(content: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(content or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise bad_request("The body is not JSON") from None
    if not isinstance(value, dict) or is_nested_deeper(value, MAX_NESTING):
        raise bad_request(f"The body must be a JSON object, nested at most {MAX_NESTING} levels deep")
    return value


def _response(route: RestRoute, result: Result, scope: Scope) -> Response:
    """Return the response of a result; a problem when its data is missing."""
    if result.user_errors:
        return problems.refused(result.user_errors, scope)
    if result.data is None:
        if result.errors:
            return problems.failed(result.errors, scope)
        return problems.not_found(f"The {result.missing} does not exist or is not visible to the credential", scope)
    body, headers = result.encode(), dict(HEADERS)
    if result.next_cursor is not None:
        headers["Link"] = f'<{_next_page(scope, result.next_cursor)}>; rel="next"'
    if route.takes_body:
        headers["Cache-Control"] = "no-store"
    elif not result.errors:
        headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:TAG_DIGITS]}"'
        # A list of tags, or one that a proxy marked as weak, contains the tag as well.
        if headers["ETag"] in (text_of(headers_of(scope).get(b"if-none-match")) or ""):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, route.document.status, headers)


def _next_page(scope: Scope, cursor: str) -> str:
    """The address of the next page, relative to the host, which a proxy may have under another name."""
    query = [(name, text) for name, text in query_pairs(scope["query_string"]) if name != CURSOR]
    return f"{scope['raw_path'].decode('latin-1')}?{urlencode([*query, (CURSOR, cursor)])}"
