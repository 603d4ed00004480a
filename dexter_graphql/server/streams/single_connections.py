"""Requests of graphql-sse's single connection mode: reserve and open an event stream, start and stop operations."""

from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dexter_graphql.graph.identity import Identity
from dexter_graphql.server.admission import Admission
from dexter_graphql.server.executor import ExecutionRequest
from dexter_graphql.server.headers import headers_of, text_of
from dexter_graphql.server.live.operations import OperationStreams
from dexter_graphql.server.requests import MAX_PARAMETERS, bad_request, checked_name
from dexter_graphql.server.responses import PROTECTIVE_HEADERS, RequestRejected
from dexter_graphql.server.streams.reservations import Reservation, Reservations
from dexter_graphql.server.streams.response import StreamResponse, StreamSettings
from dexter_graphql.server.streams.single_connection import OpenOperation, no_such_stream

TOKEN_HEADER = b"x-graphql-event-stream-token"
TOKEN_PARAMETER = "token"  # noqa: S105  # a name
CONNECTION_METHODS = frozenset({"PUT", "DELETE"})
OPERATION_ID_PARAMETER = "operationId"


class SingleConnections:
    """The connections of this process. Every request needs the credential with which the stream was reserved."""

    def __init__(
        self, streams: OperationStreams, admission: Admission, reservations: Reservations, settings: StreamSettings
    ) -> None:
        self._streams = streams
        self._admission = admission
        self._reservations = reservations
        self._settings = settings

    def respond(self, scope: Scope, identity: Identity) -> ASGIApp:
        """Answer PUT with the token of a new event stream, and DELETE by ending an operation."""
        if scope["method"] == "DELETE":
            return self._stop(scope, identity)
        token = self._reservations.reserve(identity)
        return Response(token, HTTPStatus.CREATED, PROTECTIVE_HEADERS, "text/plain")

    def find(self, scope: Scope, identity: Identity) -> Reservation | None:
        """Return the reservation that a request names; None when it names none."""
        token = token_of(scope)
        return None if token is None else self._reservations.find(token, identity)

    def open(self, reservation: Reservation, identity: Identity) -> ASGIApp:
        """Answer GET with the event stream; rejects a second one, and one too many of the caller."""
        lease = self._admission.acquire_stream(identity)
        try:
            self._reservations.open(reservation)
        except RequestRejected:
            lease.release()
            raise
        response = StreamResponse(reservation.connection, self._settings, lease)

        async def send_stream(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await response(scope, receive, send)
            finally:
                self._reservations.release(reservation)

        return send_stream

    def accept(self, reservation: Reservation, execution: ExecutionRequest) -> ASGIApp:
        """Answer an operation with 202; its answers are events of the stream."""
        operation_id = checked_name(execution.request.operation_id, "'extensions.operationId'")
        connection = reservation.connection
        connection.check_id(operation_id)
        lease = self._admission.acquire_stream(execution.identity) if execution.is_stream else None
        connection.add(operation_id, OpenOperation(partial(self._streams.open, execution), lease))
        return Response(status_code=HTTPStatus.ACCEPTED, headers=PROTECTIVE_HEADERS)

    def _stop(self, scope: Scope, identity: Identity) -> ASGIApp:
        reservation = self.find(scope, identity)
        if reservation is None:
            raise no_such_stream()
        operation_id = checked_name(_parameters(scope).get(OPERATION_ID_PARAMETER), f"'{OPERATION_ID_PARAMETER}'")
        reservation.connection.stop(operation_id)  # which may have ended already
        return Response(status_code=HTTPStatus.OK, headers=PROTECTIVE_HEADERS)


def token_of(scope: Scope) -> str | None:
    """Return the token of an event stream in the header or, for `EventSource`, in the address."""
    token = text_of(headers_of(scope).get(TOKEN_HEADER))
    if token is None and scope["query_string"]:
        return _parameters(scope).get(TOKEN_PARAMETER)
    return token


def _parameters(scope: Scope) -> dict[str, str]:
    try:
        return dict(parse_qsl(scope["query_string"].decode("latin-1"), max_num_fields=MAX_PARAMETERS))
    except ValueError:
        raise bad_request(f"The query string has more than {MAX_PARAMETERS} parameters") from None
