"""GraphQL over HTTP: GET for queries, POST for everything, answers as JSON, server-sent events or multipart."""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus

from graphql import OperationType
from msgspec.structs import replace
from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dexter_graphql.engine.documents import PreparedDocument
from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.auth import Authenticator
from dexter_graphql.server.executor import RequestExecutor
from dexter_graphql.server.headers import headers_of, memoized_header, text_of
from dexter_graphql.server.requests import (
    check_content_type,
    from_json,
    from_query,
    priority_of,
    read_body,
)
from dexter_graphql.server.response_cache import cache_key_of
from dexter_graphql.server.responses import (
    EVENT_STREAM,
    GRAPHQL_RESPONSE,
    JSON,
    OFFERED,
    AnswerResponse,
    RequestRejected,
    negotiate,
    rejection_response,
    request_id_of,
    wants_page,
)
from dexter_graphql.server.streams import FRAMINGS, StreamResponse

ALLOW = (("Allow", "GET, POST, OPTIONS"),)
OPERATION = "dexter.operation"
"""Where the name of the operation stands in an ASGI scope, for the access log."""
PRIORITY = b"x-dexter-priority"
Page = Callable[[], Response]


class GraphQLEndpoint:
    """The address of the graph. A browser that opens it gets the page, a WebSocket goes to `sockets`."""

    def __init__(
        self,
        executor: RequestExecutor,
        authenticator: Authenticator,
        sockets: ASGIApp,
        page: Page,
        draining: asyncio.Event,
        *,
        max_body_bytes: int,
        heartbeat_s: float,
    ) -> None:
        self._executor = executor
        self._authenticator = authenticator
        self._sockets = sockets
        self._page = page
        self._draining = draining
        self._max_body_bytes = max_body_bytes
        self._heartbeat_s = heartbeat_s
        self._media_type = memoized_header(negotiate)
        self._check_content_type = memoized_header(check_content_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
            return
        try:
            response = await self._answer(scope, receive)
        except RequestRejected as refusal:
            response = rejection_response(refusal, scope)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> ASGIApp:
        headers = headers_of(scope)
        accept = headers.get(b"accept")
        if scope["method"] in {"GET", "HEAD"} and wants_page(text_of(accept)):
            return self._page()
        media_type = self._media_type(accept)
        if media_type is None:
            message = f"None of the accepted types can be sent; these can: {', '.join(OFFERED)}"
            raise RequestRejected(HTTPStatus.NOT_ACCEPTABLE, ErrorCode.BAD_USER_INPUT, message)
        identity = self._authenticator.identity(text_of(headers.get(b"authorization")))
        source = await self._source(scope, receive, headers)
        key = None if media_type in FRAMINGS else cache_key_of(source, identity)
        find_cached = self._executor.find_cached(key)
        if find_cached is not None:
            scope[OPERATION] = find_cached.operation
            return AnswerResponse(find_cached.answer.body, HTTPStatus.OK, media_type)
        request = from_json(source) if scope["method"] == "POST" else from_query(QueryParams(source[1:]))
        if (priority := headers.get(PRIORITY)) is not None:
            request = replace(request, priority=priority_of(priority.decode("latin-1")))
        prepared = self._executor.prepare(request)
        scope[OPERATION] = prepared.name
        self._check(scope["method"], prepared, media_type)
        request_id = request_id_of(scope)
        # A client of event streams takes any other answer for a broken connection and does not read why.
        if media_type == EVENT_STREAM or (media_type in FRAMINGS and prepared.operation_entry is not None):
            answers = self._executor.stream(prepared, request, identity, request_id)
            return StreamResponse(answers, FRAMINGS[media_type], self._heartbeat_s, self._draining)
        answer = await self._executor.execute(prepared, request, identity, request_id, key=key)
        # A client of the older media type reads errors from the body, whatever the status.
        is_refused = answer.is_request_error and media_type != JSON
        status = HTTPStatus.BAD_REQUEST if is_refused else HTTPStatus.OK
        return AnswerResponse(answer.body, status, JSON if media_type in FRAMINGS else media_type)

    async def _source(self, scope: Scope, receive: Receive, headers: Mapping[bytes, bytes]) -> bytes:
        """The bytes that say what is asked: the body of a POST, or the query of a GET with its question mark."""
        if scope["method"] == "GET":
            return b"?" + bytes(scope["query_string"])
        if scope["method"] != "POST":
            message = "Use GET for queries and POST for everything"
            raise RequestRejected(HTTPStatus.METHOD_NOT_ALLOWED, ErrorCode.BAD_USER_INPUT, message, ALLOW)
        self._check_content_type(headers.get(b"content-type"))
        return await read_body(headers, receive, self._max_body_bytes)

    def _check(self, method: str, prepared: PreparedDocument, media_type: str) -> None:
        if method == "GET" and prepared.kind is OperationType.MUTATION:
            message = "Mutations are sent by POST"
            raise RequestRejected(
                HTTPStatus.METHOD_NOT_ALLOWED, ErrorCode.BAD_USER_INPUT, message, (("Allow", "POST"),)
            )
        if prepared.kind is OperationType.SUBSCRIPTION and media_type in {JSON, GRAPHQL_RESPONSE}:
            message = "Subscriptions need a stream: accept 'text/event-stream' or 'multipart/mixed', or use a WebSocket"
            raise RequestRejected(HTTPStatus.NOT_ACCEPTABLE, ErrorCode.BAD_USER_INPUT, message)
