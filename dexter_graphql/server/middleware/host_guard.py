"""Answers only under the names that were configured, and only to pages that may ask.

The first stops DNS rebinding; the second stops a page of another origin from using a server that trusts its network.
"""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.headers import memoized_header, text_of
from dexter_graphql.server.responses import RequestRejected, rejection_response

POLICY_VIOLATION = 1008
CROSS_SITE = frozenset({b"cross-site", b"same-site"})


class HostGuard:
    """The rule that stands before every route."""

    def __init__(self, hosts: frozenset[str], origins: frozenset[str]) -> None:
        self._is_ours = memoized_header(lambda host: host_name(host or "") in hosts)
        self._origins = origins

    def refusal(self, headers: Mapping[bytes, bytes]) -> RequestRejected | None:
        """Why a request with these headers is not answered; None when it is."""
        host, origin = headers.get(b"host"), headers.get(b"origin")
        if not self._is_ours(host):
            message = "This server does not answer under that name; add it to DEXTER_ALLOWED_HOSTS"
            return RequestRejected(HTTPStatus.MISDIRECTED_REQUEST, ErrorCode.FORBIDDEN, message)
        if origin is not None:
            if self._may_ask(text_of(origin) or "", text_of(host) or ""):
                return None
            message = "Pages of that origin may not ask; add it to DEXTER_ALLOWED_ORIGINS"
            return RequestRejected(HTTPStatus.FORBIDDEN, ErrorCode.FORBIDDEN, message)
        if headers.get(b"sec-fetch-site") in CROSS_SITE and headers.get(b"sec-fetch-mode") != b"navigate":
            message = "Requests that another site's page makes must name their origin"
            return RequestRejected(HTTPStatus.FORBIDDEN, ErrorCode.FORBIDDEN, message)
        return None

    def _may_ask(self, origin: str, host: str) -> bool:
        return origin in self._origins or urlsplit(origin).netloc.lower() == host.lower()


def host_name(host: str) -> str:
    """The name in a `Host` header, in lower case, without its port."""
    name, separator, port = host.lower().rpartition(":")
    return name if separator and port.isdecimal() else host.lower()


async def refuse(refusal: RequestRejected, scope: Scope, receive: Receive, send: Send) -> None:
    """Tell a client of either protocol that its request is not answered."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": refusal.message})
        return
    await rejection_response(refusal, scope)(scope, receive, send)
