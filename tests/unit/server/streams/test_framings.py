"""Bytes of streams over HTTP."""

import pytest

from dexter_graphql.server.responses import EVENT_STREAM, MULTIPART
from dexter_graphql.server.streams.framings import FRAMINGS

ERROR = {"message": "No", "extensions": {"code": "UNAUTHENTICATED"}}
EVENTS, PARTS = FRAMINGS[EVENT_STREAM], FRAMINGS[MULTIPART]


@pytest.mark.parametrize(
    ("position", "event"),
    [
        ("p-1_A", b'event: next\ndata: {"data":1}\nid: p-1_A\n\n'),
        (None, b'event: next\ndata: {"data":1}\n\n'),
    ],
)
def test_event_has_its_position_as_id(position, event):
    """A browser sends the id of the last event when it connects again; an answer without a position changes none."""
    assert EVENTS.frame(b'{"data":1}', position) == event


def test_events_begin_with_a_time_to_reconnect():
    """The hint is a block of its own, which no client takes for an event, as is a heartbeat."""
    assert (EVENTS.start, EVENTS.heartbeat) == (b"retry: 2000\n\n", b":\n\n")


def test_rejection_is_the_last_event():
    """An error ends the operation, so that clients do not connect again."""
    body = b'{"errors":[{"message":"No","extensions":{"code":"UNAUTHENTICATED"}}]}'

    assert EVENTS.rejection(ERROR) == b"event: next\ndata: " + body + b"\n\nevent: complete\ndata:\n\n"


def test_parts_are_complete_with_the_delimiter_after_them():
    """A client has read a part when it has seen the next delimiter, so each part ends with it."""
    stream = PARTS.start + PARTS.frame(b'{"data":1}', "ignored") + PARTS.heartbeat + PARTS.end

    assert stream == (
        b"--graphql"
        b'\r\nContent-Type: application/json\r\n\r\n{"payload":{"data":1}}\r\n--graphql'
        b"\r\nContent-Type: application/json\r\n\r\n{}\r\n--graphql"
        b"--\r\n"
    )


def test_rejection_of_a_multipart_stream_is_an_error_of_the_transport():
    """It stands beside a null payload, as Apollo's protocol has it for what is no result of the operation."""
    part = b'{"payload":null,"errors":[{"message":"No","extensions":{"code":"UNAUTHENTICATED"}}]}'

    assert PARTS.rejection(ERROR).endswith(b"\r\n\r\n" + part + b"\r\n--graphql--\r\n")
