"""Framings of streams over HTTP: server-sent events and multipart."""

from typing import Any, Protocol

import msgspec

from dexter_graphql.server.responses import EVENT_STREAM, MULTIPART

RETRY_MS = 2000
"""Time after which a browser's `EventSource` connects again."""
BOUNDARY = "graphql"
PART_HEAD = b"\r\nContent-Type: application/json\r\n\r\n"
DELIMITER = f"\r\n--{BOUNDARY}".encode()
"""Follows each part at once, because clients read a part when they have seen the delimiter after it."""


class Framing(Protocol):
    """How a kind of stream writes its start, an answer, a heartbeat and its end.

    A stream that is cut before its `end` is taken for a broken connection, so that clients connect again.
    """

    content_type: str
    start: bytes
    heartbeat: bytes
    end: bytes

    def frame(self, body: bytes, position: str | None) -> bytes:
        """One answer, and the position after it, from which a client can resume."""
        ...

    def rejection(self, error: dict[str, Any]) -> bytes:
        """An error that ends the stream, and the end."""
        ...


class EventFraming:
    """Server-sent events of the protocol graphql-sse, each with its position as id."""

    content_type = EVENT_STREAM
    start = b"retry: %d\n\n" % RETRY_MS
    heartbeat = b":\n\n"
    end = b"event: complete\ndata:\n\n"

    def frame(self, body: bytes, position: str | None) -> bytes:
        """One `next` event."""
        last_line = b"\n\n" if position is None else b"\nid: %b\n\n" % position.encode()
        return b"event: next\ndata: " + body + last_line

    def rejection(self, error: dict[str, Any]) -> bytes:
        """A `next` event with an error, and the `complete` event."""
        return self.frame(msgspec.json.encode({"errors": [error]}), None) + self.end


class MultipartFraming:
    """Parts of Apollo's multipart subscription protocol. Positions are in the answers alone."""

    content_type = f'{MULTIPART}; boundary="{BOUNDARY}"; subscriptionSpec=1.0'
    start = DELIMITER.lstrip()
    heartbeat = PART_HEAD + b"{}" + DELIMITER
    end = b"--\r\n"

    def frame(self, body: bytes, _position: str | None) -> bytes:
        """One part with an answer as payload."""
        return PART_HEAD + b'{"payload":' + body + b"}" + DELIMITER

    def rejection(self, error: dict[str, Any]) -> bytes:
        """A part with an error of the transport, which is beside the payload, and the last delimiter."""
        return PART_HEAD + msgspec.json.encode({"payload": None, "errors": [error]}) + DELIMITER + self.end


FRAMINGS: dict[str, Framing] = {EVENT_STREAM: EventFraming(), MULTIPART: MultipartFraming()}
"""By media type."""
