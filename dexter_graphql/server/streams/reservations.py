"""Reservations of event streams: a token for each, which is of use to the caller who made it."""

from dataclasses import dataclass
from http import HTTPStatus
from secrets import token_urlsafe

from dexter_graphql.clock import Clock
from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.identity import Identity
from dexter_graphql.server.quotas import Lease, Quota
from dexter_graphql.server.responses import RequestRejected
from dexter_graphql.server.streams.single_connection import SingleConnection, no_such_stream
from dexter_graphql.telemetry.metrics import Sample

TOKEN_BYTES = 32
RESERVED_S = 30.0
"""Time in which a reserved stream must be opened."""
Owner = tuple[str, str, str, str]


@dataclass(frozen=True, eq=False, slots=True)
class Reservation:
    """A connection, whose it is, until when it may be opened, and what counts it."""

    token: str
    connection: SingleConnection
    owner: Owner
    expires_at: float
    lease: Lease


class Reservations:
    """The reserved and the open connections of this process, by token; `quota` bounds them."""

    def __init__(self, quota: Quota, max_operations: int, clock: Clock) -> None:
        self._quota = quota
        self._max_operations = max_operations
        self._clock = clock
        self._waiting: dict[str, Reservation] = {}
        """In the order in which they expire."""
        self._open: dict[str, Reservation] = {}

    def __repr__(self) -> str:
        return f"<Reservations {len(self._waiting)} waiting, {len(self._open)} open>"

    def collect(self) -> list[Sample]:
        """The number of connections that are reserved, and of those that are open."""
        name, description = "dexter_event_connections", "Event streams that carry many operations, by state."
        counts = (("reserved", len(self._waiting)), ("open", len(self._open)))
        return [Sample(name, description, count, (("state", state),)) for state, count in counts]

    def reserve(self, identity: Identity) -> str:
        """Return the token of a new connection; rejects more than the caller may have."""
        self._drop_expired()
        lease = self._quota.acquire(identity.caller.subject)
        token, expires_at = token_urlsafe(TOKEN_BYTES), self._clock.monotonic() + RESERVED_S
        connection = SingleConnection(self._max_operations)
        self._waiting[token] = Reservation(token, connection, _owner_of(identity), expires_at, lease)
        return token

    def find(self, token: str, identity: Identity) -> Reservation:
        """Return a reservation of the caller; the token of another one is as unknown as any other text."""
        self._drop_expired()
        reservation = self._open.get(token) or self._waiting.get(token)
        if reservation is None or reservation.owner != _owner_of(identity):
            raise no_such_stream()
        return reservation

    def open(self, reservation: Reservation) -> None:
        """Count the event stream as there; rejects a second one."""
        if self._waiting.pop(reservation.token, None) is None:
            message = "The event stream of this token is open already"
            raise RequestRejected(HTTPStatus.CONFLICT, ErrorCode.CONFLICT, message)
        self._open[reservation.token] = reservation

    def release(self, reservation: Reservation) -> None:
        """Forget a connection whose event stream has ended."""
        self._open.pop(reservation.token, None)
        reservation.lease.release()

    def _drop_expired(self) -> None:
        now = self._clock.monotonic()
        while self._waiting:
            oldest = next(iter(self._waiting.values()))
            if oldest.expires_at > now:
                return
            del self._waiting[oldest.token]
            oldest.connection.end()
            oldest.lease.release()


def _owner_of(identity: Identity) -> Owner:
    """All that decides what a caller may see: the same person with another credential is another owner."""
    return identity.credential, identity.caller.subject, identity.upstream.key, identity.reach.key
