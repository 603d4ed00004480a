"""Middleware that adds the headers of cross-origin resource sharing for allowed origins."""

import re
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dexter_graphql.server.headers import headers_of, text_of
from dexter_graphql.server.middleware.host_guard import OriginPolicy

HEADER_NAMES = re.compile(rb"[A-Za-z0-9_-]+(\s*,\s*[A-Za-z0-9_-]+)*")
MAX_AGE_S = 600
"""Time that browsers remember a preflight."""

EXPOSED = (
    b"access-control-expose-headers",
    b"X-Request-Id, Retry-After, Link, ETag, Content-Disposition, Content-Range",
)
"""Headers of answers that pages may read."""


class CORS:
    """Answers preflights and lets pages of allowed origins read answers. `HostGuard` has rejected all others."""

    def __init__(self, app: ASGIApp, origins: OriginPolicy) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or pass the request on and add headers to its answer."""
        origin = headers_of(scope).get(b"origin") if scope["type"] == "http" else None
        if origin is None or not self._origins.allows(text_of(origin) or ""):
            await self._app(scope, receive, send)
            return
        allowed = [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]
        requested_method = headers_of(scope).get(b"access-control-request-method")
        if scope["method"] == "OPTIONS" and requested_method is not None:
            await _send_preflight(scope, send, allowed)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *allowed, EXPOSED]
            await send(message)

        await self._app(scope, receive, send_with_headers)


async def _send_preflight(scope: Scope, send: Send, allowed: list[tuple[bytes, bytes]]) -> None:
    """Allow the methods of all routes and the headers that are asked for: none makes a request more powerful."""
    names = headers_of(scope).get(b"access-control-request-headers", b"")
    headers = [
        *allowed,
        (b"access-control-allow-methods", b"GET, POST, PUT, DELETE"),
        (b"access-control-max-age", b"%d" % MAX_AGE_S),
    ]
    if HEADER_NAMES.fullmatch(names):
        headers.append((b"access-control-allow-headers", names))
    await send({"type": "http.response.start", "status": HTTPStatus.NO_CONTENT, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
