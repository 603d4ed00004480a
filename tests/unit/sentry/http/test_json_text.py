"""Repair of unpaired surrogates in JSON text."""

import msgspec
import pytest

from dexter_graphql.sentry.http.json_text import replace_unpaired_surrogates


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
