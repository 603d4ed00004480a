"""GraphQL over HTTP: GET for queries, POST for everything, answers as JSON, server-sent events or multipart.

A request is answered in four steps: negotiate, identify, read, execute.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from graphql import OperationType
from msgspec.structs import replace
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dexter_graphql.engine.pipeline import ExecutionAnswer
from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.identity import Identity
from dexter_graphql.sentry.call import Priority
from dexter_graphql.server.admission import Admission
from dexter_graphql.server.batches import Batch, execute_batch, is_batch, prepare_batch, read_batch
from dexter_graphql.server.disconnects import ClientDisconnected, finish_or_cancel, is_disconnected
from dexter_graphql.server.executor import ExecutionRequest, RequestExecutor
from dexter_graphql.server.headers import headers_of, memoized_header, text_of
from dexter_graphql.server.live.operations import OperationStreams
from dexter_graphql.server.requests import (
    PRIORITY,
    bad_request,
    check_content_encoding,
    check_content_type,
    from_json,
    from_query,
    priority_of,
)
from dexter_graphql.server.response_cache import AnswerKey, CachedAnswer, cache_key_of
from dexter_graphql.server.responses import (
    CHECKED_TYPE,
    EVENT_STREAM,
    GRAPHQL_RESPONSE,
    JSON,
    OFFERED,
    OPERATION,
    AnswerResponse,
    RequestRejected,
    negotiate,
    negotiate_stream,
    rejection_response,
    request_id_of,
    retry_after,
    wants_page,
)
from dexter_graphql.server.streams.framings import FRAMINGS
from dexter_graphql.server.streams.reservations import Reservation
from dexter_graphql.server.streams.response import OperationStream, StreamResponse, StreamSettings
from dexter_graphql.server.streams.single_connections import CONNECTION_METHODS, SingleConnections

ALLOW = (("Allow", "GET, POST, PUT, DELETE, OPTIONS"),)
LAST_EVENT_ID = b"last-event-id"
BUSY = 32
"""Requests in progress above which a disconnect is looked for before an operation begins."""
PROBED = frozenset({ErrorCode.PERSISTED_QUERY_NOT_FOUND, ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED})
"""Codes of answers to a hash whose document is not registered."""
BATCH = "batch"
"""Name of a batch in the access log."""
Page = Callable[[], Response]


@dataclass(frozen=True, slots=True)
class EndpointLimits:
    """Bounds of one request."""

    max_body_bytes: int
    max_batch: int


class Source(NamedTuple):
    """What the head and the body say: the bytes that describe the operation, the answer's type, caller and priority."""

    content: bytes
    media_type: str
    identity: Identity
    priority: Priority


