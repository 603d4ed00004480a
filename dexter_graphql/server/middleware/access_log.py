"""Gives every request an id, and tells about it when it is over."""

import re
import time
from random import Random

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dexter_graphql.server.graphql import OPERATION
from dexter_graphql.server.headers import headers_of, text_of
from dexter_graphql.server.responses import REQUEST_ID
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
ID_BITS = 64


class AccessLog:
    """Outermost. A request id of the client's is taken when it is short and plain."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log = get_log("dexter.access")
        self._lots = Random()  # noqa: S311  # tells requests apart, hides nothing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and tell about it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request_id = scope[REQUEST_ID] = self._id(text_of(headers_of(scope).get(b"x-request-id")))
        header = (b"x-request-id", request_id.encode())
        started, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            took_s = time.perf_counter() - started
            method = scope.get("method", "WEBSOCKET")
            self._metrics.request(method, status, took_s)
            self._log.info(
                "request",
                request_id=request_id,
                method=method,
                path=scope["path"][:200],
                operation=scope.get(OPERATION),
                status=status or None,
                ms=round(took_s * 1000, 1),
            )

    def _id(self, given: str | None) -> str:
        if given is not None and SANE_ID.fullmatch(given):
            return given
        return f"{self._lots.getrandbits(ID_BITS):0{ID_BITS // 4}x}"
