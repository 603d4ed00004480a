"""Middleware that answers only configured host names, and only pages of allowed origins.

The first prevents DNS rebinding; the second keeps pages of other origins from using a server that trusts its network.
"""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.headers import headers_of, memoized_header, text_of
from dexter_graphql.server.responses import RequestRejected, rejection_response
from dexter_graphql.settings.addresses import is_loopback

POLICY_VIOLATION = 1008
CROSS_SITE = frozenset({b"cross-site", b"same-site"})


class OriginPolicy:
    """Origins of pages that may send requests, besides the server's own."""

    def __init__(self, origins: frozenset[str], *, allow_loopback: bool = False) -> None:
        self._origins = origins
        self._allow_loopback = allow_loopback

    def allows(self, origin: str) -> bool:
        """True for a configured origin and, with `allow_loopback`, for a page of this machine on any port."""
        return origin in self._origins or (self._allow_loopback and is_loopback(_host_of(origin)))


class HostGuard:
    """Rejects other hosts and origins. Requests for `exempt_paths` may use any host, as health probes do."""

    def __init__(
        self, app: ASGIApp, hosts: frozenset[str], origins: OriginPolicy, exempt_paths: frozenset[str] = frozenset()
    ) -> None:
        self._app = app
        self._is_known_host = memoized_header(lambda host: host_name(host or "") in hosts)
        self._origins = origins
        self._exempt_paths = exempt_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reject a request or pass it on."""
        if scope["type"] == "lifespan" or (rejection := self._rejection(scope)) is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": rejection.message})
        else:
            await rejection_response(rejection, scope)(scope, receive, send)

    def _rejection(self, scope: Scope) -> RequestRejected | None:
        # `KnownRequests` remembers the result: it may depend on the head and on settings only.
        headers = headers_of(scope)
        if not self._is_known_host(headers.get(b"host")) and scope["path"] not in self._exempt_paths:
            message = "This server does not answer under that host name; add it to DEXTER_ALLOWED_HOSTS"
            return RequestRejected(HTTPStatus.MISDIRECTED_REQUEST, ErrorCode.FORBIDDEN, message)
        problem = self._origin_problem(headers)
        return None if problem is None else RequestRejected(HTTPStatus.FORBIDDEN, ErrorCode.FORBIDDEN, problem)

    def _origin_problem(self, headers: Mapping[bytes, bytes]) -> str | None:
        origin = text_of(headers.get(b"origin"))
        if origin is None:
            is_cross_site = headers.get(b"sec-fetch-site") in CROSS_SITE
            if is_cross_site and headers.get(b"sec-fetch-mode") != b"navigate":
                return "Requests from pages of other sites must send an Origin header"
            return None
        host = text_of(headers.get(b"host")) or ""
        if _authority_of(origin) == host.lower() or self._origins.allows(origin):
            return None
        return "Pages of that origin are not allowed; add it to DEXTER_ALLOWED_ORIGINS"


def host_name(host: str) -> str:
    """The name in a `Host` header, in lower case, without its port."""
    name, separator, port = host.lower().rpartition(":")
    return name if separator and port.isdecimal() else host.lower()


def _authority_of(origin: str) -> str | None:
    """Host and port of an origin; None when it is not an address."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _host_of(origin: str) -> str:
    return host_name(_authority_of(origin) or "")
