"""Content negotiation, and the form of answers and rejections."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dexter_graphql.errors import ErrorCode

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
MULTIPART = "multipart/mixed"
HTML = "text/html"
MAX_SIZES = 1024
"""Lengths of answers whose headers are remembered."""
MAX_RANGES = 50
"""Media ranges of an `Accept` header that are read."""
STREAMS = (EVENT_STREAM, MULTIPART)
OFFERED = (JSON, GRAPHQL_RESPONSE, EVENT_STREAM, MULTIPART)
"""Media types that can be sent, the one for `*/*` first."""

PROTECTIVE_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
ANSWER_HEADERS = {
    name: (
        (b"content-type", f"{name}; charset=utf-8".encode()),
        (b"vary", b"Accept"),
        *((header.lower().encode(), value.encode()) for header, value in PROTECTIVE_HEADERS.items()),
    )
    for name in (JSON, GRAPHQL_RESPONSE)
}

REQUEST_ID = "dexter.request_id"
"""Key of an ASGI scope: the request id."""
OPERATION = "dexter.operation"
"""Key of an ASGI scope: name of the operation, for the access log."""
CHECKED_TYPE = "dexter.checked_type"
"""Key of an ASGI scope: media type of the answer, set once the head has passed all checks."""
STARTED = "dexter.started"
"""Key of an ASGI scope: True once the response has started."""


@dataclass(eq=False, slots=True)
class RequestRejected(Exception):
    """A request that is answered without executing an operation."""

    status: int
    code: ErrorCode
    message: str
    headers: tuple[tuple[str, str], ...] = ()
    is_retryable: bool = False


class AnswerResponse:
    """The whole answer to an operation. Its headers, except the length, are built once for each media type."""

    __slots__ = ("_body", "_headers", "_media_type", "_status")

    def __init__(
        self, body: bytes, status: int, media_type: str, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        self._body = body
        self._status = status
        self._media_type = media_type
        self._headers = headers

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the answer."""
        headers = (*answer_headers(self._media_type, len(self._body)), *self._headers)
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})


@lru_cache(MAX_SIZES)
def answer_headers(media_type: str, size: int) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of a whole answer of `size` bytes."""
    return (*ANSWER_HEADERS[media_type], (b"content-length", b"%d" % size))


def retry_after(wait_s: float) -> str:
    """Return the value of `Retry-After` for a wait, in whole seconds that are not too short."""
    return str(int(wait_s) + 1)


def request_id_of(scope: Scope) -> str:
    """Return the request id."""
    return str(scope.get(REQUEST_ID, ""))


def json_response(value: Any, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    """A value as JSON, which browsers neither store nor take for another type."""
    return Response(msgspec.json.encode(value), status, {**PROTECTIVE_HEADERS, **(headers or {})}, JSON)


def error_of(rejection: RequestRejected, request_id: str) -> dict[str, Any]:
    """A rejection as a GraphQL error."""
    extensions = {"code": rejection.code, "retryable": rejection.is_retryable, "requestId": request_id}
    return {"message": rejection.message, "extensions": extensions}


def credential_error(message: str) -> dict[str, Any]:
    """The error that ends a stream whose credential is not valid any more."""
    return {"message": message, "extensions": {"code": ErrorCode.UNAUTHENTICATED, "retryable": False}}


def rejection_response(rejection: RequestRejected, scope: Scope) -> Response:
    """A rejection as a GraphQL response, so that clients of GraphQL can show it."""
    body = {"errors": [error_of(rejection, request_id_of(scope))]}
    return json_response(body, rejection.status, dict(rejection.headers))


def negotiate(accept: str | None) -> str | None:
    """Return the media type to answer with, None when no accepted one can be sent."""
    if accept is None or not accept.strip():
        return JSON
    ranges = _ranges(accept)
    best, best_quality = None, 0.0
    for offer in OFFERED:
        quality = _quality(offer, ranges)
        if quality > best_quality:
            best, best_quality = offer, quality
    return best


def negotiate_stream(accept: str | None) -> str | None:
    """Return the stream type that is accepted best, None when none is."""
    ranges = _ranges(accept or "")
    qualities = {offer: _quality(offer, ranges) for offer in STREAMS}
    best = max(STREAMS, key=lambda offer: qualities[offer])
    return best if qualities[best] > 0 else None


def wants_page(accept: str | None) -> bool:
    """True for a browser that opens the URL: HTML is accepted, and no JSON type is named before it."""
    names = [name for name, quality in _ranges(accept or "") if quality > 0]
    return HTML in names and not any(name in OFFERED for name in names[: names.index(HTML)])


def _ranges(accept: str) -> list[tuple[str, float]]:
    ranges = []
    for item in accept.split(",")[:MAX_RANGES]:
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        ranges.append((name, _q(parameters)))
    return ranges


def _q(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def _quality(offer: str, ranges: list[tuple[str, float]]) -> float:
    """Return the quality of the most specific range that matches; wildcards do not match streams."""
    for name in (offer, *((offer.partition("/")[0] + "/*", "*/*") if offer in {JSON, GRAPHQL_RESPONSE} else ())):
        qualities = [quality for range_, quality in ranges if range_ == name]
        if qualities:
            return max(qualities)
    return 0.0
