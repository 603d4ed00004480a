"""Knows how to perform one call over HTTP; the only file that imports aiohttp.

Turns whatever goes wrong on the network into the tree of `errors.py`. Does not decode answers, and does not retry them.
"""

import asyncio
import re
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any, cast

import aiohttp
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage
from multidict import CIMultiDictProxy
from yarl import URL

from dexter_graphql import __version__
from dexter_graphql.clock import Clock
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.errors import (
    BadResponse,
    DeadlineExceeded,
    SentryError,
    TruncatedResponse,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.http.error_responses import PAGE, error_for, is_html
from dexter_graphql.sentry.http.request import encode_request

SELECTED_HEADERS = frozenset(
    {
        "content-type",
        "date",
        "retry-after",
        "x-hits",
        "x-max-hits",
        "x-sentry-deprecation-date",
        "x-sentry-direct-hit",
        "x-sentry-rate-limit-concurrentlimit",
        "x-sentry-rate-limit-concurrentremaining",
        "x-sentry-rate-limit-limit",
        "x-sentry-rate-limit-remaining",
        "x-sentry-rate-limit-reset",
        "x-sentry-replacement-endpoint",
        "www-authenticate",
    }
)
RELATIONS = frozenset({"previous", "next"})
LINK = re.compile(r"<[^>]*>([^<]*)")
"""One target of a `Link` header: its address, unread, and its attributes."""
ATTRIBUTE = re.compile(r';\s*(\w+)="([^"]*)"')
MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_HEADER_BYTES = 64 * 1024
"""The Link header repeats the whole query twice."""
READ_BUFFER_BYTES = 1024 * 1024
"""Reading is paused at twice as much that nobody has taken yet: pausing costs more than holding most answers."""
CONNECTIONS = 100
MAX_ORIGINS = 256
"""Hosts of which is remembered how they are reached."""
REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
NO_TIMEOUT = aiohttp.ClientTimeout()
"""Each exchange has a deadline of its own, from outside."""

ResponseHead = tuple[Connection, RawResponseMessage, aiohttp.StreamReader]
"""An answer of which the head is there."""


@dataclass(frozen=True, slots=True)
class HostConnection:
    """How a host is reached: what aiohttp's connector wants to know, and the lines that all requests to it have."""

    request: aiohttp.ClientRequest
    lines: str


class Transport:
    """Connections to Sentry. `attempt_timeout_s` bounds one exchange, the call's deadline bounds what is left of it.

    Of aiohttp it uses what reaches a host, keeps connections and reads answers. Requests are written here: what a
    session does for each of them besides (cookies, redirects, addresses, tracing) takes twice the time of all the rest.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        attempt_timeout_s: float = 30.0,
        max_body_bytes: int = MAX_BODY_BYTES,
        connections: int = CONNECTIONS,
    ) -> None:
        self._clock = clock
        self._attempt_timeout_s = attempt_timeout_s
        self._max_body_bytes = max_body_bytes
        self._connections = connections
        self._connector: aiohttp.TCPConnector | None = None
        self._origin = lru_cache(MAX_ORIGINS)(_origin)

    def __repr__(self) -> str:
        in_use = len(self._connector._acquired) if self._connector is not None else 0  # noqa: SLF001  # told in no other way
        return f"<Wire {in_use} connections in use>"

    async def __call__(self, call: Call) -> Reply:
        """Perform the call; raises a SentryError for every answer that is not a success."""
        left_s = call.deadline - self._clock.time()
        if left_s <= 0:
            raise DeadlineExceeded("The deadline of this operation passed", title=call.title)
        try:
            with TimeLimit(min(left_s, self._attempt_timeout_s)):
                status, headers, body = await self._exchange(call)
        except TimeoutError:
            if left_s <= self._attempt_timeout_s:
                raise DeadlineExceeded("The deadline of this operation passed", title=call.title) from None
            raise UpstreamTimeout("Sentry did not answer in time", title=call.title) from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise error_for(call, status, headers, body, self._clock.time())
        if is_html(body):
            raise Unavailable(PAGE, title=call.title, status=status)
        return Reply(status=status, headers=headers, body=body, fetched_at=self._clock.time())

    async def close(self) -> None:
        """Close all connections."""
        if self._connector is not None:
            await self._connector.close()
            self._connector = None

    async def _exchange(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        origin = self._origin(call.host)
        request = encode_request(call, origin.lines)
        try:
            connection, head, content = await self._started(call, origin, request)
            try:
                body = await self._read(call, content)
            except BaseException:
                connection.close()
                raise
        except (aiohttp.ClientError, HttpProcessingError) as error:
            raise _translate_error(call, error) from error
        connection.release()
        return head.code, _select_headers(head.headers), body

    async def _started(self, call: Call, origin: HostConnection, request: bytes) -> ResponseHead:
        """One request; when a kept connection turned out dead it is sent again, once, if it may be repeated."""
        try:
            return await self._sent(origin, request)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
            if call.method not in REPEATABLE:
                raise
        return await self._sent(origin, request)

    async def _sent(self, origin: HostConnection, request: bytes) -> ResponseHead:
        connection = await self._open().connect(origin.request, traces=[], timeout=NO_TIMEOUT)
        try:
            head, content = await _receive_head(connection, request)
        except BaseException:
            connection.close()
            raise
        return connection, head, content

    async def _read(self, call: Call, content: aiohttp.StreamReader) -> bytes:
        chunks: list[bytes] = []
        size_bytes = 0
        while chunk := await content.readany():
            chunks.append(chunk)
            size_bytes += len(chunk)
            if size_bytes > self._max_body_bytes:
                raise BadResponse(f"Sentry's answer is larger than {self._max_body_bytes} bytes", title=call.title)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _open(self) -> aiohttp.TCPConnector:
        if self._connector is None:
            self._connector = aiohttp.TCPConnector(limit=self._connections, ttl_dns_cache=60)
        return self._connector


class TimeLimit:
    """Ends what is awaited in its block with a TimeoutError when that takes longer: asyncio's, without its extras."""

    __slots__ = ("_cancelling", "_is_over", "_seconds", "_task", "_timer")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._is_over = False

    def __enter__(self) -> None:
        self._task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._cancelling = self._task.cancelling()
        self._timer = self._task.get_loop().call_later(self._seconds, self._end)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _frames: object) -> None:
        self._timer.cancel()
        if self._is_over and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _end(self) -> None:
        self._is_over = True
        self._task.cancel()


