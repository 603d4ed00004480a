"""Custom scalars: BigInt, DateTime and JSON."""

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
"""An integer as text."""


def serialize_instant(value: datetime) -> str:
    """RFC 3339 in UTC with `Z`, with microseconds only when there are any."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_instant(value: Any) -> datetime:
    """The instant in a client's value, which is in UTC when it names no time zone."""
    if not isinstance(value, str):
        raise GraphQLError("DateTime must be an RFC 3339 string, for example '2026-01-31T12:00:00Z'")
    try:
        return instant(value)
    except InvalidValue:
        raise GraphQLError(
            f"DateTime must be an RFC 3339 string, for example '2026-01-31T12:00:00Z', not '{value}'"
        ) from None


def parse_big_int(value: Any) -> int:
    """The integer in a client's value, a number or a string of digits."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not is_number and not (isinstance(value, str) and INTEGER_TEXT.fullmatch(value)):
        raise GraphQLError("BigInt must be an integer")
    return int(value)


def _serialize_json(value: Any) -> Any:
    """The value itself; undecoded bytes are copied into the response."""
    return value


def _json_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    return value_from_ast_untyped(node, variables)


def serialize_big_int(value: Any) -> int:
    """An integer of any size."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise GraphQLError("BigInt cannot represent a value that is not an integer")
    return value


def _are_in_utc(values: Sequence[datetime]) -> bool:
    return {value.tzinfo for value in values} == {UTC}


SERIALIZERS = {
    "BigInt": NativeEncoding(int),
    "DateTime": NativeEncoding(datetime, _are_in_utc),
    "JSON": NativeEncoding(msgspec.Raw),
}
"""Scalar → how the JSON encoder writes its values, which is what the scalar itself would write."""


def scalar_map() -> dict[Any, ScalarDefinition]:
    """Python type → scalar definition, for the schema's configuration."""
    return {
        BigInt: strawberry.scalar(
            name="BigInt",
            description="Integer that may exceed 32 bits, for counts and sizes. A JSON number; inputs may be strings.",
            serialize=serialize_big_int,
            parse_value=parse_big_int,
        ),
        datetime: strawberry.scalar(
            name="DateTime",
            description="Point in time as an RFC 3339 string in UTC, for example `2026-01-31T12:00:00Z`.",
            specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
            serialize=serialize_instant,
            parse_value=parse_instant,
        ),
        JSON: strawberry.scalar(
            name="JSON",
            description="Any JSON value. Used where Sentry's API does not define the structure.",
            serialize=_serialize_json,
            parse_value=lambda value: value,
            parse_literal=_json_literal,
        ),
    }


def raw(value: Any) -> msgspec.Raw:
    """A value as undecoded JSON."""
    return msgspec.Raw(msgspec.json.encode(value))
