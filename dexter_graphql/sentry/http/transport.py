"""HTTP transport: performs one call to Sentry over aiohttp's client sessions."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp

from dexter_graphql.clock import Clock
from dexter_graphql.errors import drop_tracebacks
from dexter_graphql.sentry.call import Call, FileContent, FileForm, Reply
from dexter_graphql.sentry.errors import (
    BadResponse,
    ClientError,
    DeadlineExceeded,
    RateLimited,
    SentryError,
    TruncatedResponse,
    Unavailable,
    UpstreamTimeout,
    WriteOutcome,
)
from dexter_graphql.sentry.http.connection_shares import ConnectionShares
from dexter_graphql.sentry.http.error_responses import PAGE, error_for, is_html
from dexter_graphql.sentry.http.multipart import UploadTime, encode_form
from dexter_graphql.sentry.http.proxies import Proxy, ProxySettings
from dexter_graphql.sentry.http.request import EncodedRequest, encode_request
from dexter_graphql.sentry.http.response_headers import project_headers
from dexter_graphql.sentry.http.sessions import (
    CURRENT_ATTEMPT,
    Attempt,
    ConnectionLost,
    open_kept_session,
    open_single_use_session,
)
from dexter_graphql.sentry.http.tls import tls_context
from dexter_graphql.telemetry.metrics import Sample

MEBIBYTE = 1024 * 1024
MAX_HOSTS = 256
"""Hosts whose proxy is remembered."""
UNREACHABLE = "Sentry cannot be reached"
PROXY_REFUSAL = "The proxy refused the connection to Sentry with status {}"
NO_ANSWER = "Sentry did not answer in time"
LATE_CONTENT = "The content of the file took too long to arrive"
OUT_OF_TIME = "The deadline of this operation passed"
CHUNK_BYTES = 64 * 1024
"""Part of a file that is read at once."""
FILE_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}
"""The size of a compressed file would not be known."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TransportOptions:
    """Limits and network settings. `connections` is the number of connections to one host."""

    attempt_timeout_s: float = 30.0
    max_body_bytes: int = 32 * MEBIBYTE
    connections: int = 100
    proxy: ProxySettings = field(default_factory=ProxySettings)
    ca_file: str | None = None
    """PEM file of certificates to trust besides those that the system trusts."""


Answer = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""
Exchange = Callable[[float], Coroutine[Any, Any, Answer]]
"""Sends a request that has its connection; takes the seconds left until the deadline of the call."""