async def _receive_head(connection: Connection, request: bytes) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
    protocol, transport = connection.protocol, connection.transport
    # Whatever was said before anybody asked is nobody's answer.
    if protocol is None or transport is None or protocol.should_close:
        raise aiohttp.ServerDisconnectedError
    protocol.set_response_params(
        read_until_eof=True,
        read_bufsize=READ_BUFFER_BYTES,
        max_line_size=MAX_HEADER_BYTES,
        max_field_size=MAX_HEADER_BYTES,
    )
    transport.write(request)
    while True:
        head, content = await protocol.read()
        if head.code >= HTTPStatus.OK or head.code == HTTPStatus.SWITCHING_PROTOCOLS:
            return head, content


def _origin(host: str) -> HostConnection:
    headers = {"User-Agent": f"dexter-graphql/{__version__}", "Accept": "application/json"}
    request = aiohttp.ClientRequest("GET", URL(host), headers=headers, loop=asyncio.get_running_loop())
    return HostConnection(request, "".join(f"{name}: {value}\r\n" for name, value in request.headers.items()))


def _select_headers(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    """The headers that somebody reads; of `Link` only the cursors, since its addresses are never followed."""
    kept = {name: value for name in SELECTED_HEADERS if (value := headers.get(name)) is not None}
    for link in LINK.findall(", ".join(headers.getall("link", ()))):
        if 'results="true"' not in link:
            continue
        attributes = dict(ATTRIBUTE.findall(link))
        relation, cursor = attributes.get("rel"), attributes.get("cursor")
        if relation in RELATIONS and attributes.get("results") == "true" and cursor:
            kept[f"cursor-{relation}"] = cursor
    return kept


def _translate_error(call: Call, error: Exception) -> SentryError:
    if isinstance(error, aiohttp.ClientPayloadError):
        return TruncatedResponse("Sentry's answer was cut off", title=call.title)
    if isinstance(error, HttpProcessingError):
        return BadResponse("Sentry's answer is not HTTP that can be read", title=call.title)
    return Unavailable("Sentry cannot be reached", title=call.title)
