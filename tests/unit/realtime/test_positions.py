"""PositionSigner: positions as text, valid for their topics and their key only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.errors import BadUserInput
from dexter_graphql.realtime.brokers.base import Position
from dexter_graphql.realtime.brokers.positions import MAX_LENGTH, PositionSigner
from dexter_graphql.realtime.changes import Stream, Topic
from support.brokers import ERRORS, ISSUES

SIGNER = PositionSigner(b"key")
AT_MS = 1_772_625_600_000
TOPICS = st.builds(Topic, st.text(max_size=20), st.sampled_from(Stream))
POSITIONS = st.builds(Position, st.text(max_size=8), st.integers(0, 2**60), st.integers(0, 2**50))
ALPHABET = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.dictionaries(TOPICS, POSITIONS, max_size=8), st.randoms())
def test_position_is_parsed_as_it_was_serialized(positions, random):
    """The positions of all topics come back, in whichever order the topics are named."""
    topics = list(positions)
    random.shuffle(topics)

    text = SIGNER.serialize(positions)

    assert SIGNER.parse(topics, text) == positions
    assert not set(text) - ALPHABET


def test_largest_position_fits():
    """All classes of twenty organizations, in the middle of long streams."""
    topics = [Topic(f"organization-{number}", stream) for number in range(20) for stream in Stream]

    text = SIGNER.serialize({topic: Position("e" * 8, 2**40, AT_MS) for topic in topics})

    assert len(SIGNER.parse(topics, text)) == len(topics)
    assert len(text) < MAX_LENGTH


@given(st.text() | st.binary().map(bytes.hex) | st.text("ABCabc019-_=", max_size=300))
def test_other_text_is_refused(text):
    """Any text that was not serialized here is the client's mistake."""
    with pytest.raises(BadUserInput, match="not a position of this stream"):
        SIGNER.parse([ISSUES], text)


@pytest.mark.parametrize(
    "topics", [[ERRORS], [Topic("globex", Stream.ISSUES)], [Topic("", Stream.ISSUES)], [], [ISSUES, ERRORS]]
)
def test_other_topics_are_refused(topics):
    """A position of one organization or class opens no other, and none with more or fewer."""
    text = SIGNER.serialize({ISSUES: Position("epoch", 7, AT_MS)})

    with pytest.raises(BadUserInput, match="not a position of this stream"):
        SIGNER.parse(topics, text)


def test_other_key_is_refused():
    """A server with another key did not sign it."""
    text = PositionSigner(b"other").serialize({ISSUES: Position("epoch", 7, AT_MS)})

    with pytest.raises(BadUserInput, match="not a position of this stream"):
        SIGNER.parse([ISSUES], text)


def test_changed_text_is_refused():
    """A changed character anywhere invalidates the signature."""
    text = SIGNER.serialize({ISSUES: Position("epoch", 7, AT_MS)})
    for index, character in enumerate(text[:-1]):
        changed = text[:index] + ("B" if character == "A" else "A") + text[index + 1 :]

        with pytest.raises(BadUserInput):
            SIGNER.parse([ISSUES], changed)


def test_longer_text_is_refused():
    """Text above the largest length of positions is not read to its end."""
    text = SIGNER.serialize({ISSUES: Position("epoch" * 5000, 7, AT_MS)})

    with pytest.raises(BadUserInput):
        SIGNER.parse([ISSUES], text)
