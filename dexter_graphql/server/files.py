"""Transfers of files: `/files/…` with an address that the graph made, streamed without being held."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.context import Services
from dexter_graphql.graph.file_addresses import FILES_PATH, AddressInvalid, FileGrant
from dexter_graphql.graph.file_openings import AddressUsed, Opening, TooManyAddresses
from dexter_graphql.graph.files import open_download
from dexter_graphql.graph.identity import Identity
from dexter_graphql.sentry.call import FileContent
from dexter_graphql.sentry.errors import SentryError
from dexter_graphql.server.admission import Admission
from dexter_graphql.server.byte_ranges import ByteRange
from dexter_graphql.server.disconnects import CancelledOnDisconnect, ClientDisconnected, abort_connection
from dexter_graphql.server.file_responses import download_headers, error_response, requested_part
from dexter_graphql.server.headers import headers_of, text_of
from dexter_graphql.server.quotas import Lease
from dexter_graphql.server.responses import STARTED, RequestRejected, rejection_response, request_id_of
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics

METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class TransferLimits:
    """Limits of one transfer: its bytes, its time, and the time in which the client must take what is sent."""

    size_bytes: int
    duration_s: float
    stall_s: float


class Outcome(StrEnum):
    """How a transfer ended, as metrics and logs name it."""

    COMPLETE = "complete"
    REFUSED = "refused"
    CLIENT_LEFT = "client_left"
    UPSTREAM_CUT = "upstream_cut"
    TIMED_OUT = "timed_out"
    TOO_LARGE = "too_large"
    CREDENTIAL_REJECTED = "credential_rejected"


class TransferCut(Exception):
    """Ends a transfer whose response has started."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class FileTransfers:
    """Serves files to the callers that their addresses were made for."""

    def __init__(self, services: Services, admission: Admission, limits: TransferLimits, metrics: Metrics) -> None:
        self._services = services
        self._admission = admission
        self._limits = limits
        self._metrics = metrics
        self._log = get_log("dexter.files")

    def routes(self) -> list[Route]:
        """Build `/files/{address}`."""
        return [Route(FILES_PATH + "{address}", _Endpoint(self))]

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a file, or why it cannot be sent. A response that cannot be completed ends with its connection."""
        try:
            outcome = Outcome.COMPLETE
            with CancelledOnDisconnect(receive):
                await self._download(Request(scope), send)
        except ClientDisconnected:
            outcome = Outcome.CLIENT_LEFT
        except TransferCut as cut:
            outcome = cut.outcome
        except RequestRejected as rejection:
            outcome = Outcome.REFUSED
            await rejection_response(rejection, scope)(scope, receive, send)
        except SentryError as error:
            outcome = Outcome.UPSTREAM_CUT if scope.get(STARTED) else Outcome.REFUSED
            if outcome is Outcome.REFUSED:
                await error_response(error, scope)(scope, receive, send)
        self._metrics.file_transfer("download", outcome)
        if outcome not in {Outcome.COMPLETE, Outcome.REFUSED}:
            self._log.warning("file cut", reason=outcome.value, request_id=request_id_of(scope))
            await abort_connection(scope, receive)

    async def _download(self, request: Request, send: Send) -> None:
        authorization = text_of(headers_of(request.scope).get(b"authorization"))
        identity = await self._admission.identify(authorization, request.scope)
        grant = self._verify(request, identity)
        with self._admission.acquire_transfer(identity) as lease:
            download = Download(request, send, grant.file.name, self._limits, lease)
            async with self._opened(grant, request.method) as opening:
                try:
                    async with open_download(grant.file, identity, self._services) as content:
                        opening.is_complete = await download.run(content)
                finally:
                    self._metrics.file_bytes("download", download.sent_bytes)

    def _verify(self, request: Request, identity: Identity) -> FileGrant:
        try:
            grant = self._services.files.verify(request.path_params["address"], identity)
        except AddressInvalid as error:
            raise RequestRejected(HTTPStatus.NOT_FOUND, ErrorCode.NOT_FOUND, str(error)) from None
        if request.method not in METHODS:
            allowed = (("Allow", ", ".join(METHODS)),)
            raise RequestRejected(HTTPStatus.METHOD_NOT_ALLOWED, ErrorCode.BAD_USER_INPUT, "Use GET", allowed)
        return grant

    @asynccontextmanager
    async def _opened(self, grant: FileGrant, method: str) -> AsyncIterator[Opening]:
        """The transfer of a grant. A request for the headers alone does not count as one."""
        if method == "HEAD":
            yield Opening(grant.nonce, grant.expires_at)
            return
        try:
            async with self._services.files.opened(grant) as opening:
                yield opening
        except AddressUsed as error:
            raise RequestRejected(HTTPStatus.GONE, ErrorCode.NOT_FOUND, str(error)) from None
        except TooManyAddresses as error:
            retry = (("Retry-After", "5"),)
            raise RequestRejected(
                HTTPStatus.SERVICE_UNAVAILABLE, ErrorCode.QUOTA_EXCEEDED, str(error), retry, is_retryable=True
            ) from None


class _Endpoint:
    """An ASGI application, which Starlette tells from a function of a request by its class."""

    def __init__(self, transfers: FileTransfers) -> None:
        self._transfers = transfers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        await self._transfers.serve(scope, receive, send)


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
