"""Serialisation of leaves: passed on, by a table, or coerced by the type; one value or a column."""

from datetime import UTC, timedelta, timezone
from enum import Enum
from math import inf, nan

import msgspec
import pytest
from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLScalarType,
    GraphQLString,
)
from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.engine.leaf_types import NATIVE_ENCODINGS, LeafSerializer, NativeEncoding
from dexter_graphql.graph.common.scalars import SERIALIZERS, serialize_instant

MAX = 2**31 - 1


class Colour(Enum):
    """Members of a table."""

    RED = 1


COLOUR = GraphQLScalarType(
    "Colour", extensions={NATIVE_ENCODINGS: NativeEncoding(table={Colour.RED: "RED"})}, serialize=str.upper
)
ANY = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.just(Colour.RED)


@pytest.mark.parametrize("kind", [GraphQLString, GraphQLID, GraphQLBoolean, GraphQLInt, GraphQLFloat, COLOUR])
@given(values=st.lists(ANY, max_size=5))
def test_column_equals_single_values(kind, values):
    """Each value is what the type makes of it, or fails as the type does."""

    def written(make):
        try:
            return repr(make())
        except (GraphQLError, TypeError, AttributeError) as error:
            return f"{type(error).__name__}: {error}"

    def coerced(value):
        return "RED" if value is Colour.RED and kind is COLOUR else kind.coerce_output_value(value)

    serializer = LeafSerializer(kind)
    ones = [written(lambda value=value: serializer.serialize(value)) for value in values]

    assert ones == [written(lambda v=v: None if v is None else coerced(v)) for v in values]
    assert written(lambda: serializer.serialize_many(values)) == next(
        (one for one in ones if "Error: " in one),
        repr([serializer.serialize(v) for v in values] if not any("Error: " in o for o in ones) else None),
    )


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (GraphQLString, ["a", None, ""]),
        (GraphQLInt, [MAX, -MAX - 1, None]),
        (GraphQLFloat, [0.5, -0.0]),
        (GraphQLBoolean, [True, False]),
        (GraphQLID, []),
    ],
)
def test_native_values_are_passed_on(kind, values):
    """The column is the same list."""
    assert LeafSerializer(kind).serialize_many(values) is values


@pytest.mark.parametrize(("kind", "value"), [(GraphQLInt, MAX + 1), (GraphQLFloat, inf), (GraphQLFloat, nan)])
def test_native_type_is_not_enough(kind, value):
    """A value that the type refuses is refused in the same way."""
    with pytest.raises(GraphQLError):
        LeafSerializer(kind).serialize_many([value])


def test_exception_among_values_is_raised():
    """It is the failure of that value."""
    with pytest.raises(ValueError, match="failed"):
        LeafSerializer(GraphQLString).serialize_many(["a", ValueError("failed")])


@pytest.mark.parametrize(
    ("kind", "decoded", "is_taken"),
    [
        (GraphQLString, str, True),
        (GraphQLFloat, float, True),
        (GraphQLInt, int, False),
        (GraphQLString, int, False),
        (COLOUR, str, False),
    ],
)
def test_decoded_values_are_accepted(kind, decoded, is_taken):
    """Unless the type has limits that JSON's types do not have."""
    assert LeafSerializer(kind).accepts_decoded(decoded) is is_taken


@given(value=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5))])))
def test_times_are_serialized_alike(value):
    """By the JSON encoder when they are in UTC, else by the scalar, with the same result."""
    writing = SERIALIZERS["DateTime"]
    scalar = GraphQLScalarType("DateTime", extensions={NATIVE_ENCODINGS: writing}, serialize=serialize_instant)

    try:
        expected = serialize_instant(value)
    except OverflowError:
        return

    assert msgspec.json.decode(msgspec.json.encode(LeafSerializer(scalar).serialize_many([value]))) == [expected]
