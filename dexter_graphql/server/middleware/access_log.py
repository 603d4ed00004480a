"""Middleware that gives every request an id, and logs and counts it when it ends."""

import re
import time
from random import Random

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dexter_graphql.server.graphql import OPERATION
from dexter_graphql.server.headers import headers_of, text_of
from dexter_graphql.server.responses import REQUEST_ID, STARTED
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics

ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
ID_BITS = 64
CLIENT_CLOSED_REQUEST = 499
"""Logged, never sent: the client left before the answer."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods that are counted by name."""


class AccessLog:
    """Accepts a client's `X-Request-Id` when it is short and plain."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log = get_log("dexter.access")
        self._random = Random()  # noqa: S311  # tells requests apart, protects nothing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, then log it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request_id = scope[REQUEST_ID] = self._request_id(text_of(headers_of(scope).get(b"x-request-id")))
        header = (b"x-request-id", request_id.encode())
        started, status = time.perf_counter(), 0 if scope["type"] == "websocket" else CLIENT_CLOSED_REQUEST

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
            took_s = time.perf_counter() - started
            method = scope.get("method", "WEBSOCKET")
            self._metrics.request(method if method in METHODS or status == 0 else "OTHER", status, took_s)
            self._log.info(
                "request",
                request_id=request_id,
                method=method,
                path=scope["path"],
                operation=scope.get(OPERATION),
                status=status or None,
                ms=round(took_s * 1000, 1),
            )

    def _request_id(self, requested: str | None) -> str:
        if requested is not None and ACCEPTED_ID.fullmatch(requested):
            return requested
        return f"{self._random.getrandbits(ID_BITS):0{ID_BITS // 4}x}"
