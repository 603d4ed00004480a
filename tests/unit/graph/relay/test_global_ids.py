"""Global IDs and cursors: opaque, and refused when this server did not create them."""

import base64

import pytest

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.relay.global_ids import decode_cursor, decode_id, encode_cursor, encode_id, key_from_id
from dexter_graphql.sentry.pagination import Position


def opaque(text):
    """Text encoded as IDs and cursors are."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_id_holds_type_and_keys():
    """Keys may hold any character; a slot is kept free for a second Sentry."""
    value = encode_id("Release", "1", "app@1.0:beta/ü %")

    assert decode_id(value) == ("Release", ("1", "app@1.0:beta/ü %"))
    assert base64.urlsafe_b64decode(value + "==") == b"Release::1:app%401.0%3Abeta%2F%C3%BC%20%25"
    assert key_from_id(value, "Release", 2) == ("1", "app@1.0:beta/ü %")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ü",
        "====",
        "a b",
        "\ud800",
        opaque(""),
        opaque("Issue"),
        opaque("Issue:1:2"),
        opaque("Issue::"),
        opaque("::1"),
        opaque("1Issue::1"),
        opaque("Is sue::1"),
        base64.urlsafe_b64encode(b"Issue::\xff").decode(),
        opaque("Issue::" + "1" * 1024),
    ],
)
def test_foreign_id_is_refused(value):
    """Whatever cannot be read is the client's mistake."""
    with pytest.raises(BadUserInput, match="Invalid ID: it was not created by this server"):
        decode_id(value)


@pytest.mark.parametrize(
    ("value", "explanation"),
    [
        ("MOBILE-5", "'MOBILE-5' is a short ID, not a global ID. Use `organization(slug:) { issue(shortId:) }`"),
        ("12345", "'12345' is a numeric ID of Sentry's API, not a global ID. References take it as `sentryId`"),
        ("mobile-app", "'mobile-app' is a slug, not a global ID. References take it as `slug`"),
        ("ada@example.com", "'ada@example.com' is an email address, not a global ID"),
        ("https://acme.sentry.io/issues/1/", "is the URL of a page in Sentry, not a global ID. Use `resource(url:)`"),
        ("0123456789abcdef" * 2, "is an event ID, not a global ID. Use `Issue.event(eventId:)`"),
    ],
)
def test_value_of_another_kind_is_explained(value, explanation):
    """A value that people take for an ID is refused with what would have been right."""
    with pytest.raises(BadUserInput) as refusal:
        decode_id(value)
    assert explanation in str(refusal.value)


@pytest.mark.parametrize(("typename", "count"), [("Project", 2), ("Issue", 1), ("Issue", 3)])
def test_id_of_another_type_is_refused(typename, count):
    """An argument that takes issues takes no project, nor an issue with other keys."""
    with pytest.raises(BadUserInput, match=f"Expected the ID of type {typename}, got the ID of type Issue"):
        key_from_id(encode_id("Issue", "1", "2"), typename, count)


@pytest.mark.parametrize(
    "position",
    [Position(None, 0, 1), Position(None, 100, 100), Position("0:100:0", 1, 20), Position("1.5+a-b_c", 3, 3)],
)
def test_cursor_is_read_as_it_was_written(position):
    """Sentry's cursor of the page, the index in the page and its size."""
    assert decode_cursor(encode_cursor(position)) == position


def test_no_cursor_is_the_start():
    """`after` may be left out."""
    assert decode_cursor(None) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "[null,0]",
        "[null,0,1,2]",
        "[1,0,1]",
        '[null,"0",1]',
        "[null,-1,1]",
        "[null,2,1]",
        "[null,0,0]",
        "[null,0,101]",
        "[null,0,1.5]",
        '["",0,1]',
        '["a b",0,1]',
        '["a&cursor=b",0,1]',
        '["a\\n",0,1]',
        f'["{"x" * 257}",0,1]',
        "[null,0," + "9" * 500 + "]",
        "[" * 500,
    ],
)
def test_foreign_cursor_is_refused(text):
    """A page has at most 100 rows, and only cursors of Sentry's form are sent to Sentry."""
    with pytest.raises(BadUserInput, match="Invalid cursor: it was not created by this server"):
        decode_cursor(opaque(text))


@pytest.mark.parametrize("value", ["ü", "=", "x" * 1025, "!", base64.urlsafe_b64encode(b"[null,0,\xff]").decode()])
def test_cursor_that_is_no_text_of_ours_is_refused(value):
    """It is not even base64 of JSON."""
    with pytest.raises(BadUserInput, match="Invalid cursor: it was not created by this server"):
        decode_cursor(value)
