"""Limits on connections and request bytes, and the pool that the connections of one server share."""

from dataclasses import dataclass
from typing import Protocol

from dexter_graphql.concurrency.timeouts import Timeouts
from dexter_graphql.telemetry.counters import Counter
from dexter_graphql.telemetry.metrics import Metrics, Sample

MEBIBYTE = 1024 * 1024
PING_INTERVAL_S = 20.0
"""Time between pings of a WebSocket, and for the answer to each."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Limits that apply before a request reaches the application."""

    connections: int = 10_000
    """HTTP connections, WebSockets not counted."""
    head_bytes: int = 64 * 1024
    head_s: float = 10.0
    body_s: float = 30.0
    in_flight_bytes: int = 256 * MEBIBYTE
    pipelined: int = 16
    """Requests of one connection that wait for an earlier one."""
    message_bytes: int = MEBIBYTE
    """Largest WebSocket message."""


@dataclass(slots=True)
class ByteBudget:
    """Bytes of requests that were received and are not answered yet."""

    limit: int
    used: int = 0

    def take(self, size: int) -> bool:
        """Reserve bytes; False, and none are reserved, when too few are left."""
        if self.used + size > self.limit:
            return False
        self.used += size
        return True

    def release(self, size: int) -> None:
        """Return reserved bytes."""
        self.used -= size


class Evictable(Protocol):
    """An HTTP connection as its pool sees it."""

    def evict(self) -> None:
        """Close the connection in favour of a new one."""


class Pingable(Protocol):
    """A WebSocket as its pool sees it."""

    def send_keepalive_ping(self) -> None:
        """Send a ping, or end the connection when the one before was not answered."""


class ConnectionPool:
    """The HTTP connections of one server. Idle ones make room for new ones when there are too many."""

    def __init__(self, limits: ConnectionLimits, metrics: Metrics) -> None:
        self.limits = limits
        self.bodies = ByteBudget(limits.in_flight_bytes)
        self.rejections = Counter(
            "dexter_rejected_connections", "Connections and requests rejected before routing.", "reason"
        )
        self.is_stopping = False
        """True once the server stops: the next request of a connection is its last."""
        self.pings: Timeouts[Pingable] = Timeouts(PING_INTERVAL_S, lambda socket: socket.send_keepalive_ping())
        """WebSockets, each of which is sent a ping when its time is over."""
        self._count = 0
        self._idle: dict[Evictable, None] = {}
        metrics.register(self.collect)
        metrics.registry.register(self.rejections)

    def collect(self) -> list[Sample]:
        """The gauges of the pool."""
        return [
            Sample("dexter_http_connections", "Open HTTP connections.", self._count),
            Sample("dexter_request_bytes_in_flight", "Bytes of requests not answered yet.", self.bodies.used),
        ]

    def admit(self, connection: Evictable) -> bool:
        """Count a new connection; False when there are too many and none is idle."""
        if self._count >= self.limits.connections:
            oldest = next(iter(self._idle), None)
            if oldest is None:
                return False
            oldest.evict()
        self._count += 1
        self._idle[connection] = None
        return True

    def release(self, connection: Evictable) -> None:
        """Forget a connection that was admitted."""
        self._count -= 1
        self._idle.pop(connection, None)

    def mark_busy(self, connection: Evictable) -> None:
        """A request began on the connection."""
        self._idle.pop(connection, None)

    def mark_idle(self, connection: Evictable) -> None:
        """The connection waits for a request."""
        self._idle[connection] = None
