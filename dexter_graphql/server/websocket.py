"""GraphQL over WebSocket (`graphql-transport-ws`): Strawberry's protocol code, our executor."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.async_base_view import AsyncWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import ConnectionInitMessage, SubscribeMessage
from strawberry.types.unset import UNSET
from typing_extensions import override

from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.identity import Identity
from dexter_graphql.server.admission import Admission, client_address
from dexter_graphql.server.credentials import network_of
from dexter_graphql.server.executor import ExecutionRequest
from dexter_graphql.server.headers import headers_of, text_of
from dexter_graphql.server.live.operations import OperationStreams
from dexter_graphql.server.quotas import Lease, Quota
from dexter_graphql.server.requests import GraphQLRequest, bad_request, from_values
from dexter_graphql.server.responses import RequestRejected, credential_error, error_of, request_id_of

PROTOCOL = "graphql-transport-ws"
INIT_TIMEOUT = timedelta(seconds=10)
GOING_AWAY = 1001
TRY_AGAIN_LATER = 1013
UNAUTHORIZED = 4401
NOT_ACCEPTABLE = 4406
TOO_MANY_REQUESTS = 4429
MAX_ID = 256
"""Characters of an operation's id."""
UNPAIRED_SURROGATES: Any = {}
"""Payload of a message that cannot be decoded; compared by identity."""
MAX_REASON_BYTES = 120
"""A close frame has room for 123 bytes."""


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Bounds of one WebSocket."""

    max_operations: int
    max_message_bytes: int


class Sockets:
    """Accepts WebSockets that speak the protocol and runs their operations until the client or the server leaves.

    `handshakes` bounds the sockets of one address that have not sent `connection_init`.
    """

    def __init__(
        self,
        streams: OperationStreams,
        admission: Admission,
        handshakes: Quota,
        draining: asyncio.Event,
        limits: SocketLimits,
    ) -> None:
        self._streams = streams
        self._admission = admission
        self._handshakes = handshakes
        self._draining = draining
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        socket = WebSocket(scope, receive, send)
        adapter = Adapter(socket, self._limits.max_message_bytes)
        if PROTOCOL not in scope.get("subprotocols", ()):
            await socket.accept()
            await adapter.close(NOT_ACCEPTABLE, f"Use the subprotocol {PROTOCOL}")
            return
        await socket.accept(PROTOCOL)
        with ExitStack() as leases:
            try:
                handshake = leases.enter_context(self._handshakes.acquire(network_of(client_address(scope))))
            except RequestRejected as rejection:
                await adapter.close(TOO_MANY_REQUESTS, rejection.message)
                return
            gate = ConnectionGate(self._admission, scope, adapter, handshake, leases)
            await self._serve(self._handler(gate, adapter, request_id_of(scope)), adapter, gate)

    def _handler(self, gate: "ConnectionGate", adapter: "Adapter", request_id: str) -> "Handler":
        handler = Handler(
            gate,  # type: ignore[arg-type]  # the part of a view that the protocol code uses
            adapter,
            SimpleNamespace(connection_params=None),
            None,
            None,  # type: ignore[arg-type]  # operations run through the executor
            INIT_TIMEOUT,
            self._limits.max_operations,
        )
        handler.bind(self._streams, self._admission, request_id)
        return handler

    async def _serve(self, handler: "Handler", adapter: "Adapter", gate: "ConnectionGate") -> None:
        serving = asyncio.ensure_future(handler.handle())
        leaving = asyncio.ensure_future(self._draining.wait())
        ending = asyncio.ensure_future(gate.wait_for_end())
        try:
            await asyncio.wait({serving, leaving, ending}, return_when=asyncio.FIRST_COMPLETED)
            if ending.done():
                await handler.fail_all(ending.result())
                await adapter.close(UNAUTHORIZED, ending.result())
            elif not serving.done():
                await handler.complete_all()
                await adapter.close(GOING_AWAY, "The server is going away")
        finally:
            for task in (serving, leaving, ending):
                task.cancel()
            await asyncio.gather(serving, leaving, ending, return_exceptions=True)


class ConnectionGate:
    """Strawberry's view: decides whether a connection may begin, by its headers or its first message."""

    def __init__(
        self, admission: Admission, scope: Scope, adapter: "Adapter", handshake: Lease, leases: ExitStack
    ) -> None:
        self._admission = admission
        self._scope = scope
        self._adapter = adapter
        self._handshake = handshake
        self._leases = leases
        self._lease: asyncio.Future[Lease] = asyncio.get_running_loop().create_future()
        self.identity: Identity | None = None

    async def wait_for_end(self) -> str:
        """Return why the caller's credential is not valid any more, once that is so."""
        lease = await asyncio.shield(self._lease)
        await lease.ended.wait()
        return lease.reason

    async def on_ws_connect(self, context: Any) -> Any:
        """Identify the caller and count the socket as theirs; closes it with 4429 when there are too many."""
        header = text_of(headers_of(self._scope).get(b"authorization"))
        try:
            identity = await self._admission.identify(
                header or authorization_in(context.connection_params or {}), self._scope
            )
            lease = self._leases.enter_context(self._admission.acquire_socket(identity))
        except RequestRejected as rejection:
            if rejection.is_retryable:
                is_quota = rejection.code == ErrorCode.QUOTA_EXCEEDED
                await self._adapter.close(TOO_MANY_REQUESTS if is_quota else TRY_AGAIN_LATER, rejection.message)
            raise ConnectionRejectionError from None
        self._lease.set_result(lease)
        self._handshake.release()
        self.identity = identity
        return UNSET


