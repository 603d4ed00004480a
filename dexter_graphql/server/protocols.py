"""uvicorn's protocol classes with the limits of `connections`: request heads, slow requests, unfinished messages.

The only module that subclasses them; `tests/unit/server/test_protocols.py` fails when they change.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from dexter_graphql.concurrency.timeouts import Timer
from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.connections import ConnectionPool
from dexter_graphql.server.disconnects import ABORT, BODY_TIME, IS_CLOSING
from dexter_graphql.server.response_output import ResponseOutput
from dexter_graphql.server.websockets.frames import OUTPUT
from dexter_graphql.server.websockets.waiting import Gate, MessageQueue

HEADER_LINE_OVERHEAD = 4
"""Colon, space and line end of a header."""
MAX_FRAGMENTS = 1000
"""Fragments of one WebSocket message."""
REJECTION_MESSAGES = {
    HTTPStatus.BAD_REQUEST: "The request is not valid HTTP",
    HTTPStatus.REQUEST_TIMEOUT: "The request took too long to arrive",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The request head is too large",
    HTTPStatus.SERVICE_UNAVAILABLE: "The server has too many connections or requests; try again later",
}
REJECTION_CODES = dict.fromkeys(REJECTION_MESSAGES, ErrorCode.BAD_USER_INPUT) | {
    HTTPStatus.SERVICE_UNAVAILABLE: ErrorCode.QUOTA_EXCEEDED
}
KEEP_ALIVE_S = 75
"""Longer than clients and proxies keep idle connections, so that they do not reuse one while it is being closed."""

PING = b"ping"
"""Payload of pings; a pong with another one answers none."""

FIRST_REQUEST_S = 1.0
"""Time for the request of a new connection to arrive while the server stops."""


class ServerConfig(uvicorn.Config):
    """uvicorn's configuration of the public server, with the pool that its connections share."""

    def __init__(self, app: ASGIApp, pool: ConnectionPool, drain_s: float = 2.0) -> None:
        self.pool = pool
        super().__init__(
            app,
            http=HTTPConnection,
            ws=WebSocketConnection,
            ws_max_size=pool.limits.message_bytes,
            ws_per_message_deflate=False,
            log_config=None,
            access_log=False,
            server_header=False,
            # ClientAddress reads the headers of trusted proxies.
            proxy_headers=False,
            lifespan="on",
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=int(drain_s),
        )


class RequestTooLarge(Exception):
    """Ends parsing; the answer is written where uvicorn reports its parse errors."""


