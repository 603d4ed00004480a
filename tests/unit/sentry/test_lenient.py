"""Decoding of values that do not fit their type: each part that does not fit costs itself alone."""

from datetime import UTC, datetime

import msgspec
import pytest

from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.lenient import decode_leniently, member_or_invalid, omitted_from

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
    return decode_leniently(msgspec.Raw(text), kind, "member")


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
    ("text", "kind", "value", "omitted"),
    [
        (b'["a", null, 3, {}, [], "b"]', list[str], ["a", "3", "b"], ["member[3]", "member[4]"]),
        (b'["a", null, {}]', list[str | None], ["a", None, None], ["member[2]"]),
        (b'[["a", 1], null, "x", [], [3, 4]]', list[Pair], [("a", 1), ("3", 4)], ["member[2]", "member[3]"]),
        (b'[[1, "a"], null, [2, 3]]', list[tuple[int | None, str | None]], [(1, "a"), (2, "3")], []),
        (b'[{"key": null, "value": 3}, 7, {"key": "k"}]', list[Tag], [Tag(None, "3"), Tag("k")], ["member[1]"]),
        (b'[{"x": 1, "y": null}, {"y": 1}, {"x": {}}]', list[Point], [Point(1)], ["member[1]", "member[2]"]),
        (b'[["a", "b"], 3]', list[Pair] | str | None, [("a", "b")], ["member[1]"]),
    ],
)
def test_items_that_do_not_fit_are_left_out(text, kind, value, omitted):
    """A list has an error for each item that it lacks, and none for nulls. Nulls stay where the type admits them."""
    decoded = decode(text, kind)

    assert decoded == value
    assert positions_of(omitted_from(decoded)) == omitted


def test_items_of_tuples_keep_their_position():
    """An item that does not fit is an InvalidValue in its place."""
    [first, second] = decode(b'[[{}, 5], [1, "a"]]', list[tuple[int | None, object]])

    assert positions_of([first[0]]) == ["member[0][0]"]
    assert (first[1], second) == (5, (1, "a"))


def test_members_of_objects_keep_their_names():
    """A member that does not fit is an InvalidValue in its place."""
    members = decode(b'{"a": 1, "b": {}, "c": "2"}', dict[str, int])

    assert (members["a"], members["c"]) == (1, 2)
    assert positions_of([members["b"]]) == ["member.b"]


def test_member_that_does_not_fit_raises_its_error_when_it_is_read():
    """Other members of the struct, and what does not read the member, are not affected."""
    [tag] = decode(b'[{"key": "k", "value": {}}]', list[Tag])

    assert tag.key == "k"
    assert isinstance(member_or_invalid(tag, "value"), InvalidValue)
    with pytest.raises(InvalidValue) as raised:
        tag.value  # noqa: B018  # reading raises
    assert positions_of([raised.value]) == ["member[0].value"]


def positions_of(errors):
    """The positions in the answer that errors name."""
    return [str(error).split("'")[1] for error in errors]


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
