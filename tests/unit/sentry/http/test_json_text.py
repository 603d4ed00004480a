"""Repair of unpaired surrogates and of JSON within a string in JSON text."""

import msgspec
import pytest

from dexter_graphql.sentry.http.json_text import repair_json, replace_unpaired_surrogates


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"cut \ud83d"', "cut \ufffd"),
        (r'"\uD83D"', "\ufffd"),
        (r'"\ude00 first"', "\ufffd first"),
        (r'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (r'"\ud83d\u0041"', "\ufffdA"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\\ud83d"', r"\ud83d"),
        (r'"\\\ud83d"', "\\\ufffd"),
        (r'"\"\ud800\n"', '"\ufffd\n'),
        (r'{"\udfff": ["\udbff"]}', {"\ufffd": ["\ufffd"]}),
    ],
)
def test_unpaired_surrogates(text, value):
    """Half of a surrogate pair is read as U+FFFD; pairs and escaped backslashes stay what they are."""
    assert msgspec.json.decode(replace_unpaired_surrogates(text.encode())) == value


@pytest.mark.parametrize("body", [b"", b"{}", b'{"a": "\\u00e9"}', b'"\\u', "é".encode(), b"\xff\\n"])
def test_other_bodies_are_unchanged(body):
    """A body without surrogates is returned as it is, without a copy."""
    assert replace_unpaired_surrogates(body) is body


VALUES = [{}, [], {"detail": "No"}, [{"id": "1"}, None], {"text": '{"a": 1}'}, {"text": "é\U0001f600"}]


@pytest.mark.parametrize("value", VALUES, ids=str)
@pytest.mark.parametrize("space", ["", " \n"], ids=["bare", "spaced"])
def test_json_in_a_string_is_unwrapped_once(value, space):
    """A string that holds an object or a list is read as that; what is wrapped twice is still a string."""
    text = msgspec.json.encode(value)
    once = msgspec.json.encode(f"{space}{text.decode()}")
    twice = msgspec.json.encode(once.decode())

    assert msgspec.json.decode(repair_json(space.encode() + once)) == value
    assert repair_json(text) is text
    assert repair_json(twice) is twice


def test_surrogates_within_a_string_are_replaced():
    """Half of a pair is escaped twice there."""
    body = msgspec.json.encode(r'{"title": "cut \ud83d"}')

    assert msgspec.json.decode(repair_json(body)) == {"title": "cut \ufffd"}


@pytest.mark.parametrize("body", [b'"text"', b'"1"', b'"null"', b'"{"', b'"[1,]"', b'"{', b'"', b"7", b"", b'"\xff"'])
def test_other_strings_are_unchanged(body):
    """Text, numbers, null and what is not JSON stay the string that they are."""
    assert repair_json(body) is body
