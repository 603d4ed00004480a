"""Scalars: what is taken from clients and from Sentry, and how it is written."""

from datetime import UTC, datetime, timedelta, timezone
from enum import Enum

import msgspec
import pytest
from graphql import GraphQLError, parse_value

from dexter_graphql.graph.common.scalars import (
    JSON,
    BigInt,
    parse_big_int,
    parse_instant,
    raw,
    scalar_map,
    serialize_big_int,
    serialize_instant,
)
from dexter_graphql.graph.common.series import series_of_buckets
from dexter_graphql.graph.declarations.wire_types import enum_member, instant, whole_number
from dexter_graphql.sentry.errors import InvalidValue
from support.sandbox import NOON


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (NOON, "2026-03-04T12:00:00Z"),
        (NOON.replace(microsecond=5), "2026-03-04T12:00:00.000005Z"),
        (datetime(2026, 3, 4, 14, tzinfo=timezone(timedelta(hours=2))), "2026-03-04T12:00:00Z"),
    ],
)
def test_instant_is_written_in_utc(value, text):
    """RFC 3339 with `Z`, microseconds only when there are any; it is read back as the same instant."""
    assert serialize_instant(value) == text
    assert parse_instant(text) == value


@pytest.mark.parametrize("text", ["2026-03-04T12:00:00", "2026-03-04T12:00:00Z", "2026-03-04 14:00:00+02:00"])
def test_instant_without_a_zone_is_utc(text):
    """Clients leave the zone out."""
    assert parse_instant(text) == NOON


@pytest.mark.parametrize("value", ["", "yesterday", "2026-13-01T00:00:00Z", 5, 1.5, None, True, ["x"], {}])
def test_instant_that_is_none_is_refused(value):
    """The message contains a valid example."""
    with pytest.raises(GraphQLError, match="DateTime must be an RFC 3339 string, for example"):
        parse_instant(value)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_instant_beyond_the_calendar_is_refused(text):
    """In UTC it lies in no year that can be written."""
    with pytest.raises(GraphQLError, match="DateTime must be"):
        parse_instant(text)
    with pytest.raises(InvalidValue, match="outside the supported range"):
        instant(datetime.fromisoformat(text))


@pytest.mark.parametrize(("value", "expected"), [(0, 1970), (1772625600, 2026), (1772625600.5, 2026)])
def test_seconds_are_an_instant_too(value, expected):
    """Sentry writes some instants as seconds since the epoch."""
    assert (instant(value).year, instant(value).tzinfo) == (expected, UTC)


@pytest.mark.parametrize("value", [1e300, float("inf"), float("nan"), -1e18, "soon"])
def test_value_that_is_no_instant_is_invalid(value):
    """It costs its field and nothing else."""
    with pytest.raises(InvalidValue, match="that is not a time"):
        instant(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (-5, -5), (2**31, 2**31), (2**64, 2**64), ("12", 12), ("-12", -12), ("9" * 30, int("9" * 30))],
)
def test_big_int_is_any_whole_number(value, expected):
    """As a number or as text, beyond 32 and 64 bits."""
    assert parse_big_int(value) == expected


@pytest.mark.parametrize(
    "value", [True, 1.0, 1.5, "", "1.5", "x", "1e3", "1_000", " 1", "9" * 5000, None, [], {}, "0x10", "\u0661"]
)
def test_big_int_that_is_none_is_refused(value):
    """Nothing is rounded or guessed."""
    with pytest.raises(GraphQLError, match="BigInt must be an integer"):
        parse_big_int(value)


@pytest.mark.parametrize("value", [0, -1, 2**63, 10**40])
def test_big_int_is_written_as_a_number(value):
    """Any size."""
    assert serialize_big_int(value) == value


@pytest.mark.parametrize("value", [True, 1.5, "1", None, InvalidValue("x")])
def test_big_int_of_another_type_is_not_written(value):
    """A source that gives something else is a mistake."""
    with pytest.raises(GraphQLError, match="not an integer"):
        serialize_big_int(value)


@pytest.mark.parametrize(("value", "expected"), [(5, 5), ("5", 5), (5.9, 5), ("-1", -1)])
def test_counts_come_as_numbers_and_as_text(value, expected):
    """Sentry writes them in both ways."""
    assert whole_number(value) == expected


@pytest.mark.parametrize("value", ["many", "1.5", "", float("inf"), float("nan"), "9" * 5000])
def test_count_that_is_no_integer_is_invalid(value):
    """It costs its field and nothing else."""
    with pytest.raises(InvalidValue, match="instead of an integer"):
        whole_number(value)


def test_json_is_any_value():
    """Literals of a document, values of variables and undecoded bytes go through as they are."""
    json = scalar_map()[JSON]

    assert json.parse_literal(parse_value('{a: [1, 2.5, "x", null, true, E]}')) == {"a": [1, 2.5, "x", None, True, "E"]}
    assert json.parse_value({"a": 1}) == {"a": 1}
    assert json.serialize(raw({"a": 1})) == msgspec.Raw(b'{"a":1}')


def test_scalars_are_described():
    """Each has a description for API users, and DateTime a link to its specification."""
    scalars = scalar_map()

    assert {kind.name for kind in scalars.values()} == {"BigInt", "DateTime", "JSON"}
    assert all(kind.description for kind in scalars.values())
    assert scalars[datetime].specified_by_url.endswith("rfc3339")
    assert scalars[BigInt].parse_value("7") == 7


class Colour(Enum):
    """An enum with UNKNOWN."""

    RED = "red"
    UNKNOWN = "unknown"


class Fixed(Enum):
    """An enum that does not."""

    RED = "red"


def test_newer_word_is_unknown():
    """A value that this server does not know is UNKNOWN where the enum has that."""
    assert [enum_member(Colour)(value) for value in ("red", "unknown", "blue")] == [
        Colour.RED,
        Colour.UNKNOWN,
        Colour.UNKNOWN,
    ]


def test_unknown_value_of_a_fixed_enum_is_invalid():
    """Where it cannot, the field fails alone."""
    assert enum_member(Fixed)("red") is Fixed.RED
    with pytest.raises(InvalidValue, match="not one of Fixed"):
        enum_member(Fixed)("blue")


@pytest.mark.parametrize(
    ("buckets", "start", "interval", "values"),
    [
        ([], 0, 0, []),
        ([(1772625600, 5)], 1772625600, 0, [5]),
        ([(1772625600, 5), (1772629200, None)], 1772625600, 3600, [5, None]),
    ],
)
def test_series_is_told_by_its_buckets(buckets, start, interval, values):
    """The interval is the distance of the first two; a single bucket has none."""
    series = series_of_buckets("count()", buckets, "second")

    assert (series.name, series.unit, series.interval_s, series.values) == ("count()", "second", interval, values)
    assert series.start == datetime.fromtimestamp(start, UTC)
