"""Gives every request its id, and writes one line for each when it is over."""

import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dexter_graphql.server.graphql import OPERATION
from dexter_graphql.server.responses import REQUEST_ID
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class AccessLog:
    """Outermost. A request id of the client's is taken when it is short and plain."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log = get_log("dexter.access")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and tell about it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = scope[REQUEST_ID] = given if SANE_ID.fullmatch(given) else secrets.token_hex(8)
        started, status = time.perf_counter(), [0]

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = int(message["status"])
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            took_s = time.perf_counter() - started
            self._metrics.request(scope.get("method", "WEBSOCKET"), status[0], took_s)
            self._log.info(
                "request",
                request_id=request_id,
                method=scope.get("method", "WEBSOCKET"),
                path=scope["path"][:200],
                operation=scope.get(OPERATION),
                status=status[0] or None,
                ms=round(took_s * 1000, 1),
            )