class HTTPConnection(HttpToolsProtocol):
    """A connection that is refused, timed and closed by the limits of its pool.

    Most requests arrive in one piece; they start no timer.
    """

    config: ServerConfig

    def __init__(self, config: ServerConfig, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        self._pool = config.pool
        self._is_admitted = False
        self._in_head = True
        self._in_body = False
        self._head_bytes = 0
        self._rejection: HTTPStatus | None = None
        self._active: Any = None
        """The oldest request cycle that is not answered yet; uvicorn's `cycle` is the newest."""
        self._shares_chunk = False
        self._is_head_counted = True
        self._extensions: dict[str, Any] = {}
        self._timer = Timer()

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        super().connection_made(transport)
        self._output = ResponseOutput(transport)
        self._extensions |= {
            IS_CLOSING: transport.is_closing,
            ABORT: transport.abort,
            BODY_TIME: self._restart_body_timer,
        }
        self._is_admitted = self._pool.admit(self)
        if not self._is_admitted:
            self._reject(HTTPStatus.SERVICE_UNAVAILABLE, "connections")
        elif self._pool.is_stopping:
            self.shutdown()
        else:
            self._timer.start(self._pool.limits.head_s, self._expire)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._leave_pool()
        # uvicorn tells the newest of several pipelined requests only.
        if self._active is not None and not self._active.response_complete:
            self._active.disconnected = True
            self._active.message_event.set()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._shares_chunk = False
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing() or not self._is_admitted:
            return
        if self._in_head and self._head_bytes > self._pool.limits.head_bytes:
            self._reject(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head")
        elif self._in_head and self._head_bytes:
            self._timer.start(self._pool.limits.head_s, self._expire)
        elif self._in_body:
            self._timer.start(self._pool.limits.body_s, self._expire)

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        # The chunk of an earlier request may hold the beginning of this head.
        self._is_head_counted = not self._shares_chunk
        self._head_bytes = self._head_bytes or 1

    @override
    def on_headers_complete(self) -> None:
        limits = self._pool.limits
        if (
            self._head_bytes > limits.head_bytes or not self._is_head_counted
        ) and self._head_size() > limits.head_bytes:
            self._rejection = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise RequestTooLarge
        if len(self.pipeline) >= limits.pipelined:
            self._rejection = HTTPStatus.SERVICE_UNAVAILABLE
            raise RequestTooLarge
        self._timer.stop()
        self._in_head, self._in_body = False, True
        self._pool.mark_busy(self)
        self.scope["extensions"] = self._extensions
        super().on_headers_complete()
        if self.cycle is not None:  # WebSockets have none
            self.cycle.transport = self._output  # type: ignore[assignment]  # has what cycles use
            self.cycle.keep_alive &= not self._pool.is_stopping
        if self._active is None or self._active.response_complete:
            self._active = self.cycle

    @override
    def on_message_complete(self) -> None:
        self._timer.stop()
        self._in_head, self._in_body, self._head_bytes = True, False, 0
        self._shares_chunk = True
        super().on_message_complete()

    @override
    def on_response_complete(self) -> None:
        self._output.flush()
        if self._in_body:
            # Nobody waits for the rest of the body, which is read and dropped.
            self._restart_body_timer(self._pool.limits.body_s)
        queued = self.pipeline[-1][0] if self.pipeline else None
        super().on_response_complete()
        if queued is not None:
            self._active = queued
        elif self._is_admitted:
            self._pool.mark_idle(self)

    @override
    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be parsed."""
        status, self._rejection = self._rejection or HTTPStatus.BAD_REQUEST, None
        self._reject(status, "head" if status == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE else "syntax")

    @override
    def handle_websocket_upgrade(self) -> None:
        self._leave_pool()
        super().handle_websocket_upgrade()

    @override
    def shutdown(self) -> None:
        """Close the connection after its request, also when that is still arriving.

        A proxy has sent it already to a connection that was accepted, and sends no POST twice.
        """
        if self._active is None:
            asyncio.get_running_loop().call_later(FIRST_REQUEST_S, super().shutdown)
        else:
            super().shutdown()

    def evict(self) -> None:
        """Close an idle connection in favour of a new one."""
        self._pool.rejections.add("evicted")
        self._leave_pool()
        self.transport.close()

    def _leave_pool(self) -> None:
        self._timer.stop()
        if self._is_admitted:
            self._is_admitted = False
            self._pool.release(self)

    def _restart_body_timer(self, seconds: float) -> None:
        if self._in_body:
            self._timer.stop()
            self._timer.start(seconds, self._expire)

    def _expire(self) -> None:
        self._reject(HTTPStatus.REQUEST_TIMEOUT, "head_timeout" if self._in_head else "body_timeout")

    def _reject(self, status: HTTPStatus, reason: str) -> None:
        self._timer.stop()
        self._pool.rejections.add(reason)
        if not self._is_answering():
            self.transport.write(_rejection(status))
        self.transport.close()

    def _is_answering(self) -> bool:
        """True when bytes written now would not be read as the answer to the newest request."""
        active = self._active
        if self._in_body and self.cycle is not None and self.cycle.response_complete:
            return True
        if active is None or active.response_complete:
            return False
        return not self._in_body or active is not self.cycle or active.response_started

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + HEADER_LINE_OVERHEAD for name, value in self.headers)


class WebSocketConnection(WebSocketsSansIOProtocol):
    """A WebSocket whose unfinished messages are limited in bytes and in time, and the output that it offers."""

    config: ServerConfig

    def __init__(self, config: ServerConfig, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        self._pool = config.pool
        self._unfinished_bytes = 0
        self._timer = Timer()
        self.queue = MessageQueue()  # type: ignore[assignment]  # has what uvicorn uses
        self.writable = Gate()  # type: ignore[assignment]  # as well
        self._is_stuck = False
        """True when the client did not read at the last ping, and has not since."""
        self.on_writable: Callable[[], None] | None = None

    @property
    def is_open(self) -> bool:
        """False once the connection is closed or closing."""
        return not (self.close_sent or self.disconnected or self.transport.is_closing())

    @property
    def is_writable(self) -> bool:
        """True when the transport takes more, and the connection is open."""
        return self.writable.is_set() and self.is_open

    def write(self, frames: bytes) -> None:
        """Write whole frames."""
        if self.is_open:
            self.transport.write(frames)

    def close(self, code: int, reason: str) -> None:
        """Send a close frame; a client that does not answer it in time is cut off."""
        if not self.is_open:
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.stop()
        self._pool.pings.stop(self)
        self._count_unfinished(0)
        super().connection_lost(exc)
        self._call_writable()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._is_stuck = False
        self._call_writable()

    @override
    def start_keepalive(self) -> None:
        self._pool.pings.start(self)

    @override
    def send_keepalive_ping(self) -> None:
        """Send a ping, or end the connection when the one before was not answered, or nothing was read since."""
        if self.pending_ping_payload is not None or self._is_stuck:
            self._abort("ping_timeout")
        elif self.is_open:
            self._is_stuck = not self.writable.is_set()
            if not self._is_stuck:
                self.pending_ping_payload = PING
                self.conn.send_ping(PING)
                self.transport.write(b"".join(self.conn.data_to_send()))
            self._pool.pings.start(self)

    @override
    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if not self.handshake_initiated:
            self._refuse_handshake()
            return
        size = len(self.conn.reader.buffer) + sum(map(len, self.frames))
        if len(self.frames) > MAX_FRAGMENTS or not self._count_unfinished(size):
            self._abort("message")
        elif size:
            self._timer.start(self._pool.limits.body_s, partial(self._abort, "message_timeout"))

    @override
    def send_receive_event_to_app(self) -> None:
        self._timer.stop()
        super().send_receive_event_to_app()

    @override
    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        else:
            # The client does not read. Its pings must not fill the buffer of the transport.
            self.conn.data_to_send()

    @override
    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["extensions"][OUTPUT] = self  # type: ignore[assignment]  # an object of our own

    def _call_writable(self) -> None:
        if self.on_writable is not None:
            self.on_writable()

    def _refuse_handshake(self) -> None:
        # The head is whole, and websockets has written why it refuses it; uvicorn would leave that unsent.
        self._pool.rejections.add("syntax")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()

    def _count_unfinished(self, size: int) -> bool:
        bodies = self._pool.bodies
        bodies.release(self._unfinished_bytes)
        self._unfinished_bytes = size if bodies.take(size) else 0
        return self._unfinished_bytes == size

    def _abort(self, reason: str) -> None:
        self._pool.rejections.add(reason)
        self.transport.abort()


def _rejection(status: HTTPStatus) -> bytes:
    """A whole response, for a connection that is closed after it."""
    extensions = {"code": REJECTION_CODES[status], "retryable": status == HTTPStatus.SERVICE_UNAVAILABLE}
    body = msgspec.json.encode({"errors": [{"message": REJECTION_MESSAGES[status], "extensions": extensions}]})
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        "x-content-type-options: nosniff\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
