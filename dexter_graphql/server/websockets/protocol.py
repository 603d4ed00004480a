"""The protocol `graphql-transport-ws` as a state machine without sockets: messages and events in, actions out."""

import json
from collections.abc import Mapping
from enum import Enum, IntEnum, auto
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.requests import GraphQLRequest, bad_request, from_values
from dexter_graphql.server.responses import RequestRejected

NAME = "graphql-transport-ws"
MAX_ID = 256
"""Characters of an operation's id."""


class CloseCode(IntEnum):
    """Codes of close frames: those of WebSocket, and the protocol's own ones."""

    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INITIALISATION_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_REQUESTS = 4429


class Send(NamedTuple):
    """Send a text message."""

    message: bytes


class Close(NamedTuple):
    """Close the socket; nothing follows."""

    code: CloseCode
    reason: str


class Identify(NamedTuple):
    """Identify the caller by the payload of `connection_init`; then call `acknowledge` or `close`."""

    parameters: Mapping[str, Any]


class Start(NamedTuple):
    """Execute an operation; then call `complete` or `fail`."""

    operation_id: str
    request: GraphQLRequest


class Reject(NamedTuple):
    """Answer an operation with an error; it was not begun."""

    operation_id: str
    rejection: RequestRejected


class Stop(NamedTuple):
    """End an operation, in which its client has lost interest."""

    operation_id: str


Action = Send | Close | Identify | Start | Reject | Stop
ACKNOWLEDGE = Send(b'{"type":"connection_ack"}')
PONG = Send(b'{"type":"pong"}')
SURROGATES: Any = object()
"""Payload of a message that cannot be decoded because of its half surrogates."""


class State(Enum):
    """How far a connection has come."""

    OPENED = auto()
    IDENTIFYING = auto()
    ACKNOWLEDGED = auto()
    CLOSED = auto()


class InvalidMessage(Exception):
    """A message that the protocol does not know; the text is the reason of the close frame."""


