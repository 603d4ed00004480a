"""Content of a file on its way to a client."""

import asyncio
from http import HTTPStatus

from starlette.requests import Request
from starlette.types import Message, Send

from dexter_graphql.sentry.call import FileContent
from dexter_graphql.server.byte_ranges import ByteRange
from dexter_graphql.server.file_limits import Outcome, TransferCut, TransferLimits
from dexter_graphql.server.file_responses import download_headers, requested_part
from dexter_graphql.server.headers import headers_of
from dexter_graphql.server.quotas import Lease


class Download:
    """A file, or one range of it, on its way to a client."""

    def __init__(self, request: Request, send: Send, name: str, limits: TransferLimits, lease: Lease) -> None:
        self._request = request
        self._send_message = send
        self._name = name
        self._limits = limits
        self._lease = lease
        self.sent_bytes = 0

    async def run(self, content: FileContent) -> bool:
        """Send the content within the limits; True when the last byte of the file was sent."""
        part = requested_part(headers_of(self._request.scope), content.size_bytes, self._limits.size_bytes)
        headers = download_headers(content, self._name, part)
        status = HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT
        try:
            async with asyncio.timeout(self._limits.duration_s):
                await self._send({"type": "http.response.start", "status": status, "headers": headers})
                is_complete = self._request.method != "HEAD" and await self._send_content(content, part)
                await self._send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            raise TransferCut(Outcome.TIMED_OUT) from None
        return is_complete

    async def _send_content(self, content: FileContent, part: ByteRange | None) -> bool:
        position = 0
        async for chunk in content.chunks:
            if self._lease.ended.is_set():
                raise TransferCut(Outcome.CREDENTIAL_REJECTED)
            if position + len(chunk) > self._limits.size_bytes:
                raise TransferCut(Outcome.TOO_LARGE)
            await self._send_chunk(chunk if part is None else part.cut(chunk, position))
            position += len(chunk)
            if part is not None and position >= part.stop:
                break
        return part is None or part.stop == content.size_bytes

    async def _send_chunk(self, chunk: bytes) -> None:
        if chunk:
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
            self.sent_bytes += len(chunk)

    async def _send(self, message: Message) -> None:
        """Send a message, which waits while the client does not read what was sent before."""
        async with asyncio.timeout(self._limits.stall_s):
            await self._send_message(message)
