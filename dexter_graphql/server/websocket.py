"""GraphQL over WebSocket (`graphql-transport-ws`): Strawberry's protocol code, our pipeline."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
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
from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage
from strawberry.types.unset import UNSET
from typing_extensions import override

from dexter_graphql.graph.identity import Identity
from dexter_graphql.server.auth import Authenticator
from dexter_graphql.server.executor import RequestExecutor
from dexter_graphql.server.headers import headers_of, text_of
from dexter_graphql.server.requests import from_values
from dexter_graphql.server.responses import RequestRejected, request_id_of

PROTOCOL = "graphql-transport-ws"
INIT_TIMEOUT = timedelta(seconds=10)
GOING_AWAY = 1001
NOT_ACCEPTABLE = 4406
INTERNAL_ERROR = 1011
MAX_ID = 256


class Sockets:
    """Accepts sockets that speak the protocol, and runs their operations until they or the server leave."""

    def __init__(
        self,
        executor: RequestExecutor,
        authenticator: Authenticator,
        draining: asyncio.Event,
        *,
        max_operations: int,
        max_message_bytes: int,
    ) -> None:
        self._executor = executor
        self._authenticator = authenticator
        self._draining = draining
        self._max_operations = max_operations
        self._max_message_bytes = max_message_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        socket = WebSocket(scope, receive, send)
        if PROTOCOL not in socket.scope.get("subprotocols", ()):
            await socket.accept()
            await socket.close(NOT_ACCEPTABLE, f"Use the subprotocol {PROTOCOL}")
            return
        await socket.accept(PROTOCOL)
        view = ConnectionAuthenticator(self._authenticator, text_of(headers_of(scope).get(b"authorization")))
        adapter = Adapter(socket, self._max_message_bytes)
        context = SimpleNamespace(connection_params=None)
        handler = Handler(
            view,  # type: ignore[arg-type]  # the part of a view that the protocol code uses
            adapter,
            context,
            None,
            None,  # type: ignore[arg-type]  # operations run through the pipeline
            INIT_TIMEOUT,
            self._max_operations,
        )
        handler.bind(self._executor, request_id_of(scope))
        await self._serve(handler, adapter)

    async def _serve(self, handler: "Handler", adapter: "Adapter") -> None:
        serving = asyncio.ensure_future(handler.handle())
        leaving = asyncio.ensure_future(self._draining.wait())
        try:
            await asyncio.wait({serving, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not serving.done():
                await handler.complete_all()
                await adapter.close(GOING_AWAY, "The server is going away")
        finally:
            for task in (serving, leaving):
                task.cancel()
            await asyncio.gather(serving, leaving, return_exceptions=True)


class ConnectionAuthenticator:
    """What Strawberry's protocol code asks its view: may this connection begin?"""

    def __init__(self, authenticator: Authenticator, authorization: str | None) -> None:
        self._authenticator = authenticator
        self._authorization = authorization
        self.identity: Identity | None = None

    async def on_ws_connect(self, context: Any) -> Any:
        """Find out who asks, from the socket's headers or from the first message."""
        try:
            self.identity = self._authenticator.identity(
                self._authorization or authorization_in(context.connection_params or {})
            )
        except RequestRejected:
            raise ConnectionRejectionError from None
        return UNSET


class Adapter(AsyncWebSocketAdapter):
    """A socket as Strawberry's protocol code wants it: JSON objects in text messages."""

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
            raise NonJsonMessageReceived from None
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
            await self._socket.close(code, reason[:120])
        except (WebSocketDisconnect, RuntimeError):
            return


class Handler(BaseGraphQLTransportWSHandler[Any, Any]):
    """The protocol, with operations that run through the pipeline."""

    _executor: RequestExecutor
    _request_id: str

    def bind(self, executor: RequestExecutor, request_id: str) -> None:
        """Say what runs operations, and under which request id."""
        self._executor = executor
        self._request_id = request_id

    async def complete_all(self) -> None:
        """Tell the client that each of its operations is over."""
        for operation in list(self.operations.values()):
            await operation.send_operation_message({"id": operation.id, "type": "complete"})
            if operation.task is not None:
                operation.task.cancel()

    @override
    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        payload, name = message["payload"], message["id"]
        if not isinstance(payload, dict) or not isinstance(name, str) or not 0 < len(name) <= MAX_ID:
            await self.handle_invalid_message("Failed to parse message")
            return
        try:
            from_values(payload)  # type: ignore[arg-type]  # whatever the client sent
        except RequestRejected as refusal:
            await self.handle_invalid_message(refusal.message)
            return
        await super().handle_subscribe(message)

    @override
    async def run_operation(self, operation: Operation[Any, Any]) -> None:
        request = from_values(
            {"query": operation.query, "variables": operation.variables, "operationName": operation.operation_name}
        )
        gate: ConnectionAuthenticator = self.view  # type: ignore[assignment]  # see Sockets
        if gate.identity is None:
            return
        prepared = self._executor.prepare(request)
        answers = self._executor.stream(prepared, request, gate.identity, f"{self._request_id}/{operation.id}")
        try:
            async with aclosing(answers) as results:  # type: ignore[type-var]  # an async generator
                async for answer in results:
                    if answer.is_request_error:
                        errors = msgspec.json.decode(answer.body)["errors"]
                        await operation.send_operation_message({"id": operation.id, "type": "error", "payload": errors})
                        return
                    payload: Any = msgspec.Raw(answer.body)
                    await operation.send_operation_message({"id": operation.id, "type": "next", "payload": payload})
            await operation.send_operation_message({"id": operation.id, "type": "complete"})
        except WebSocketDisconnected:
            return


def authorization_in(parameters: Mapping[str, Any]) -> str | None:
    """`Authorization` in a connection's first message: by itself, or among `headers`."""
    nested = parameters.get("headers")
    for source in (parameters, nested if isinstance(nested, dict) else {}):
        for name, value in source.items():
            if isinstance(name, str) and name.lower() == "authorization" and isinstance(value, str):
                return value
    return None