class ServerProtocol:
    """The server's side of one connection. Each message and event returns what is to be done for it."""

    __slots__ = ("_max_message_bytes", "_max_operations", "operations", "state")

    def __init__(self, max_operations: int, max_message_bytes: int) -> None:
        self._max_operations = max_operations
        self._max_message_bytes = max_message_bytes
        self.state = State.OPENED
        self.operations: set[str] = set()
        """Ids of the operations that were started and have not ended."""

    def receive(self, text: str | None) -> list[Action]:
        """A message of the client; None for a binary one."""
        if self.state is State.CLOSED:
            return []
        try:
            message = self._decode(text)
            return self._handle(message["type"], message)
        except InvalidMessage as error:
            return self.close(CloseCode.BAD_REQUEST, str(error))

    def acknowledge(self) -> list[Action]:
        """The caller was identified."""
        if self.state is not State.IDENTIFYING:
            return []
        self.state = State.ACKNOWLEDGED
        return [ACKNOWLEDGE]

    def expire(self) -> list[Action]:
        """The time for `connection_init` is over."""
        if self.state is not State.OPENED:
            return []
        return self.close(CloseCode.INITIALISATION_TIMEOUT, "Connection initialisation timeout")

    def complete(self, operation_id: str) -> list[Action]:
        """An operation has ended. Its id is free before the client learns that."""
        return self._end(operation_id, b'"complete"}')

    def fail(self, operation_id: str, errors: bytes) -> list[Action]:
        """An operation ended with errors, a list in JSON."""
        return self._end(operation_id, b'"error","payload":' + errors + b"}")

    def close(self, code: CloseCode, reason: str) -> list[Action]:
        """The server ends the connection."""
        if self.state is State.CLOSED:
            return []
        self.state = State.CLOSED
        stopped: list[Action] = [Stop(operation_id) for operation_id in self.operations]
        self.operations.clear()
        return [*stopped, Close(code, reason)]

    def disconnect(self) -> list[Action]:
        """The client has left."""
        return self.close(CloseCode.INTERNAL_ERROR, "")[:-1]

    def _end(self, operation_id: str, end: bytes) -> list[Action]:
        if operation_id not in self.operations:
            return []
        self.operations.remove(operation_id)
        return [Send(message_start(operation_id) + end)]

    def _handle(self, kind: str, message: dict[str, Any]) -> list[Action]:
        match kind:
            case "connection_init":
                return self._initialise(message)
            case "subscribe":
                return self._subscribe(message)
            case "complete":
                return self._stop(message)
            case "ping":
                _check_payload(message)
                return [PONG]
            case "pong":
                _check_payload(message)
                return []
            case _:
                raise InvalidMessage(f"Unknown message type: {kind}")

    def _initialise(self, message: dict[str, Any]) -> list[Action]:
        parameters = _check_payload(message)
        if self.state is not State.OPENED:
            return self.close(CloseCode.TOO_MANY_REQUESTS, "Too many initialisation requests")
        self.state = State.IDENTIFYING
        return [Identify(parameters)]

    def _subscribe(self, message: dict[str, Any]) -> list[Action]:
        if self.state is not State.ACKNOWLEDGED:
            return self.close(CloseCode.UNAUTHORIZED, "Unauthorized")
        operation_id, payload = _id_of(message), message.get("payload")
        if payload is SURROGATES:
            return [Reject(operation_id, bad_request("The request contains an unpaired surrogate"))]
        if not isinstance(payload, dict):
            raise InvalidMessage("The payload of 'subscribe' must be an object")
        try:
            request = from_values(payload)
        except RequestRejected as rejection:
            raise InvalidMessage(rejection.message) from None
        if operation_id in self.operations:
            return self.close(CloseCode.SUBSCRIBER_EXISTS, f"Subscriber for {operation_id} already exists")
        if len(self.operations) >= self._max_operations:
            return [Reject(operation_id, _too_many_operations(self._max_operations))]
        self.operations.add(operation_id)
        return [Start(operation_id, request)]

    def _stop(self, message: dict[str, Any]) -> list[Action]:
        operation_id = _id_of(message)
        if operation_id not in self.operations:
            return []  # it ended while the message was on its way
        self.operations.remove(operation_id)
        return [Stop(operation_id)]

    def _decode(self, text: str | None) -> dict[str, Any]:
        if text is None:
            raise InvalidMessage("WebSocket message type must be text")
        if len(text) > self._max_message_bytes:
            raise InvalidMessage("WebSocket message is too large")
        try:
            message = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            message = _with_surrogates(text)
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise InvalidMessage("WebSocket message must be a JSON object with a type")
        return message


def message_start(operation_id: str) -> bytes:
    """The first bytes of a message about an operation, up to its type."""
    return b'{"id":' + msgspec.json.encode(operation_id) + b',"type":'


def rejection_of(operation_id: str, errors: bytes) -> Send:
    """The message that ends an operation which was not started; `errors` is a list in JSON."""
    return Send(message_start(operation_id) + b'"error","payload":' + errors + b"}")


def _with_surrogates(text: str) -> Any:
    """A message whose strings hold half surrogates, which some clients send, without its payload."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidMessage("WebSocket message must be valid JSON") from None
    if not isinstance(message, dict) or message.get("type") != "subscribe" or not _id_of(message).isprintable():
        raise InvalidMessage("WebSocket message must be valid JSON")
    return {"type": "subscribe", "id": message["id"], "payload": SURROGATES}


def _id_of(message: dict[str, Any]) -> str:
    operation_id = message.get("id")
    if not isinstance(operation_id, str) or not 0 < len(operation_id) <= MAX_ID:
        raise InvalidMessage(f"'id' must be text of 1 to {MAX_ID} characters")
    return operation_id


def _check_payload(message: dict[str, Any]) -> dict[str, Any]:
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise InvalidMessage(f"The payload of '{message['type']}' must be an object")
    return payload or {}


def _too_many_operations(limit: int) -> RequestRejected:
    message = f"The connection has {limit} operations, which is the limit; end one first"
    return RequestRejected(429, ErrorCode.QUOTA_EXCEEDED, message, is_retryable=True)
