"""The benchmark's upstream: a minimal HTTP server of prepared answers that counts calls by route."""

import asyncio
from collections import Counter
from email.utils import formatdate
from time import time
from typing import Any

import httptools
from typing_extensions import override

from benchmarks.answers import Answer, Answers

WINDOW_S = 1
MAX_ADDRESSES = 10_000
"""Maximum number of cached paths."""


class Upstream:
    """Answers requests and counts them by route."""

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
        self._answers = Answers()
        self._by_address: dict[bytes, tuple[Answer, float]] = {}
        self._volatile_headers = b""

    def respond(self, address: bytes, transport: Any) -> None:
        """Answer a request for this address, now or after the latency of its organization."""
        cached = self._by_address.get(address)
        if cached is None:
            if len(self._by_address) >= MAX_ADDRESSES:
                self._by_address.clear()
            cached = self._by_address[address] = self._answers.find(address.decode())
        answer, latency_s = cached
        self._counts[answer.route] += 1
        if latency_s:
            asyncio.get_running_loop().call_later(latency_s, self._write, answer, transport)
        else:
            self._write(answer, transport)

    def tick(self) -> None:
        """Update the time-dependent headers every second: the date and the rate limit window."""
        now = time()
        self._volatile_headers = (
            f"date: {formatdate(now, usegmt=True)}\r\n"
            "x-sentry-rate-limit-limit: 1000000\r\nx-sentry-rate-limit-remaining: 999999\r\n"
            f"x-sentry-rate-limit-reset: {int(now) + WINDOW_S}\r\n"
            "x-sentry-rate-limit-concurrentlimit: 1000\r\nx-sentry-rate-limit-concurrentremaining: 999\r\n"
        ).encode()
        asyncio.get_running_loop().call_later(WINDOW_S, self.tick)

    def _write(self, answer: Answer, transport: Any) -> None:
        if not transport.is_closing():
            transport.writelines((answer.status, self._volatile_headers, answer.rest))


class Exchange(asyncio.Protocol):
    """One client connection."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._parser = httptools.HttpRequestParser(self)
        self._address = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        """Reset the path."""
        self._address = b""

    def on_url(self, part: bytes) -> None:
        """Append a chunk of the path."""
        self._address += part

    def on_message_complete(self) -> None:
        """Answer the request."""
        self._upstream.respond(self._address, self._transport)
