"""Signed positions: opaque text for clients; text that was not signed here is refused."""

import base64
import binascii
import hashlib
import hmac

import msgspec

from dexter_graphql.errors import BadUserInput
from dexter_graphql.realtime.brokers.base import Position
from dexter_graphql.realtime.changes import Topic

MAC_BYTES = 12
MAX_LENGTH = 200


class PositionSigner:
    """Signs positions with a key. A position of one topic is not valid in another."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.new(key, b"positions of changes", hashlib.sha256).digest()

    def serialize(self, topic: Topic, position: Position) -> str:
        """The position as text."""
        body = msgspec.json.encode([position.epoch, position.offset])
        return base64.urlsafe_b64encode(self._mac(topic, body) + body).decode().rstrip("=")

    def parse(self, topic: Topic, text: str) -> Position:
        """The position that `serialize` wrote; raises BadUserInput for any other text."""
        try:
            raw = base64.b64decode(text[:MAX_LENGTH] + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            mac, body = raw[:MAC_BYTES], raw[MAC_BYTES:]
            if hmac.compare_digest(mac, self._mac(topic, body)):
                return Position(*msgspec.json.decode(body, type=tuple[str, int]))
        except (binascii.Error, ValueError):
            pass
        raise BadUserInput(
            "'after' is not a position of this stream; it was made by another server or with another key"
        )

    def _mac(self, topic: Topic, body: bytes) -> bytes:
        text = msgspec.json.encode([topic.organization, topic.stream]) + body
        return hmac.new(self._key, text, hashlib.sha256).digest()[:MAC_BYTES]
