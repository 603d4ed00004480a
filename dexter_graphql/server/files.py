"""Transfers of files: `/files/…` with an address that the graph made, streamed without being held."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.context import Services
from dexter_graphql.graph.errors import code_of
from dexter_graphql.graph.file_addresses import FILES_PATH, AddressInvalid, FileGrant
from dexter_graphql.graph.file_openings import AddressUsed, Opening
from dexter_graphql.graph.files import describe_upload, is_upload, open_download, upload_file
from dexter_graphql.graph.identity import Identity
from dexter_graphql.sentry.call import FileForm
from dexter_graphql.sentry.errors import SentryError
from dexter_graphql.server.admission import Admission
from dexter_graphql.server.audit.auditor import REFUSED
from dexter_graphql.server.disconnects import CancelledOnDisconnect, ClientDisconnected, abort_connection
from dexter_graphql.server.file_downloads import Download
from dexter_graphql.server.file_limits import Direction, Outcome, TransferCut, TransferLimits
from dexter_graphql.server.file_responses import error_response
from dexter_graphql.server.file_uploads import Upload, cut_rejection, upload_size
from dexter_graphql.server.headers import headers_of, text_of
from dexter_graphql.server.quotas import Lease
from dexter_graphql.server.responses import (
    STARTED,
    RequestRejected,
    json_response,
    rejection_response,
    request_id_of,
)
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Metrics

METHODS = {Direction.DOWNLOAD: ("GET", "HEAD"), Direction.UPLOAD: ("PUT", "POST")}


@dataclass(slots=True)
class Exchange:
    """A request for a transfer, and what is known of it so far."""

    request: Request
    send: Send
    direction: Direction = Direction.UNKNOWN

    @property
    def scope(self) -> Scope:
        """The ASGI scope."""
        return self.request.scope


class FileTransfers:
    """Serves files to, and takes files from, the callers that their addresses were made for."""

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
        """Transfer a file, or say why it cannot be. A response that cannot be completed ends with its connection."""
        exchange = Exchange(Request(scope, receive), send)
        try:
            outcome = Outcome.COMPLETE
            await self._transfer(exchange)
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
        self._metrics.file_transfer(exchange.direction, outcome)
        if outcome not in {Outcome.COMPLETE, Outcome.REFUSED}:
            self._log.warning("file cut", reason=outcome.value, request_id=request_id_of(scope))
            await abort_connection(scope, receive)

    async def _transfer(self, exchange: Exchange) -> None:
        scope = exchange.scope
        identity = await self._admission.identify(text_of(headers_of(scope).get(b"authorization")), scope)
        grant = self._verify(exchange, identity)
        with self._admission.acquire_transfer(identity) as lease:
            async with self._opened(grant, exchange.request.method) as opening:
                if exchange.direction is Direction.UPLOAD:
                    await self._upload(exchange, identity, grant, lease)
                    opening.is_complete = True
                else:
                    with CancelledOnDisconnect(exchange.request.receive):
                        opening.is_complete = await self._download(exchange, identity, grant, lease)

    def _verify(self, exchange: Exchange, identity: Identity) -> FileGrant:
        try:
            grant = self._services.files.verify(exchange.request.path_params["address"], identity)
        except AddressInvalid as error:
            raise RequestRejected(HTTPStatus.NOT_FOUND, ErrorCode.NOT_FOUND, str(error)) from None
        exchange.direction = Direction.UPLOAD if is_upload(grant.file) else Direction.DOWNLOAD
        methods = METHODS[exchange.direction]
        if exchange.request.method not in methods:
            allowed = (("Allow", ", ".join(methods)),)
            message = f"Use {methods[0]}"
            raise RequestRejected(HTTPStatus.METHOD_NOT_ALLOWED, ErrorCode.BAD_USER_INPUT, message, allowed)
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

    async def _download(self, exchange: Exchange, identity: Identity, grant: FileGrant, lease: Lease) -> bool:
        """Send a file; True when its last byte was sent."""
        download = Download(exchange.request, exchange.send, grant.file.name, self._limits, lease)
        try:
            async with open_download(grant.file, identity, self._services) as content:
                return await download.run(content)
        finally:
            self._metrics.file_bytes(exchange.direction, download.sent_bytes)

    async def _upload(self, exchange: Exchange, identity: Identity, grant: FileGrant, lease: Lease) -> None:
        """Pass a file on to Sentry, and answer with its ID."""
        if not self._admission.auditor.may_mutate:
            raise RequestRejected(HTTPStatus.FORBIDDEN, ErrorCode.FORBIDDEN, REFUSED)
        size_bytes = upload_size(headers_of(exchange.scope), self._limits.size_bytes)
        upload = Upload(exchange.scope, exchange.request.receive, self._limits, lease)
        form = FileForm(grant.file.fields, size_bytes, upload.chunks(), self._limits.duration_s)
        result: dict[str, Any] = {"result": "failed"}
        try:
            file_id = await upload_file(grant.file, form, identity, self._services)
            result = {"result": "ok"}
        except SentryError as error:
            if upload.cut is not None:
                result = {"result": "cut", "reason": upload.cut}
                raise cut_rejection(upload.cut) from None
            result["codes"] = [code_of(error)]
            raise
        finally:
            self._metrics.file_bytes(exchange.direction, upload.received_bytes)
            target = describe_upload(grant.file)
            self._admission.auditor.record_upload(identity, request_id_of(exchange.scope), target, result=result)
        response = json_response({"id": file_id}, HTTPStatus.CREATED)
        await response(exchange.scope, exchange.request.receive, exchange.send)


class _Endpoint:
    """An ASGI application, which Starlette tells from a function of a request by its class."""

    def __init__(self, transfers: FileTransfers) -> None:
        self._transfers = transfers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        await self._transfers.serve(scope, receive, send)
