"""Frames of the raw WebSocket client."""

import pytest
from websockets.frames import Frame, Opcode

from dexter_graphql.drills.live_client import TEXT, FrameReader, encode_frame

SIZES = (0, 1, 125, 126, 65535, 65536)


@pytest.mark.parametrize("size", SIZES)
def test_frames_of_a_server(size):
    """Frames of every length are read, in whatever pieces they arrive."""
    payloads = [b"a" * size, b"b" * size]
    sent = b"".join(Frame(Opcode.TEXT, payload).serialize(mask=False) for payload in payloads)
    for cut in (1, 2, 3, 5, 9, len(sent) // 2 + 1):
        reader = FrameReader()
        pieces = [sent[:cut], sent[cut : cut + 1], sent[cut + 1 :]]

        frames = [frame for piece in pieces for frame in reader.feed(piece)]

        assert frames == [(TEXT, payload) for payload in payloads]


@pytest.mark.parametrize("size", SIZES)
def test_frames_of_the_client(size):
    """Frames are masked, by a mask of zeros, and have the length of their payload."""
    payload = b"a" * size
    head = Frame(Opcode.TEXT, payload).serialize(mask=False)[: -size or None]

    frame = encode_frame(TEXT, payload)

    assert frame == head[:1] + bytes([head[1] | 0x80]) + head[2:] + bytes(4) + payload
