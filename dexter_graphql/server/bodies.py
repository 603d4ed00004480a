"""Request bodies: read within a limit for each and within one for all that are held at the same time."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.types import Receive

from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.connections import ByteBudget
from dexter_graphql.server.responses import RequestRejected

MAX_DIGITS = 20
"""Longest `Content-Length` that is read as a number."""


class BodyReader:
    """Reads bodies and counts them in a budget until they are released."""

    def __init__(self, budget: ByteBudget) -> None:
        self._budget = budget

    async def read(self, headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
        """Return the whole body; rejects one larger than `limit` bytes, by its declared length when it has one."""
        # `KnownRequests` remembers the result by head.
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and (len(declared) > MAX_DIGITS or int(declared) > limit):
            raise too_large(limit)
        parts: list[bytes] = []
        try:
            await self._collect(parts, receive, limit)
        except BaseException:
            self._budget.release(sum(map(len, parts)))
            raise
        return b"".join(parts)

    def hold(self, content: bytes) -> bytes:
        """Count bytes that were read otherwise."""
        if not self._budget.take(len(content)):
            raise too_many_bodies()
        return content

    def release(self, content: bytes) -> None:
        """Return the bytes of a body to the budget."""
        self._budget.release(len(content))

    async def _collect(self, parts: list[bytes], receive: Receive, limit: int) -> None:
        size, is_complete = 0, False
        while not is_complete:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestRejected(
                    HTTPStatus.BAD_REQUEST, ErrorCode.BAD_USER_INPUT, "The request ended before its body did"
                )
            part = message.get("body", b"")
            size += len(part)
            if size > limit:
                raise too_large(limit)
            parts.append(self.hold(part))
            is_complete = not message.get("more_body", False)


def too_large(limit: int) -> RequestRejected:
    """Build the rejection of a body larger than `limit` bytes."""
    message = f"The request is larger than {limit} bytes"
    return RequestRejected(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, ErrorCode.QUERY_TOO_COMPLEX, message)


def too_many_bodies() -> RequestRejected:
    """Build the rejection of a body for which no memory is set aside."""
    message = "The server holds too many request bodies; try again later"
    return RequestRejected(
        HTTPStatus.SERVICE_UNAVAILABLE, ErrorCode.QUOTA_EXCEEDED, message, (("Retry-After", "1"),), is_retryable=True
    )
