"""Signed positions: opaque text for clients; text that was not signed here is refused."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Sequence

import msgspec

from dexter_graphql.errors import BadUserInput
from dexter_graphql.realtime.brokers.base import Position, Positions
from dexter_graphql.realtime.changes import Topic

MAC_BYTES = 12
MAX_LENGTH = 8_000
"""Characters of a position; one over all classes of twenty organizations has half as many."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Position])


class PositionSigner:
    """Signs positions with a key. A position of some topics is not valid for others."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.new(key, b"positions of changes", hashlib.sha256).digest()

    def serialize(self, positions: Positions) -> str:
        """The positions in all topics of a subscription as one text."""
        topics = sorted(positions)
        body = _encoder.encode([positions[topic] for topic in topics])
        return base64.urlsafe_b64encode(self._mac(topics, body) + body).decode().rstrip("=")

    def parse(self, topics: Iterable[Topic], text: str) -> Positions:
        """The positions that `serialize` wrote for these topics; raises BadUserInput for any other text."""
        ordered = sorted(topics)
        try:
            raw = base64.b64decode(text[:MAX_LENGTH] + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            mac, body = raw[:MAC_BYTES], raw[MAC_BYTES:]
            if hmac.compare_digest(mac, self._mac(ordered, body)):
                return dict(zip(ordered, _decoder.decode(body), strict=True))
        except (binascii.Error, ValueError):
            pass
        raise BadUserInput(
            "'after' is not a position of this stream; it was made by another server or with another key"
        )

    def _mac(self, topics: Sequence[Topic], body: bytes) -> bytes:
        return hmac.new(self._key, _encoder.encode(topics) + body, hashlib.sha256).digest()[:MAC_BYTES]
