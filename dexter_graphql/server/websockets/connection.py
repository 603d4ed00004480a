"""One WebSocket: performs what the protocol says, in one task."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
from starlette.types import Receive, Scope

from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.identity import Identity
from dexter_graphql.server.admission import Admission
from dexter_graphql.server.executor import ExecutionRequest
from dexter_graphql.server.headers import headers_of, text_of
from dexter_graphql.server.live.operations import OperationStreams
from dexter_graphql.server.quotas import Lease
from dexter_graphql.server.requests import GraphQLRequest
from dexter_graphql.server.responses import RequestRejected, credential_error, error_of, request_id_of
from dexter_graphql.server.websockets.frames import OUTPUT, SocketOutput, close_reason, text_frame
from dexter_graphql.server.websockets.operations import AnswerOperation, Operation, StreamOperation
from dexter_graphql.server.websockets.protocol import (
    Action,
    Close,
    CloseCode,
    Identify,
    Reject,
    Send,
    ServerProtocol,
    Start,
    Stop,
    rejection_of,
)


@dataclass(frozen=True, slots=True)
class SocketServices:
    """What all connections share. `tasks` holds the tasks of their operations until they have ended."""

    streams: OperationStreams
    admission: Admission
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


class Connection:
    """A client's connection until it or the server leaves.

    Operations that were begun before may write to the socket at any time; everything else is done in its one task.
    """

    __slots__ = (
        "_handshake",
        "_identity",
        "_lease",
        "_operations",
        "_protocol",
        "_scope",
        "_services",
        "_unsent",
        "_writable",
        "output",
        "turns",
    )

    def __init__(self, services: SocketServices, protocol: ServerProtocol, scope: Scope, handshake: Lease) -> None:
        self.output: SocketOutput = scope["extensions"][OUTPUT]
        self.turns = services.streams.turns
        self._services = services
        self._protocol = protocol
        self._scope = scope
        self._handshake = handshake
        """Counts the connection until its caller is identified."""
        self._lease: Lease | None = None
        self._identity: Identity | None = None
        self._operations: dict[str, Operation] = {}
        self._unsent: list[bytes] = []
        """Frames that wait until the socket is writable; no message of the client is handled meanwhile."""
        self._writable: asyncio.Future[None] | None = None
        self.output.on_writable = self._continue

    async def serve(self, receive: Receive) -> None:
        """Handle messages until the end."""
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                for action in self._protocol.receive(message.get("text")):
                    await self._perform(action)
                await self.wait_until_writable()
        except Exception:
            self._apply(self._protocol.close(CloseCode.INTERNAL_ERROR, "Internal error"))
            raise  # to the server, which logs it
        finally:
            self.output.on_writable = None
            self._apply(self._protocol.disconnect())
            for lease in (self._handshake, self._lease):
                if lease is not None:
                    lease.release()

    def expire(self) -> None:
        """Close the connection unless `connection_init` has arrived."""
        self._apply(self._protocol.expire())

    def restart(self) -> None:
        """Close the connection because the server stops. Its operations are not completed, so that clients resume."""
        self._apply(self._protocol.close(CloseCode.SERVICE_RESTART, "Service Restart"))

    def complete(self, operation_id: str) -> None:
        """End an operation after its last answer."""
        self._apply(self._protocol.complete(operation_id))
        self._stop(operation_id)

    def fail(self, operation_id: str, errors: bytes) -> None:
        """End an operation with errors, a list in JSON."""
        self._apply(self._protocol.fail(operation_id, errors))
        self._stop(operation_id)

    def send(self, *parts: bytes) -> None:
        """Send a text message, or keep it until the socket is writable."""
        frame = text_frame(*parts)
        if self._unsent or not self.output.is_writable:
            self._unsent.append(frame)
        else:
            self.output.write(frame)

    async def wait_until_writable(self) -> None:
        """Wait while the client reads too slowly; returns at the end of the connection as well."""
        while self.output.is_open and not self.output.is_writable:
            if self._writable is None:
                self._writable = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._writable)

    def _continue(self) -> None:
        """Send what waited; the transport has room again, or is closed."""
        if self._writable is not None:
            self._writable.set_result(None)
            self._writable = None
        if self._unsent and self.output.is_writable:
            unsent, self._unsent = self._unsent, []
            self.output.write(b"".join(unsent))
        self.turns.extend([operation.flush for operation in self._operations.values()])

    async def _perform(self, action: Action) -> None:
        match action:
            case Identify(parameters):
                await self._identify(parameters)
            case Start(operation_id, request):
                await self._start(operation_id, request)
            case _:
                self._apply([action])

    def _apply(self, actions: list[Action]) -> None:
        """Perform the actions that need not wait."""
        for action in actions:
            match action:
                case Send(message):
                    self.send(message)
                case Reject(operation_id, rejection):
                    self.send(rejection_of(operation_id, self._errors(operation_id, rejection)).message)
                case Stop(operation_id):
                    self._stop(operation_id)
                case Close(code, reason):
                    self.output.close(code, close_reason(reason))

    async def _identify(self, parameters: Mapping[str, Any]) -> None:
        """Identify the caller by the header or the first message, and count the socket as theirs."""
        admission, header = self._services.admission, text_of(headers_of(self._scope).get(b"authorization"))
        try:
            identity = await admission.identify(header or authorization_in(parameters), self._scope)
            self._lease = admission.acquire_socket(identity)
        except RequestRejected as rejection:
            self._apply(self._protocol.close(*_close_of(rejection)))
            return
        self._identity = identity
        self._handshake.release()
        self._lease.on_end = partial(self.turns.add, self._reject)
        self._apply(self._protocol.acknowledge())

    async def _start(self, operation_id: str, request: GraphQLRequest) -> None:
        """Begin an operation, unless the connection or the operation ends while it is prepared."""
        identity, streams = self._identity, self._services.streams
        assert identity is not None  # noqa: S101  # the protocol starts operations of identified callers
        prepared = await streams.executor.prepare(request, identity)
        if operation_id not in self._protocol.operations:
            return
        execution = ExecutionRequest(prepared, request, identity, f"{request_id_of(self._scope)}/{operation_id}")
        try:
            self._operations[operation_id] = self._open(operation_id, execution)
        except RequestRejected as rejection:
            self.fail(operation_id, self._errors(operation_id, rejection))

    def _open(self, operation_id: str, execution: ExecutionRequest) -> Operation:
        streams = self._services.streams
        if not execution.is_stream:
            operation = AnswerOperation(self, operation_id, streams.open(execution))
            self._services.tasks.add(operation.task)
            operation.task.add_done_callback(self._services.tasks.discard)
            return operation
        lease = self._services.admission.acquire_stream(execution.identity)
        return StreamOperation(self, operation_id, streams.subscribe(execution), lease)

    def _stop(self, operation_id: str) -> None:
        operation = self._operations.pop(operation_id, None)
        if operation is not None:
            operation.close()

    def _reject(self) -> None:
        """Fail all operations and close the connection, because the credential is not valid any more."""
        if self._lease is None:
            return
        errors = msgspec.json.encode([credential_error(self._lease.reason)])
        for operation_id in list(self._protocol.operations):
            self.fail(operation_id, errors)
        self._apply(self._protocol.close(CloseCode.UNAUTHORIZED, self._lease.reason))

    def _errors(self, operation_id: str, rejection: RequestRejected) -> bytes:
        return msgspec.json.encode([error_of(rejection, f"{request_id_of(self._scope)}/{operation_id}")])


def authorization_in(parameters: Mapping[str, Any]) -> str | None:
    """Return `authorization` of a connection's first message, at its top or in its `headers`."""
    nested = parameters.get("headers")
    for source in (parameters, nested if isinstance(nested, dict) else {}):
        for name, value in source.items():
            if isinstance(name, str) and name.lower() == "authorization" and isinstance(value, str):
                return value
    return None


def _close_of(rejection: RequestRejected) -> tuple[CloseCode, str]:
    """How a connection is closed whose caller is not accepted."""
    if not rejection.is_retryable:
        return CloseCode.FORBIDDEN, "Forbidden"
    is_quota = rejection.code == ErrorCode.QUOTA_EXCEEDED
    return CloseCode.TOO_MANY_REQUESTS if is_quota else CloseCode.TRY_AGAIN_LATER, rejection.message
