"""Log of received requests, for tests that count upstream calls."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

MAX_REQUESTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A received request. `route` is the path template, None when no route matched.

    `status` is None when no response was sent; `token` is the kind of token, None without a valid one.
    """

    method: str
    route: str | None
    path: str
    query: Sequence[tuple[str, str]]
    status: int | None
    token: str | None
    body: object
    at: float

    @property
    def line(self) -> str:
        """Method and URL, for failure messages of tests."""
        return f"{self.method} {self.path}{'?' if self.query else ''}{urlencode(self.query)}"


class RequestLog:
    """The newest requests, oldest first, up to a bound."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=MAX_REQUESTS)

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[LoggedRequest]:
        return iter(tuple(self._requests))

    def append(self, request: LoggedRequest) -> None:
        """Add a request."""
        self._requests.append(request)

    def clear(self) -> None:
        """Remove all requests."""
        self._requests.clear()

    def count(self, method: str | None = None, route: str | None = None) -> int:
        """The number of requests with that method and route template, both optional."""
        return len(self.select(method, route))

    def select(self, method: str | None = None, route: str | None = None) -> list[LoggedRequest]:
        """The requests with that method and route template, both optional."""
        return [r for r in self if (method is None or r.method == method) and (route is None or r.route == route)]

    def lines(self) -> list[str]:
        """All requests as lines."""
        return [request.line for request in self]
