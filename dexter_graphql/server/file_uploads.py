"""Content of a file on its way from a client."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Never

from starlette.types import Message, Receive, Scope

from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.bodies import MAX_DIGITS, too_large
from dexter_graphql.server.disconnects import allow_body_time
from dexter_graphql.server.file_limits import Outcome, TransferCut, TransferLimits
from dexter_graphql.server.quotas import Lease
from dexter_graphql.server.responses import RequestRejected

CLOSE = (("Connection", "close"),)
"""The rest of the body is not read."""


class Upload:
    """The body of a request while it arrives."""

    def __init__(self, scope: Scope, receive: Receive, limits: TransferLimits, lease: Lease) -> None:
        self._receive = receive
        self._limits = limits
        self._lease = lease
        self.received_bytes = 0
        self.cut: Outcome | None = None
        """Why the body has ended too early. Who reads `chunks` may hide the exception behind one of its own."""
        allow_body_time(scope, limits.duration_s)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The parts of the body; raises TransferCut when it ends too early."""
        has_more = True
        while has_more:
            message = await self._next_message()
            if message["type"] == "http.disconnect":
                self._end(Outcome.CLIENT_LEFT)
            if self._lease.ended.is_set():
                self._end(Outcome.CREDENTIAL_REJECTED)
            chunk, has_more = message.get("body", b""), message.get("more_body", False)
            self.received_bytes += len(chunk)
            if chunk:
                yield chunk

    async def _next_message(self) -> Message:
        try:
            async with asyncio.timeout(self._limits.stall_s):
                return await self._receive()
        except TimeoutError:
            self._end(Outcome.TIMED_OUT)

    def _end(self, outcome: Outcome) -> Never:
        self.cut = outcome
        raise TransferCut(outcome)


def upload_size(headers: Mapping[bytes, bytes], limit: int) -> int:
    """The size of the content that a request sends; raises RequestRejected for one that cannot be sent on."""
    if headers.get(b"content-encoding", b"identity") != b"identity":
        message = "Send the content of the file without a content encoding"
        raise RequestRejected(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ErrorCode.BAD_USER_INPUT, message)
    declared = headers.get(b"content-length", b"")
    if not declared.isdigit():
        message = "Send the size of the file as Content-Length"
        raise RequestRejected(HTTPStatus.LENGTH_REQUIRED, ErrorCode.BAD_USER_INPUT, message)
    if len(declared) > MAX_DIGITS or int(declared) > limit:
        raise too_large(limit)
    return int(declared)


def cut_rejection(outcome: Outcome) -> RequestRejected | TransferCut:
    """The answer to an upload that has ended too early, if its client still waits for one."""
    if outcome is Outcome.TIMED_OUT:
        message = "The content of the file took too long to arrive"
        return RequestRejected(HTTPStatus.REQUEST_TIMEOUT, ErrorCode.BAD_USER_INPUT, message, CLOSE)
    if outcome is Outcome.CREDENTIAL_REJECTED:
        message = "The credential is no longer valid; send a valid one"
        return RequestRejected(HTTPStatus.UNAUTHORIZED, ErrorCode.UNAUTHENTICATED, message, CLOSE)
    return TransferCut(outcome)
