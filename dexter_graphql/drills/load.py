"""HTTP clients that generate load, check each answer and count the results."""

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
Validator = Callable[[Any], bool]
"""Whether the data of an answer is right."""


@dataclass(frozen=True, slots=True)
class LoadResponse:
    """Outcome of one request: `codes` of its errors, and the longest `retryAfterSeconds` if any error has one."""

    is_right: bool
    is_stale: bool
    codes: tuple[str, ...]
    retry_after_s: float | None
    took_s: float


@dataclass(slots=True)
class LoadCounters:
    """Counters of a client. `waits` holds seconds until the answer, in the order of the answers."""

    requests: int = 0
    right: int = 0
    wrong: int = 0
    stale: int = 0
    upstream_calls: int = 0
    retries: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    waits: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, response: LoadResponse, explain: Mapping[str, Any]) -> None:
        """Count one response and the upstream calls in its `extensions.dexter`."""
        self.requests += 1
        self.right += response.is_right
        self.wrong += not response.is_right and not response.codes
        self.stale += response.is_stale
        self.upstream_calls += explain.get("upstreamCalls", 0)
        self.retries += explain.get("retries", 0)
        self.codes.update(response.codes)
        self.waits.append(response.took_s)

    def reset(self) -> None:
        """Set all counters to zero."""
        zero = LoadCounters()
        for name in self.__slots__:
            setattr(self, name, getattr(zero, name))

    def figures(self, label: str = "") -> Figures:
        """The rows that all drills print, each with the label in front."""
        codes = ", ".join(f"{code} {count}" for code, count in sorted(self.codes.items()))
        rows = {
            "requests": self.requests,
            "right answers": self.right,
            "wrong answers": self.wrong,
            "stale answers": self.stale,
            "errors by code": codes or "none",
            "median wait, s": quantile(self.waits, 0.5),
            "p99 wait, s": quantile(self.waits, 0.99),
            "longest wait, s": max(self.waits, default=0.0),
        }
        return {f"{label} {name}".strip(): value for name, value in rows.items()}


class LoadClient:
    """A GraphQL client for any number of concurrent tasks, which share its session and counters."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self.counters = LoadCounters()

    async def query(
        self, document: str, validator: Validator, *, variables: Mapping[str, Any] | None = None
    ) -> LoadResponse:
        """Send a request and count its response. A response that is not GraphQL counts as the error `NO_ANSWER`."""
        request = {"query": document, "variables": variables or {}, "extensions": EXPLAIN}
        started_at = time.monotonic()
        try:
            async with self._session.post(self._url, json=request) as reply:
                body = await reply.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            body = {"errors": [{"extensions": {"code": "NO_ANSWER"}}]}
        explain = body.get("extensions", {}).get("dexter", {})
        response = _read(body, explain, validator, time.monotonic() - started_at)
        self.counters.add(response, explain)
        return response


@asynccontextmanager
async def load_client(url: str, headers: Mapping[str, str] = NO_HEADERS) -> AsyncIterator[LoadClient]:
    """A client without a limit of connections, open until the block ends."""
    # Idle connections are closed before the server's own timeout, so that no request meets a closing connection.
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=2)
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers) as session:
        yield LoadClient(session, url)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed; 0 without values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def peak_per_second(times: Sequence[float]) -> int:
    """The largest number of times, in seconds, that lie within one second."""
    ordered, first, peak = sorted(times), 0, 0
    for last, at in enumerate(ordered):
        while at - ordered[first] >= 1.0:
            first += 1
        peak = max(peak, last - first + 1)
    return peak


def _read(body: Any, explain: Mapping[str, Any], validator: Validator, took_s: float) -> LoadResponse:
    errors = [error.get("extensions", {}) for error in body.get("errors", ())]
    codes = tuple(str(error.get("code", "NO_CODE")) for error in errors)
    delays = [error["retryAfterSeconds"] for error in errors if "retryAfterSeconds" in error]
    is_right = not errors and validator(body.get("data"))
    return LoadResponse(is_right, bool(explain.get("stale")), codes, max(delays, default=None), took_s)
