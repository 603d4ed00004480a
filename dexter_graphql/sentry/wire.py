"""Knows how to perform one call over HTTP; the only file that imports aiohttp.

Turns whatever goes wrong on the network into the tree of `errors.py`. Does not decode answers, and does not retry them.
"""

import asyncio
import re
from http import HTTPStatus

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from dexter_graphql import __version__
from dexter_graphql.clock import Clock
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.errors import (
    BadResponse,
    CutOff,
    DeadlineExceeded,
    SentryError,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.refusals import PAGE, is_html, refusal

KEPT_HEADERS = frozenset(
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
CONNECTIONS = 100
CHUNK_BYTES = 64 * 1024


class Wire:
    """The HTTP session. `attempt_timeout_s` bounds one exchange, the call's deadline bounds what is left of it."""

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
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        connector = self._session.connector if self._session is not None else None
        return f"<Wire {len(connector._acquired) if connector is not None else 0} connections in use>"  # noqa: SLF001  # aiohttp tells it in no other way

    async def __call__(self, call: Call) -> Reply:
        """Perform the call; raises a SentryError for every answer that is not a success."""
        left = call.deadline - self._clock.time()
        if left <= 0:
            raise DeadlineExceeded("The deadline of this operation passed", title=call.title)
        try:
            async with asyncio.timeout(min(left, self._attempt_timeout_s)):
                status, headers, body = await self._exchange(call)
        except TimeoutError:
            if left <= self._attempt_timeout_s:
                raise DeadlineExceeded("The deadline of this operation passed", title=call.title) from None
            raise UpstreamTimeout("Sentry did not answer in time", title=call.title) from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise refusal(call, status, headers, body, self._clock.time())
        if is_html(body):
            raise Unavailable(PAGE, title=call.title, status=status)
        return Reply(status=status, headers=headers, body=body, fetched_at=self._clock.time())

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def _exchange(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        """One request; when a kept connection turned out dead aiohttp sends it again, once, unless it is a POST."""
        try:
            return await self._request(call)
        except aiohttp.ClientError as error:
            raise _translated(call, error) from error

    async def _request(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        url = URL(call.host + call.path, encoded=True).with_query(call.query)
        headers = {"Authorization": f"Bearer {call.upstream.token}"}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        async with self._open().request(
            call.method, url, data=call.body, headers=headers, allow_redirects=False
        ) as response:
            return response.status, _kept(response.headers), await self._read(call, response)

    async def _read(self, call: Call, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(CHUNK_BYTES):
            body += chunk
            if len(body) > self._max_body_bytes:
                raise BadResponse(f"Sentry's answer is larger than {self._max_body_bytes} bytes", title=call.title)
        return bytes(body)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, ttl_dns_cache=60),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": f"dexter-graphql/{__version__}", "Accept": "application/json"},
                timeout=aiohttp.ClientTimeout(total=None),
                max_line_size=MAX_HEADER_BYTES,
                max_field_size=MAX_HEADER_BYTES,
            )
        return self._session


def _kept(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    """The headers that somebody reads; of `Link` only the cursors, since its addresses are never followed."""
    kept = {name.lower(): value for name, value in headers.items() if name.lower() in KEPT_HEADERS}
    for link in LINK.findall(", ".join(headers.getall("link", ()))):
        attributes = dict(ATTRIBUTE.findall(link))
        relation, cursor = attributes.get("rel"), attributes.get("cursor")
        if relation in RELATIONS and attributes.get("results") == "true" and cursor:
            kept[f"cursor-{relation}"] = cursor
    return kept


def _translated(call: Call, error: aiohttp.ClientError) -> SentryError:
    if isinstance(error, aiohttp.ClientPayloadError):
        return CutOff("Sentry's answer was cut off", title=call.title)
    if isinstance(error, (aiohttp.ClientResponseError, aiohttp.InvalidURL)):
        return BadResponse("Sentry's answer is not HTTP that can be read", title=call.title)
    return Unavailable("Sentry cannot be reached", title=call.title)
