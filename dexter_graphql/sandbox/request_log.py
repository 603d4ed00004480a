"""Remembers which calls arrived, so that tests can count them. Knows nothing of what was answered but the status."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

MAX_REQUESTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A call that arrived. `route` is the template (`/organizations/{organization}/issues/`), None when no route fits.

    `status` is None when the connection was cut instead of answered; `token` is the kind of token, None without one.
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
        """`GET /api/0/…?…`, for messages of failed tests."""
        return f"{self.method} {self.path}{'?' if self.query else ''}{urlencode(self.query)}"


class RequestLog:
    """The newest requests, oldest first; older ones fall out at the bound."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=MAX_REQUESTS)

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[LoggedRequest]:
        return iter(tuple(self._requests))

    def append(self, request: LoggedRequest) -> None:
        """Remember one more."""
        self._requests.append(request)

    def clear(self) -> None:
        """Forget all."""
        self._requests.clear()

    def count(self, method: str | None = None, route: str | None = None) -> int:
        """How many arrived with that method and that route template (both optional)."""
        return len(self.select(method, route))

    def select(self, method: str | None = None, route: str | None = None) -> list[LoggedRequest]:
        """Those with that method and that route template (both optional)."""
        return [r for r in self if (method is None or r.method == method) and (route is None or r.route == route)]

    def lines(self) -> list[str]:
        """Each request as a line."""
        return [request.line for request in self]
