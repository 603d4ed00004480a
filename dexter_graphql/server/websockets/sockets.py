"""All WebSockets of the process: accepts those that speak the protocol, and closes them when the server stops."""

import asyncio
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from dexter_graphql.concurrency.timeouts import Timeouts
from dexter_graphql.server.admission import Admission, client_address
from dexter_graphql.server.credentials import network_of
from dexter_graphql.server.live.operations import OperationStreams
from dexter_graphql.server.quotas import Quota
from dexter_graphql.server.responses import RequestRejected
from dexter_graphql.server.websockets.connection import Connection, SocketServices
from dexter_graphql.server.websockets.frames import OUTPUT, SocketOutput, close_reason
from dexter_graphql.server.websockets.protocol import NAME, CloseCode, ServerProtocol

INIT_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Bounds of one WebSocket."""

    max_operations: int
    max_message_bytes: int
    init_timeout_s: float = INIT_TIMEOUT_S


class Sockets:
    """All WebSockets of the process. `handshakes` bounds those of one address that have not sent `connection_init`."""

    def __init__(
        self,
        streams: OperationStreams,
        admission: Admission,
        handshakes: Quota,
        draining: asyncio.Event,
        limits: SocketLimits,
    ) -> None:
        self._services = SocketServices(streams, admission)
        self._handshakes = handshakes
        self._draining = draining
        self._limits = limits
        self._connections: dict[Connection, None] = {}
        self._opened = Timeouts(limits.init_timeout_s, Connection.expire)

    def __repr__(self) -> str:
        return f"<Sockets {len(self._connections)} open>"

    async def run(self) -> None:
        """Close all sockets once the server is about to stop, and wait for the tasks of their operations."""
        await self._draining.wait()
        self._services.streams.turns.extend([connection.restart for connection in self._connections])
        await asyncio.gather(*self._services.tasks, return_exceptions=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        await receive()
        output: SocketOutput = scope["extensions"][OUTPUT]
        if NAME not in scope.get("subprotocols", ()):
            await send({"type": "websocket.accept"})
            output.close(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, f"Use the subprotocol {NAME}")
            return
        await send({"type": "websocket.accept", "subprotocol": NAME})
        try:
            handshake = self._handshakes.acquire(network_of(client_address(scope)))
        except RequestRejected as rejection:
            output.close(CloseCode.TOO_MANY_REQUESTS, close_reason(rejection.message))
            return
        protocol = ServerProtocol(self._limits.max_operations, self._limits.max_message_bytes)
        await self._serve(Connection(self._services, protocol, scope, handshake), receive)

    async def _serve(self, connection: Connection, receive: Receive) -> None:
        self._connections[connection] = None
        self._opened.start(connection)
        if self._draining.is_set():
            connection.restart()
        try:
            await connection.serve(receive)
        finally:
            self._opened.stop(connection)
            del self._connections[connection]
