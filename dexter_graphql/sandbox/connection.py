"""Breaks connections below HTTP: needs the transport, which `TransportProtocol` puts into the ASGI scope."""

import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_EXTENSION = "sandbox.transport"
_PROTOCOL = "sandbox.protocol"
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class InspectableProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which also hands out its transport."""

    def on_message_begin(self) -> None:
        """Begin a request, with the transport among the extensions of its scope."""
        super().on_message_begin()
        extensions: dict[str, object] = {_EXTENSION: self.transport, _PROTOCOL: self}
        self.scope["extensions"] = extensions  # type: ignore[typeddict-item]


async def reset_connection(scope: Scope, receive: Receive) -> None:
    """Reset the connection, so that the peer sees an error instead of an end."""
    transport = scope["extensions"][_EXTENSION]
    if transport.is_closing():
        return
    raw_socket = transport.get_extra_info("socket")
    raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await _wait_for_disconnect(receive)


def close_connection(scope: Scope) -> None:
    """End the connection, without having said so in a header."""
    scope["extensions"][_EXTENSION].close()


def suppress_date_header(scope: Scope) -> None:
    """Let the answer come without the `Date` that the server would write."""
    cycle = scope["extensions"][_PROTOCOL].cycle
    cycle.default_headers = [pair for pair in cycle.default_headers if pair[0] != b"date"]


async def send_truncated(
    scope: Scope, receive: Receive, send: Send, encoded: tuple[int, dict[str, str], bytes]
) -> None:
    """Promise the whole body, send half of it, close."""
    status, headers, body = encoded
    pairs = [(key.lower().encode(), value.encode("latin-1")) for key, value in headers.items()]
    pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    scope["extensions"][_EXTENSION].close()
    await _wait_for_disconnect(receive)


async def _wait_for_disconnect(receive: Receive) -> None:
    """Return when the server has noticed that the peer is gone; before that it would complain about us."""
    while (await receive())["type"] != "http.disconnect":
        pass
