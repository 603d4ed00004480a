"""Persistent HTTP connection that posts webhooks one after the other."""

import asyncio
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

import httptools
from typing_extensions import override


class WebhookConnection(asyncio.Protocol):
    """One HTTP/1.1 connection to the server of a URL. `post` may be called again when it has returned a status."""

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self._target = parts.path + (f"?{parts.query}" if parts.query else "")
        self._host = parts.netloc.rpartition("@")[2]
        self._address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        self._is_encrypted = parts.scheme == "https"
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] | None = None

    @property
    def is_open(self) -> bool:
        """Whether another request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    async def post(self, headers: Mapping[str, str], body: bytes) -> int:
        """Status of the answer; raises OSError when there is none. Connects for the first request."""
        if self._transport is None:
            await asyncio.get_running_loop().create_connection(
                lambda: self, *self._address, ssl=self._is_encrypted or None
            )
        transport = cast(asyncio.Transport, self._transport)
        self._parser = httptools.HttpResponseParser(self)
        self._answer = asyncio.get_running_loop().create_future()
        transport.write(self._encode_head(headers, body) + body)
        return await self._answer

    def close(self) -> None:
        """Close the connection without waiting for an answer."""
        if self._transport is not None:
            self._transport.abort()

    def _encode_head(self, headers: Mapping[str, str], body: bytes) -> bytes:
        lines = [f"POST {self._target} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    @override
    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ConnectionError(f"not an HTTP response: {error}"))
            self.close()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(ConnectionResetError("the connection was closed without an answer"))

    def on_message_complete(self) -> None:
        """Return the status to the caller of `post`."""
        if not self._parser.should_keep_alive():
            self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())

    def _fail(self, error: OSError) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
