"""Access to the TCP connection below an ASGI request, for faults that HTTP cannot express."""

import socket
import struct
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dexter_graphql.sandbox.asgi import EncodedResponse, send_head

_TRANSPORT = "sandbox.transport"
_PROTOCOL = "sandbox.protocol"


class InspectableProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with itself and its transport among the extensions of the ASGI scope."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        extensions: dict[str, object] = {_TRANSPORT: self.transport, _PROTOCOL: self}
        self.scope["extensions"] = extensions  # type: ignore[typeddict-item]


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection of one ASGI request served by `InspectableProtocol`."""

    scope: Scope
    receive: Receive
    send: Send

    async def reset(self) -> None:
        """Reset the connection, so that the client sees an error instead of an end of file."""
        transport = self.scope["extensions"][_TRANSPORT]
        if transport.is_closing():
            return
        raw_socket = transport.get_extra_info("socket")
        raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await self._wait_for_disconnect()

    def close(self) -> None:
        """Close the connection without a `Connection: close` header."""
        self.scope["extensions"][_TRANSPORT].close()

    def suppress_date_header(self) -> None:
        """Omit the `Date` header that uvicorn adds to the response."""
        cycle = self.scope["extensions"][_PROTOCOL].cycle
        cycle.default_headers = [pair for pair in cycle.default_headers if pair[0] != b"date"]

    async def send_truncated(self, encoded: EncodedResponse) -> None:
        """Announce the full length, send half of the body, then close the connection."""
        content = encoded.content
        await send_head(self.send, encoded.status, encoded.headers, len(content))
        await self.send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
        self.close()
        await self._wait_for_disconnect()

    async def _wait_for_disconnect(self) -> None:
        # Returning earlier makes uvicorn log an incomplete response.
        while (await self.receive())["type"] != "http.disconnect":
            pass
