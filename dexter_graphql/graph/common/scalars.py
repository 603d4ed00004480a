"""Knows the scalars of the graph and how they are written."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NewType

import msgspec
import strawberry
from graphql import GraphQLError, ValueNode, value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

from dexter_graphql.engine.leaf_types import NativeEncoding
from dexter_graphql.graph.declarations.wire_types import instant
from dexter_graphql.sentry.errors import InvalidValue

BigInt = NewType("BigInt", int)
JSON = NewType("JSON", object)
INTEGER_TEXT = re.compile(r"-?[0-9]{1,100}")
"""A whole number as text."""


def serialize_instant(value: datetime) -> str:
    """RFC 3339 in UTC with `Z`, with microseconds only when there are any."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_instant(value: Any) -> datetime:
    """An instant that a client sent; without a time zone it is UTC."""
    if not isinstance(value, str):
        raise GraphQLError("DateTime must be RFC 3339 text, for example '2026-01-31T12:00:00Z'")
    try:
        return instant(value)
    except InvalidValue:
        raise GraphQLError(
            f"DateTime must be RFC 3339 text, for example '2026-01-31T12:00:00Z', not '{value}'"
        ) from None


def parse_big_int(value: Any) -> int:
    """A whole number that a client sent, as a number or as text."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not is_number and not (isinstance(value, str) and INTEGER_TEXT.fullmatch(value)):
        raise GraphQLError("BigInt must be a whole number")
    return int(value)


def _serialize_json(value: Any) -> Any:
    """JSON as it came: undecoded bytes stay so, and are spliced into the answer."""
    return value


def _json_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    return value_from_ast_untyped(node, variables)


def serialize_big_int(value: Any) -> int:
    """A whole number of any size."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise GraphQLError("BigInt cannot represent a value that is not a whole number")
    return value


def _are_in_utc(values: Sequence[datetime]) -> bool:
    return {value.tzinfo for value in values} == {UTC}


SERIALIZERS = {
    "BigInt": NativeEncoding(int),
    "DateTime": NativeEncoding(datetime, _are_in_utc),
    "JSON": NativeEncoding(msgspec.Raw),
}
"""Scalar → what JSON gets without further ado: its encoder writes instants in UTC as the scalar does."""


def scalar_map() -> dict[Any, ScalarDefinition]:
    """Python type → scalar definition, for the schema's configuration."""
    return {
        BigInt: strawberry.scalar(
            name="BigInt",
            description="A whole number beyond 32 bits: counts and quantities. Written as a JSON number.",
            serialize=serialize_big_int,
            parse_value=parse_big_int,
        ),
        datetime: strawberry.scalar(
            name="DateTime",
            description="A point in time, RFC 3339 in UTC with `Z`, for example `2026-01-31T12:00:00Z`.",
            specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
            serialize=serialize_instant,
            parse_value=parse_instant,
        ),
        JSON: strawberry.scalar(
            name="JSON",
            description="Any JSON value; used only where Sentry itself leaves the form open.",
            serialize=_serialize_json,
            parse_value=lambda value: value,
            parse_literal=_json_literal,
        ),
    }


def raw(value: Any) -> msgspec.Raw:
    """A value as undecoded JSON."""
    return msgspec.Raw(msgspec.json.encode(value))
