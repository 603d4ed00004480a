"""Decoding of values that do not fit their type: each part that does not fit costs itself alone."""

from datetime import UTC, datetime

import msgspec
import pytest

from dexter_graphql.sentry.lenient import decode_leniently

Pair = tuple[str | None, object]


class Tag(msgspec.Struct):
    """A struct whose members have defaults."""

    key: str | None = None
    value: str | None = None


class Point(msgspec.Struct):
    """A struct with a required member."""

    x: int
    y: int = 0


def decode(text, kind):
    """A JSON text, decoded leniently."""
    return decode_leniently(msgspec.Raw(text), kind)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (b"5", str, "5"),
        (b"1.50", str | None, "1.50"),
        (b'"5"', int, 5),
        (b'"1.5"', float | None, 1.5),
        (b'"2020-01-01T00:00:00Z"', datetime, datetime(2020, 1, 1, tzinfo=UTC)),
        (b"null", str | None, None),
    ],
)
def test_numbers_and_text_are_converted(text, kind, value):
    """A number where text is expected, or the reverse, is converted when nothing is lost."""
    assert decode(text, kind) == value


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (b'["a", null, 3, {}, [], "b"]', list[str], ["a", "3", "b"]),
        (b'["a", null, {}]', list[str | None], ["a", None, None]),
        (b'{"a": 1, "b": null, "c": "x"}', dict[str, int], {"a": 1}),
        (
            b'[["a", 1], null, "x", [], [3, 4], [{}, 5]]',
            list[tuple[str | None, object]],
            [("a", 1), ("3", 4), (None, 5)],
        ),
        (b'[[1, "a"], null, ["x", 2]]', list[tuple[int | None, str | None]], [(1, "a"), (None, "2")]),
        (b'[{"key": [], "value": 3}, 7, {"key": "k"}]', list[Tag], [Tag(None, "3"), Tag("k")]),
        (b'[{"x": 1, "y": []}, {"y": 1}, {"x": {}}]', list[Point], [Point(1)]),
        (b'[["a", "b"], 3]', list[Pair] | str | None, [("a", "b")]),
    ],
)
def test_parts_that_do_not_fit_are_left_out(text, kind, value):
    """Items and members that do not fit are left out or null. Nulls stay where the type admits them."""
    assert decode(text, kind) == value


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"[]", str),
        (b"true", str),
        (b'"x"', int),
        (b"5", list[str]),
        (b"[]", dict[str, str]),
        (b'["a"]', tuple[str, str]),
        (b"5", Tag),
        (b"{}", Point),
        (b"null", str),
    ],
)
def test_value_of_another_kind_is_an_error(text, kind):
    """A value of which nothing fits raises the error of strict decoding."""
    with pytest.raises(msgspec.ValidationError) as caught:
        decode(text, kind)
    with pytest.raises(msgspec.ValidationError) as strict:
        msgspec.json.decode(text, type=kind)

    assert str(caught.value) == str(strict.value)