class Transport:
    """Connections to Sentry.

    The attempt timeout limits one exchange, the deadline of the call also the wait for a connection before it.

    Reads share kept connections. A read that finds its kept connection dead is sent once more, on a new one. A write
    has a connection to itself, so that none is lost on a connection that the server has closed meanwhile.
    """

    def __init__(self, clock: Clock, options: TransportOptions | None = None) -> None:
        self._clock = clock
        self._options = options or TransportOptions()
        self._shares = ConnectionShares(self._options.connections)
        self._tls = tls_context(self._options.ca_file) if self._options.ca_file else None
        self._proxy_for = lru_cache(MAX_HOSTS)(self._options.proxy.proxy_for)
        self._kept: aiohttp.ClientSession | None = None
        self._single_use: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"<Transport {self._shares.in_use} connections in use, {self._shares.waiting} calls waiting>"

    def collect(self) -> list[Sample]:
        """Connections in use, and calls that wait for one."""
        return [
            Sample("dexter_upstream_connections_in_use", "Connections to Sentry in use.", self._shares.in_use),
            Sample(
                "dexter_upstream_connection_queue_length",
                "Calls that wait for a connection to Sentry.",
                self._shares.waiting,
            ),
        ]

    async def __call__(self, call: Call) -> Reply:
        """Perform the call; raises a SentryError for every answer that is not a success."""
        attempt = Attempt()

        async def exchange(left_s: float) -> Answer:
            return await self._in_time(call, left_s, self._exchange(call, attempt))

        return await self._perform(call, attempt, exchange)

    @asynccontextmanager
    async def download(self, call: Call) -> AsyncIterator[FileContent]:
        """The content of a file while it arrives; at most two MiB of it are held.

        The deadline of the call is that of the first byte. From then on, the attempt timeout limits each wait.
        Raises a SentryError for every answer that is not a success, and inside of `chunks` when the file is cut.
        """
        attempt = Attempt()
        left_s = await self._take_connection(call, attempt)
        try:
            response = await self._in_time(call, left_s, self._open_file(call, attempt))
            try:
                yield FileContent(
                    size_bytes=None if "Content-Encoding" in response.headers else response.content_length,
                    media_type=response.content_type,
                    headers=project_headers(response.headers),
                    chunks=self._chunks(call, response.content),
                )
            finally:
                response.close()
        finally:
            self._shares.release(call.host, call.upstream.key)

    async def upload(self, call: Call, form: FileForm) -> Reply:
        """Send a form within its own time; the deadline of the call limits the wait for a connection before it.

        The attempt timeout limits each wait for Sentry: to take a part of the form, and to answer.
        """
        attempt = Attempt()

        async def exchange(_left_s: float) -> Answer:
            return await self._send_form(call, form, attempt)

        return await self._perform(call, attempt, exchange)

    async def close(self) -> None:
        """Close all connections."""
        sessions, self._kept, self._single_use = (self._kept, self._single_use), None, None
        for session in sessions:
            if session is not None:
                await session.close()

    async def _perform(self, call: Call, attempt: Attempt, exchange: Exchange) -> Reply:
        try:
            return await self._reply(call, attempt, exchange)
        except (ClientError, RateLimited):
            raise
        except SentryError as error:
            if call.method != "GET":
                _set_outcome(error, call, attempt)
            raise

    async def _reply(self, call: Call, attempt: Attempt, exchange: Exchange) -> Reply:
        left_s = await self._take_connection(call, attempt)
        try:
            answer = await exchange(left_s)
        finally:
            self._shares.release(call.host, call.upstream.key)
        now = self._clock.time()
        status, headers, body = answer
        if not is_success(status):
            raise _error_of(call, answer, now)
        if is_html(body):
            raise Unavailable(PAGE, title=call.title, status=status)
        return Reply(
            status=status,
            headers=headers,
            body=body,
            fetched_at=now,
            retries=attempt.repeats,
            waited_s=attempt.waited_s,
        )

    async def _take_connection(self, call: Call, attempt: Attempt) -> float:
        """Count a connection of the call, once there is one; the seconds left until the deadline."""
        left_s = call.deadline - self._clock.time()
        if left_s <= 0:
            raise DeadlineExceeded(OUT_OF_TIME, title=call.title)
        if not self._shares.take(call.host, call.upstream.key):
            attempt.waited_s = await self._wait_for_connection(call, left_s)
        return left_s - attempt.waited_s

    async def _wait_for_connection(self, call: Call, left_s: float) -> float:
        """Wait for a connection; the seconds that it took."""
        started = self._clock.monotonic()
        try:
            async with asyncio.timeout(left_s):
                await self._shares.wait(call.host, call.upstream.key)
        except TimeoutError:
            raise DeadlineExceeded(OUT_OF_TIME, title=call.title) from None
        return self._clock.monotonic() - started

    async def _in_time(self, call: Call, left_s: float, exchange: Coroutine[Any, Any, T]) -> T:
        """The result of an exchange, whose errors are those of the client."""
        timeout_s = self._options.attempt_timeout_s
        try:
            async with asyncio.timeout(min(left_s, timeout_s)):
                return await exchange
        except TimeoutError:
            if left_s <= timeout_s:
                raise DeadlineExceeded(OUT_OF_TIME, title=call.title) from None
            raise UpstreamTimeout(NO_ANSWER, title=call.title) from None
        except (aiohttp.ClientError, ConnectionLost) as error:
            # The broken connection holds the error, and its frames hold the connection.
            raise _translate(call, error) from drop_tracebacks(error)

    async def _exchange(self, call: Call, attempt: Attempt) -> Answer:
        request = encode_request(call)
        if call.method == "GET":
            CURRENT_ATTEMPT.set(attempt)
            try:
                return await self._send(self._kept_session(), call, request, attempt)
            except ConnectionLost:
                if attempt.is_new_connection:
                    raise
            attempt.repeats += 1
        return await self._send(self._single_use_session(), call, request, attempt)

    async def _send(
        self, session: aiohttp.ClientSession, call: Call, request: EncodedRequest, attempt: Attempt
    ) -> Answer:
        response = await self._request(session, call, request, attempt)
        try:
            return response.status, project_headers(response.headers), await self._read(call, response.content)
        except BaseException:
            response.close()
            raise

    async def _request(
        self, session: aiohttp.ClientSession, call: Call, request: EncodedRequest, attempt: Attempt
    ) -> aiohttp.ClientResponse:
        proxy: Proxy | None = self._proxy_for(call.host)
        options = {} if proxy is None else proxy.request_options(call.host, request.headers)
        return await session.request(
            call.method,
            request.url,
            headers=request.headers,
            data=request.body,
            allow_redirects=False,
            trace_request_ctx=attempt,
            **options,
        )

    async def _send_form(self, call: Call, form: FileForm, attempt: Attempt) -> Answer:
        encoded = encode_form(form)
        time = UploadTime(form.duration_s, self._options.attempt_timeout_s)
        try:
            async with time.limit:
                url, headers, _ = encode_request(call)
                headers |= {"Content-Type": encoded.content_type, "Content-Length": str(encoded.size_bytes)}
                request = EncodedRequest(url, headers, encoded.body(form.chunks, time))
                return await self._send(self._single_use_session(), call, request, attempt)
        except TimeoutError:
            if time.is_reading:
                raise DeadlineExceeded(LATE_CONTENT, title=call.title) from None
            raise UpstreamTimeout(NO_ANSWER, title=call.title) from None
        except (aiohttp.ClientError, ConnectionLost) as error:
            raise _translate(call, error) from drop_tracebacks(error)

    async def _open_file(self, call: Call, attempt: Attempt) -> aiohttp.ClientResponse:
        request = encode_request(call)
        request.headers.update(FILE_HEADERS)
        response = await self._request(self._single_use_session(), call, request, attempt)
        if response.status == HTTPStatus.OK:
            return response
        try:
            answer = response.status, project_headers(response.headers), await self._read(call, response.content)
        finally:
            response.close()
        raise _error_of(call, answer, self._clock.time())

    async def _chunks(self, call: Call, content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
        while chunk := await self._in_time(call, math.inf, content.read(CHUNK_BYTES)):
            yield chunk

    async def _read(self, call: Call, content: aiohttp.StreamReader) -> bytes:
        chunks: list[bytes] = []
        size_bytes, limit_bytes = 0, self._options.max_body_bytes
        while chunk := await content.readany():
            chunks.append(chunk)
            size_bytes += len(chunk)
            if size_bytes > limit_bytes:
                raise BadResponse(f"Sentry's answer is larger than {limit_bytes} bytes", title=call.title)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _kept_session(self) -> aiohttp.ClientSession:
        """The session of reads; opened late, since it needs the event loop."""
        if self._kept is None:
            self._kept = open_kept_session(self._tls)
        return self._kept

    def _single_use_session(self) -> aiohttp.ClientSession:
        """The session of writes and repeats."""
        if self._single_use is None:
            self._single_use = open_single_use_session(self._tls)
        return self._single_use


def is_success(status: int) -> bool:
    """True for an answer that is not an error."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _error_of(call: Call, answer: Answer, now: float) -> SentryError:
    status, headers, body = answer
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return Unavailable(PROXY_REFUSAL.format(status), title=call.title)
    return error_for(call, status, headers, body, now)


def _set_outcome(error: SentryError, call: Call, attempt: Attempt) -> None:
    if attempt.is_connected:
        error.set_outcome(WriteOutcome.UNKNOWN, is_repeatable=call.is_idempotent)
    else:
        error.set_outcome(WriteOutcome.NOT_SENT, is_repeatable=True)


def _translate(call: Call, error: Exception) -> SentryError:
    if isinstance(error, aiohttp.ClientPayloadError):
        return TruncatedResponse("Sentry's answer was cut off", title=call.title)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return Unavailable(PROXY_REFUSAL.format(error.status), title=call.title)
    if isinstance(error, aiohttp.ClientResponseError):
        return BadResponse("Sentry's answer is not valid HTTP", title=call.title)
    return Unavailable(UNREACHABLE, title=call.title)
