"""Middleware that gives every request an id, and logs and counts it when it ends."""

import re
import time
from functools import cached_property
from logging import INFO
from random import Random

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import FilteringBoundLogger

from dexter_graphql.server.headers import headers_of
from dexter_graphql.server.responses import OPERATION, REQUEST_ID, STARTED
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics

ACCEPTED_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
ID_BITS = 64
"""As many as the 16 hexadecimal digits of an id."""
CLIENT_CLOSED_REQUEST = 499
"""Logged, never sent: the client left before the answer."""
RECEIVED_AT = "dexter.received_at"
"""Key of an ASGI scope: when the request began, in seconds of `time.perf_counter`."""
SECRET_PATHS = ("/files/", "/webhooks/legacy/")
"""Beginnings of the paths whose rest is a credential."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods that are counted by name."""


class AccessLog:
    """Accepts a client's `X-Request-Id` when it is short and plain."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._random = Random()  # noqa: S311  # tells requests apart, protects nothing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, then log it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        header = self.begin(scope, headers_of(scope).get(b"x-request-id"))
        status = 0 if scope["type"] == "websocket" else CLIENT_CLOSED_REQUEST

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                scope[STARTED] = True
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self.end(scope, status)

    def begin(self, scope: Scope, requested_id: bytes | None = None) -> tuple[bytes, bytes]:
        """Give a request its id; returns the header with the id."""
        if RECEIVED_AT not in scope:
            scope[RECEIVED_AT] = time.perf_counter()
        request_id = scope[REQUEST_ID] = self._request_id(requested_id)
        return (b"x-request-id", request_id.encode())

    def end(self, scope: Scope, status: int) -> None:
        """Log and count a request; the status is 0 for WebSockets."""
        took_s = time.perf_counter() - scope[RECEIVED_AT]
        method = scope.get("method", "WEBSOCKET")
        self._metrics.request(method if method in METHODS or status == 0 else "OTHER", status, took_s)
        # The values of a line that is not written cost as much as the count.
        if self._is_logged:
            self._log.info(
                "request",
                request_id=scope[REQUEST_ID],
                method=method,
                path=logged_path(scope["path"]),
                operation=scope.get(OPERATION),
                status=status or None,
                ms=round(took_s * 1000, 1),
            )

    @cached_property
    def _log(self) -> FilteringBoundLogger:
        # Bound once, at the first request: the logger that `get_log` returns looks up its configuration at each use.
        log: FilteringBoundLogger = get_log("dexter.access").bind()
        return log

    @cached_property
    def _is_logged(self) -> bool:
        return self._log.is_enabled_for(INFO)

    def _request_id(self, requested: bytes | None) -> str:
        if requested is not None and ACCEPTED_ID.fullmatch(requested):
            return requested.decode()
        return f"{self._random.getrandbits(ID_BITS):016x}"


def logged_path(path: str) -> str:
    """The path without what opens it: the signed address of a file, or the secret of a legacy webhook."""
    return next((f"{start}…" for start in SECRET_PATHS if path.startswith(start)), path)
