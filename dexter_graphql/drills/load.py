"""Clients that ask over HTTP, look whether the answer is right, and count. Knows no drill and no promise."""

import math
import time
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from dexter_graphql.drills.report import Figures

EXPLAIN = {"dexter": {"explain": "summary"}}
NO_HEADERS: Mapping[str, str] = {}
Check = Callable[[Any], bool]
"""Whether the data of an answer is right."""


@dataclass(frozen=True, slots=True)
class LoadAnswer:
    """What came back for one request: `codes` of its errors, none when it succeeded; `retry_after_s` if told."""

    is_right: bool
    is_stale: bool
    codes: tuple[str, ...]
    retry_after_s: float | None
    took_s: float


@dataclass(slots=True)
class LoadCounters:
    """What a group of clients counted. `waits` holds seconds until the answer, in the order of the answers."""

    requests: int = 0
    right: int = 0
    wrong: int = 0
    stale: int = 0
    upstream_calls: int = 0
    retries: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    waits: "array[float]" = field(default_factory=lambda: array("d"))

    def count(self, answer: LoadAnswer, told: Mapping[str, Any]) -> None:
        """Count one answer, and what it told of its calls."""
        self.requests += 1
        self.right += answer.is_right
        self.wrong += not answer.is_right and not answer.codes
        self.stale += answer.is_stale
        self.upstream_calls += told.get("upstreamCalls", 0)
        self.retries += told.get("retries", 0)
        self.codes.update(answer.codes)
        self.waits.append(answer.took_s)

    def forget(self) -> None:
        """Begin to count anew."""
        fresh = LoadCounters()
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))

    @property
    def right_share(self) -> float:
        """Right answers among all requests."""
        return self.right / self.requests if self.requests else 0.0

    def figures(self, who: str = "") -> Figures:
        """The rows that every drill shows."""
        codes = ", ".join(f"{code} {count}" for code, count in sorted(self.codes.items()))
        rows = {
            "requests": self.requests,
            "right answers": self.right,
            "wrong answers": self.wrong,
            "stale answers": self.stale,
            "errors by code": codes or "none",
            "median wait, s": share_of(self.waits, 0.5),
            "p99 wait, s": share_of(self.waits, 0.99),
            "worst wait, s": max(self.waits, default=0.0),
        }
        return {f"{who} {name}".strip(): value for name, value in rows.items()}


class Client:
    """One client of a group; groups share a session and a tally."""

    def __init__(self, session: aiohttp.ClientSession, url: str, tally: LoadCounters) -> None:
        self._session = session
        self._url = url
        self.tally = tally

    async def ask(self, query: str, check: Check, *, variables: Mapping[str, Any] | None = None) -> LoadAnswer:
        """Ask once, and count the answer. What is no answer of GraphQL counts as the error `NO_ANSWER`."""
        asked = {"query": query, "variables": variables or {}, "extensions": EXPLAIN}
        began = time.monotonic()
        try:
            async with self._session.post(self._url, json=asked) as response:
                body = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            body = {"errors": [{"extensions": {"code": "NO_ANSWER"}}]}
        answer, told = _read(body, check, time.monotonic() - began)
        self.tally.count(answer, told)
        return answer


@asynccontextmanager
async def group(url: str, headers: Mapping[str, str] = NO_HEADERS) -> AsyncIterator[Client]:
    """A client for any number of tasks, with connections as they need them."""
    # Shorter than the server keeps idle connections: none is used in the moment in which it is closed.
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=2)
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers) as session:
        yield Client(session, url, LoadCounters())


def share_of(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed; 0 without values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def busiest_second(instants: Sequence[float]) -> int:
    """The most instants within any stretch of one second."""
    ordered, first, most = sorted(instants), 0, 0
    for last, at in enumerate(ordered):
        while at - ordered[first] >= 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


def _read(body: Any, check: Check, took_s: float) -> tuple[LoadAnswer, Mapping[str, Any]]:
    errors = [error.get("extensions", {}) for error in body.get("errors", ())]
    told = body.get("extensions", {}).get("dexter", {})
    codes = tuple(str(error.get("code", "NO_CODE")) for error in errors)
    times = [error["retryAfterSeconds"] for error in errors if "retryAfterSeconds" in error]
    is_right = not errors and check(body.get("data"))
    return LoadAnswer(is_right, bool(told.get("stale")), codes, max(times, default=None), took_s), told