class GraphQLEndpoint:
    """The URL of the graph. Browsers that open it get GraphiQL; WebSockets are passed to `sockets`."""

    def __init__(
        self,
        executor: RequestExecutor,
        streams: OperationStreams,
        admission: Admission,
        sockets: ASGIApp,
        *,
        connections: SingleConnections,
        page: Page,
        streaming: StreamSettings,
        limits: EndpointLimits,
    ) -> None:
        self._executor = executor
        self._streams = streams
        self._admission = admission
        self._sockets = sockets
        self._connections = connections
        self._page = page
        self._streaming = streaming
        self._limits = limits
        self._active = 0
        self._media_type = memoized_header(negotiate)
        self._stream_type = memoized_header(negotiate_stream)
        self._check_content_type = memoized_header(check_content_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
            return
        try:
            response = await self._respond(scope, receive)
        except RequestRejected as rejection:
            response = rejection_response(rejection, scope)
        except ClientDisconnected:
            return
        await response(scope, receive, send)

    def open_stream(self, execution: ExecutionRequest, media_type: str, scope: Scope) -> ASGIApp:
        """Return the response of a stream, which begins after the last event that a browser has received."""
        last_event_id = headers_of(scope).get(LAST_EVENT_ID) if media_type == EVENT_STREAM else None
        lease = self._admission.acquire_stream(execution.identity)
        begin = partial(self._streams.open, execution, text_of(last_event_id) or None)
        return StreamResponse(OperationStream(begin, FRAMINGS[media_type]), self._streaming, lease)

    def find_answer(self, authorization: bytes | None, content: bytes) -> CachedAnswer | None:
        """Return the cached answer to a request whose head was checked before, if its caller is known."""
        try:
            identity = self._admission.find_identity(text_of(authorization))
        except RequestRejected:
            return None
        if identity is None:
            return None
        return self._executor.find_cached(cache_key_of(content, identity))

    async def _respond(self, scope: Scope, receive: Receive) -> ASGIApp:
        headers = headers_of(scope)
        if scope["method"] == "OPTIONS":
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=dict(ALLOW))
        if scope["method"] in {"GET", "HEAD"} and wants_page(text_of(headers.get(b"accept"))):
            return self._page()
        if scope["method"] in CONNECTION_METHODS:
            return self._connections.respond(scope, await self._identify(scope, headers))
        # `KnownRequests` remembers the results of these checks, except that it identifies the caller of each request:
        # they may depend on the head and on settings only.
        media_type = self._negotiate(headers)
        priority = priority_of(text_of(headers.get(PRIORITY)))
        identity = await self._identify(scope, headers)
        reservation = self._connections.find(scope, identity)
        if reservation is not None and scope["method"] == "GET" and media_type == EVENT_STREAM:
            return self._connections.open(reservation, identity)
        content = await self._read(scope, receive, headers)
        scope[CHECKED_TYPE] = media_type
        source = Source(content, media_type, identity, priority)
        self._active += 1
        try:
            if reservation is None:
                return await self._execute(scope, receive, source)
            return await self._execute_elsewhere(scope, source, reservation)
        finally:
            self._active -= 1
            self._admission.bodies.release(content)

    def _negotiate(self, headers: Mapping[bytes, bytes]) -> str:
        """Return the media type of the answer."""
        media_type = self._media_type(headers.get(b"accept"))
        if media_type is None:
            message = f"None of the accepted types can be sent; these can: {', '.join(OFFERED)}"
            raise RequestRejected(HTTPStatus.NOT_ACCEPTABLE, ErrorCode.BAD_USER_INPUT, message)
        return media_type

    async def _identify(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Identity:
        """Return the identity of the caller."""
        return await self._admission.identify(text_of(headers.get(b"authorization")), scope)

    async def _read(self, scope: Scope, receive: Receive, headers: Mapping[bytes, bytes]) -> bytes:
        """Return what describes the operation: the body of a POST, or the query of a GET with its question mark."""
        if scope["method"] == "GET":
            return self._admission.bodies.hold(b"?" + bytes(scope["query_string"]))
        if scope["method"] != "POST":
            message = "Use GET for queries and POST for everything"
            raise RequestRejected(HTTPStatus.METHOD_NOT_ALLOWED, ErrorCode.BAD_USER_INPUT, message, ALLOW)
        self._check_content_type(headers.get(b"content-type"))
        check_content_encoding(text_of(headers.get(b"content-encoding")))
        return await self._admission.bodies.read(headers, receive, self._limits.max_body_bytes)

    async def _execute(self, scope: Scope, receive: Receive, source: Source) -> ASGIApp:
        """Return the response of an operation: from the cache, whole, or as a stream."""
        if self._active > BUSY:
            # Lets the event loop read the end of connections first: many clients may have given up waiting.
            await asyncio.sleep(0)
        if is_disconnected(scope):
            raise ClientDisconnected
        is_stream_type = source.media_type in FRAMINGS
        cache_key = None if is_stream_type else cache_key_of(source.content, source.identity)
        cached = self._executor.find_cached(cache_key)
        if cached is not None:
            scope[OPERATION] = cached.operation
            return AnswerResponse(cached.answer.body, HTTPStatus.OK, source.media_type)
        if is_batch(source.content):
            return await self._execute_batch(scope, receive, source)
        execution = await self._prepare(scope, source, cache_key)
        stream_type = source.media_type if is_stream_type else None
        if execution.is_subscription:
            stream_type = self._stream_type_of(scope)
        # A client of event streams takes any other answer for a broken connection and does not read the reason.
        is_valid = execution.prepared.operation_entry is not None
        if stream_type is not None and (is_valid or stream_type == EVENT_STREAM):
            return self.open_stream(execution, stream_type, scope)
        work = self._executor.execute(execution)
        return _whole(await finish_or_cancel(work, receive, is_write=execution.is_mutation), source.media_type)

    async def _execute_elsewhere(self, scope: Scope, source: Source, reservation: Reservation) -> ASGIApp:
        """Return the response of an operation whose answers go to a reserved event stream; errors of it do not."""
        if is_batch(source.content):
            raise bad_request("An event stream takes one operation in each request")
        execution = await self._prepare(scope, source, None)
        if execution.prepared.operation_entry is None:
            return _whole(await self._executor.execute(execution), GRAPHQL_RESPONSE)
        return self._connections.accept(reservation, execution)

    async def _execute_batch(self, scope: Scope, receive: Receive, source: Source) -> ASGIApp:
        """Return the response of a batch, which is neither cached nor a stream."""
        scope[OPERATION] = BATCH
        values = read_batch(source.content, self._limits.max_batch)
        batch = Batch(source.identity, request_id_of(scope), source.priority)
        items = await prepare_batch(self._executor, values, batch)
        is_write = any(isinstance(item, ExecutionRequest) and item.is_mutation for item in items)
        work = execute_batch(self._executor, items, batch)
        return _whole(ExecutionAnswer(await finish_or_cancel(work, receive, is_write=is_write)), source.media_type)

    async def _prepare(self, scope: Scope, source: Source, cache_key: AnswerKey | None) -> ExecutionRequest:
        is_post = scope["method"] == "POST"
        request = from_json(source.content) if is_post else from_query(source.content[1:])
        if source.priority is not request.priority:
            request = replace(request, priority=source.priority)
        prepared = await self._executor.prepare(request, source.identity)
        scope[OPERATION] = prepared.name
        if scope["method"] == "GET" and prepared.kind is OperationType.MUTATION:
            message = "Mutations are sent by POST"
            allow = (("Allow", "POST"),)
            raise RequestRejected(HTTPStatus.METHOD_NOT_ALLOWED, ErrorCode.BAD_USER_INPUT, message, allow)
        return ExecutionRequest(prepared, request, source.identity, request_id_of(scope), cache_key)

    def _stream_type_of(self, scope: Scope) -> str:
        """Return the media type for a subscription; JSON may be accepted beside it, even preferred."""
        stream_type = self._stream_type(headers_of(scope).get(b"accept"))
        if stream_type is None:
            message = "Subscriptions need a stream: accept 'text/event-stream' or 'multipart/mixed', or use a WebSocket"
            raise RequestRejected(HTTPStatus.NOT_ACCEPTABLE, ErrorCode.BAD_USER_INPUT, message)
        return stream_type


def _whole(answer: ExecutionAnswer, media_type: str) -> ASGIApp:
    # A client of the older media type reads errors from the body, not from the status; so do clients of automatic
    # persisted queries, which send the document next.
    is_rejected = answer.is_request_error and media_type != JSON and PROBED.isdisjoint(answer.codes)
    media_type = JSON if media_type in FRAMINGS else media_type
    if not is_rejected:
        return AnswerResponse(answer.body, HTTPStatus.OK, media_type)
    if ErrorCode.QUOTA_EXCEEDED not in answer.codes:
        return AnswerResponse(answer.body, HTTPStatus.BAD_REQUEST, media_type)
    return AnswerResponse(answer.body, HTTPStatus.TOO_MANY_REQUESTS, media_type, _retry_after(answer.body))


def _retry_after(body: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """The header with the longest wait of the errors in an answer."""
    extensions = [error["extensions"] for error in msgspec.json.decode(body)["errors"]]
    wait_s = max(members.get("retryAfterSeconds", 0) for members in extensions)
    return ((b"retry-after", retry_after(wait_s).encode()),)
