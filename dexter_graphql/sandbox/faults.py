"""Scripted faults: which requests fail, how often and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from typing import Final, Literal, get_args

from dexter_graphql.sandbox.http import Response

MAX_FAULTS: Final = 100
FaultKind = Literal["answer", "delay", "reset", "truncate", "hang", "close", "oversize", "trickle", "skew"]
FAULT_KINDS: Final = get_args(FaultKind)


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure of matching requests.

    `answer` sends `status`, `body` (JSON data, or text unchanged) and `headers`; `delay` only waits; `reset` resets
    the connection; `truncate` sends half of the response; `hang` never responds; `close` sends the response and closes
    the connection without announcing it; `oversize` sends `size_bytes` of spaces before the response; `trickle` sends
    the response in `pieces` over `trickle_s`; `skew` sends it as a server whose clock is `skew_s` ahead.

    Every kind first waits `delay_s`, plus or minus up to `spread_s`. The fault applies to requests with that `method`
    and `route` (a path template or part of the path; None for any), `times` times (None for no bound), with
    `probability`.
    """

    kind: FaultKind = "answer"
    method: str | None = None
    route: str | None = None
    times: int | None = 1
    probability: float = 1.0
    delay_s: float = 0.0
    spread_s: float = 0.0
    status: int = 500
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    size_bytes: int = 0
    trickle_s: float = 0.0
    pieces: int = 10
    skew_s: float = 0.0

    def matches(self, method: str, route: str | None, path: str) -> bool:
        """Whether the fault applies to the request."""
        is_route = self.route is None or self.route == route or self.route in path
        return is_route and self.method in {None, method}

    def response(self) -> Response:
        """The scripted response; text is HTML unless the headers say otherwise."""
        if isinstance(self.body, str):
            return Response(self.body.encode(), self.status, {"Content-Type": "text/html"} | dict(self.headers))
        return Response(self.body, self.status, self.headers)


def internal_error(event_id: str = "0" * 32) -> Fault:
    """Sentry's 500."""
    return Fault(status=500, body={"detail": "Internal Error", "errorId": event_id})


def html_page(status: int = 502) -> Fault:
    """An HTML error page of a proxy in front of Sentry."""
    return Fault(status=status, body="<html><body><h1>Bad Gateway</h1></body></html>")


def unexpected_body(body: object = None) -> Fault:
    """A 200 whose body has an unexpected shape."""
    return Fault(status=200, body={"surprise": True} if body is None else body)


def window_limit(limit: int, window_s: int, reset_at: int) -> Fault:
    """The 429 of the rate limit window; it has no `Retry-After`, only the start of the next window."""
    detail = "You are attempting to use this endpoint too frequently. "
    detail += f"Limit is {limit} requests in {window_s} seconds"
    return Fault(status=429, body={"detail": detail}, headers=rate_limit_headers(limit, 0, reset_at))


def concurrency_limit(limit: int, reset_at: int) -> Fault:
    """The 429 of the concurrency limit; the window still has requests left."""
    detail = "You are attempting to go above the allowed concurrency for this endpoint. "
    detail += f"Concurrency limit is {limit}"
    headers = rate_limit_headers(999, 998, reset_at, concurrent=limit, concurrent_remaining=0)
    return Fault(status=429, body={"detail": detail}, headers=headers)


def store_limit() -> Fault:
    """The 429 of the event store, which a retry of the same query does not resolve."""
    detail = "Rate limit exceeded. Please try your query with a smaller date range or fewer projects."
    return Fault(status=429, body={"detail": detail})


def brownout(date: str = "2026-05-14", replacement: str | None = None) -> Fault:
    """The 410 of a deprecated route during a scheduled brownout."""
    headers = {"X-Sentry-Deprecation-Date": date}
    if replacement:
        headers["X-Sentry-Replacement-Endpoint"] = replacement
    return Fault(status=410, body={"message": "This API no longer exists."}, headers=headers)


def rate_limit_headers(
    limit: int, remaining: int, reset_at: int, *, concurrent: int = 999, concurrent_remaining: int = 998
) -> dict[str, str]:
    """The five rate limit headers of a response."""
    return {
        "X-Sentry-Rate-Limit-Limit": str(limit),
        "X-Sentry-Rate-Limit-Remaining": str(remaining),
        "X-Sentry-Rate-Limit-Reset": str(reset_at),
        "X-Sentry-Rate-Limit-ConcurrentLimit": str(concurrent),
        "X-Sentry-Rate-Limit-ConcurrentRemaining": str(concurrent_remaining),
    }


class FaultQueue:
    """The active faults in the order they were added. The first one that matches a request is used."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._ids = count(1)
        self._faults: dict[int, Fault] = {}

    def add(self, fault: Fault, **changes: object) -> int:
        """Add a fault with some of its fields replaced; returns its id."""
        if len(self._faults) >= MAX_FAULTS:
            raise ValueError(f"at most {MAX_FAULTS} faults at a time")
        number = next(self._ids)
        self._faults[number] = replace(fault, **changes)  # type: ignore[arg-type]
        return number

    def remove(self, number: int) -> None:
        """Remove a fault; does nothing when it is already used up."""
        self._faults.pop(number, None)

    def clear(self) -> None:
        """Remove all faults."""
        self._faults.clear()

    def active(self) -> dict[int, Fault]:
        """The active faults by id."""
        return dict(self._faults)

    def draw_delay_s(self, fault: Fault) -> float:
        """A random delay for one request within the fault's spread."""
        return max(0.0, fault.delay_s + self._random.uniform(-fault.spread_s, fault.spread_s))

    def take(self, method: str, route: str | None, path: str) -> Fault | None:
        """The fault for the request, if any, counted as used."""
        for number, fault in list(self._faults.items()):
            if fault.matches(method, route, path) and self._random.random() < fault.probability:
                self._use(number, fault)
                return fault
        return None

    def _use(self, number: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times <= 1:
            del self._faults[number]
        else:
            self._faults[number] = replace(fault, times=fault.times - 1)