class Adapter(AsyncWebSocketAdapter):
    """Strawberry's interface to a socket: JSON objects in text messages."""

    def __init__(self, socket: WebSocket, max_message_bytes: int) -> None:
        self._socket = socket
        self._max_message_bytes = max_message_bytes

    @override
    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        while self._socket.application_state != WebSocketState.DISCONNECTED:
            try:
                message = await self._socket.receive()
            except RuntimeError:
                return
            if message["type"] == "websocket.disconnect":
                return
            yield self._decoded(message)

    def _decoded(self, message: Mapping[str, Any]) -> dict[str, Any]:
        text = message.get("text")
        if text is None:
            raise NonTextMessageReceived
        if len(text) > self._max_message_bytes:
            raise NonJsonMessageReceived
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            value = _with_unpaired_surrogates(text)
        if not isinstance(value, dict) or not isinstance(value.get("type"), str):
            raise NonJsonMessageReceived
        return value

    @override
    async def send_json(self, message: Mapping[str, object]) -> None:
        try:
            await self._socket.send_text(msgspec.json.encode(message).decode())
        except (WebSocketDisconnect, RuntimeError) as error:
            raise WebSocketDisconnected from error

    @override
    async def close(self, code: int, reason: str) -> None:
        try:
            await self._socket.close(code, reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore"))
        except (WebSocketDisconnect, RuntimeError):
            return


class Handler(BaseGraphQLTransportWSHandler[Any, Any]):
    """The protocol, with operations that run through the executor."""

    _streams: OperationStreams
    _admission: Admission
    _request_id: str
    _requests: dict[str, GraphQLRequest]

    def bind(self, streams: OperationStreams, admission: Admission, request_id: str) -> None:
        """Set what runs operations, what limits them, and the request id of the connection."""
        self._streams = streams
        self._admission = admission
        self._request_id = request_id
        self._requests = {}

    async def complete_all(self) -> None:
        """Complete every operation, so that the client knows that it ended."""
        for operation in list(self.operations.values()):
            await operation.send_operation_message({"id": operation.id, "type": "complete"})
            if operation.task is not None:
                operation.task.cancel()

    async def fail_all(self, reason: str) -> None:
        """End every operation with an error, because the credential is not valid any more."""
        for operation in list(self.operations.values()):
            await _send_error(operation, [credential_error(reason)])
            if operation.task is not None:
                operation.task.cancel()

    @override
    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        if message.get("payload") is None:
            message = {"type": "connection_init"}
        await super().handle_connection_init(message)

    @override
    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        payload, name = message["payload"], message["id"]
        if payload is UNPAIRED_SURROGATES:
            rejection = bad_request("The request contains an unpaired surrogate")
            error = error_of(rejection, f"{self._request_id}/{name}")
            await self.websocket.send_json({"id": name, "type": "error", "payload": [error]})
            return
        if not isinstance(payload, dict) or not isinstance(name, str) or not 0 < len(name) <= MAX_ID:
            await self.handle_invalid_message("Failed to parse message")
            return
        try:
            request = from_values(payload)  # type: ignore[arg-type]  # anything that a client may send
        except RequestRejected as rejection:
            await self.handle_invalid_message(rejection.message)
            return
        if name not in self.operations:
            self._requests[name] = request
        # The protocol code requires a document; it is executed as `request` names it.
        await super().handle_subscribe({"id": name, "type": "subscribe", "payload": {"query": request.query}})
        if name not in self.operations:
            self._requests.pop(name, None)

    @override
    async def cleanup_operation(self, operation_id: str) -> None:
        operation = self.operations.get(operation_id)
        await super().cleanup_operation(operation_id)
        if operation is not None:
            operation.task = None  # a cancelled task holds frames that hold the operation

    @override
    async def shutdown(self) -> None:
        await super().shutdown()
        self.connection_init_timeout_task = None  # which holds this object in the same way

    @override
    async def run_operation(self, operation: Operation[Any, Any]) -> None:
        gate: ConnectionGate = self.view  # type: ignore[assignment]  # see Sockets
        request = self._requests.pop(operation.id)
        if gate.identity is None:
            return
        request_id = f"{self._request_id}/{operation.id}"
        prepared = await self._streams.executor.prepare(request, gate.identity)
        execution = ExecutionRequest(prepared, request, gate.identity, request_id)
        try:
            if execution.is_subscription:
                with self._admission.acquire_stream(gate.identity) as lease:
                    await self._send_stream(operation, execution, lease)
            else:
                await self._send_answers(operation, execution)
        except RequestRejected as rejection:
            await _send_error(operation, [error_of(rejection, request_id)])
        except WebSocketDisconnected:
            return

    async def _send_stream(self, operation: Operation[Any, Any], execution: ExecutionRequest, lease: Lease) -> None:
        sending = asyncio.ensure_future(self._send_answers(operation, execution))
        ending = asyncio.ensure_future(lease.ended.wait())
        try:
            await asyncio.wait({sending, ending}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, ending):
                task.cancel()
            await asyncio.gather(sending, ending, return_exceptions=True)
        if lease.ended.is_set():
            await _send_error(operation, [credential_error(lease.reason)])

    async def _send_answers(self, operation: Operation[Any, Any], execution: ExecutionRequest) -> None:
        async with aclosing(self._streams.open(execution)) as answers:  # type: ignore[type-var]  # has `aclose`
            async for answer, _ in answers:
                if answer.is_request_error:
                    await _send_error(operation, msgspec.json.decode(answer.body)["errors"])
                    return
                payload: Any = msgspec.Raw(answer.body)
                await operation.send_operation_message({"id": operation.id, "type": "next", "payload": payload})
        await operation.send_operation_message({"id": operation.id, "type": "complete"})


def _with_unpaired_surrogates(text: str) -> Any:
    """Return the message of a text whose strings hold half surrogates, which some clients send, without its payload."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise NonJsonMessageReceived from None
    if not isinstance(value, dict) or value.get("type") != "subscribe" or not _is_id(value.get("id")):
        raise NonJsonMessageReceived
    return {"type": "subscribe", "id": value["id"], "payload": UNPAIRED_SURROGATES}


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID and value.isprintable()


async def _send_error(operation: Operation[Any, Any], errors: list[Any]) -> None:
    with suppress(WebSocketDisconnected):
        await operation.send_operation_message({"id": operation.id, "type": "error", "payload": errors})


def authorization_in(parameters: Mapping[str, Any]) -> str | None:
    """Return `authorization` of a connection's first message, at its top or in its `headers`."""
    nested = parameters.get("headers")
    for source in (parameters, nested if isinstance(nested, dict) else {}):
        for name, value in source.items():
            if isinstance(name, str) and name.lower() == "authorization" and isinstance(value, str):
                return value
    return None
