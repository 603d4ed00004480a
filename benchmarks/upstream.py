"""The Sentry of the benchmark: finished answers over bare HTTP, counted by route. Knows nothing of who asks."""

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
"""Addresses that are remembered with their answers."""


class Upstream:
    """Answers requests, and counts how often each route was asked for."""

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
        self._answers = Answers()
        self._known: dict[bytes, tuple[Answer, float]] = {}
        self._moving = b""

    def respond(self, address: bytes, transport: Any) -> None:
        """Answer a request for this address, now or after the latency of its organization."""
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= MAX_ADDRESSES:
                self._known.clear()
            known = self._known[address] = self._answers.find(address.decode())
        answer, latency_s = known
        self._counts[answer.route] += 1
        if latency_s:
            asyncio.get_running_loop().call_later(latency_s, self._write, answer, transport)
        else:
            self._write(answer, transport)

    def tick(self) -> None:
        """Write the headers that move with time anew, each second: the date, and the limits with their window."""
        now = time()
        self._moving = (
            f"date: {formatdate(now, usegmt=True)}\r\n"
            "x-sentry-rate-limit-limit: 1000000\r\nx-sentry-rate-limit-remaining: 999999\r\n"
            f"x-sentry-rate-limit-reset: {int(now) + WINDOW_S}\r\n"
            "x-sentry-rate-limit-concurrentlimit: 1000\r\nx-sentry-rate-limit-concurrentremaining: 999\r\n"
        ).encode()
        asyncio.get_running_loop().call_later(WINDOW_S, self.tick)

    def _write(self, answer: Answer, transport: Any) -> None:
        if not transport.is_closing():
            transport.writelines((answer.status, self._moving, answer.rest))


class Exchange(asyncio.Protocol):
    """One connection that somebody asks over."""

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
        """Forget the request before."""
        self._address = b""

    def on_url(self, part: bytes) -> None:
        """Take a piece of the address."""
        self._address += part

    def on_message_complete(self) -> None:
        """Answer."""
        self._upstream.respond(self._address, self._transport)
