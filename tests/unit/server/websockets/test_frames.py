"""Frames of WebSockets."""

import pytest
from websockets.frames import Frame, Opcode

from dexter_graphql.server.websockets.frames import close_reason, text_frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_text_frame_is_that_of_the_library(size):
    """A message of any length is framed as websockets frames it."""
    text = b"x" * size

    assert text_frame(text[:10], text[10:]) == Frame(Opcode.TEXT, text).serialize(mask=False)


@pytest.mark.parametrize("text", ["", "short", "ä" * 200, "\ud800", "😀" * 40])
def test_reason_fits_into_a_close_frame(text):
    """A long reason is cut between characters."""
    assert len(close_reason(text).encode()) <= 123
