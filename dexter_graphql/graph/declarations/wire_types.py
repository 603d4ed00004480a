"""Wire types: which msgspec type is decoded for a GraphQL type, and how it is converted."""

import keyword
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import msgspec
from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLType,
    GraphQLUnionType,
    get_named_type,
)

from dexter_graphql.engine.codegen import without_none
from dexter_graphql.engine.resolution import Leaf
from dexter_graphql.errors import DexterError
from dexter_graphql.graph.declarations.strawberry_internals import enum_class
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.lenient import NULL, complete_list

RECORD_ATTRS = frozenset({"parents", "typename", "representation", "members"})
"""Attributes that every record has."""


class DeclarationError(DexterError):
    """A declaration that cannot work; raised while the schema is built."""


@dataclass(frozen=True, slots=True)
class WireType:
    """How the member of one field is decoded. `typename` names the nested object type, if there is one.

    `leaf` converts and serializes a decoded member in one step; None where the two must be separate.
    """

    type: Any
    convert: Callable[[Any], Any] | None
    container: str
    typename: str | None
    is_required: bool
    leaf: Leaf | None = None


def whole_number(value: int | str | float) -> int:  # noqa: PYI041  # all three come
    """A count, which Sentry sends as a number or as text; raises InvalidValue for other text."""
    try:
        return int(value)
    except (ValueError, OverflowError):
        raise InvalidValue("Sentry sent text instead of an integer") from None


def instant(value: datetime | float | str) -> datetime:
    """An instant in UTC, from RFC 3339 text or seconds since the epoch; raises InvalidValue for anything else."""
    if isinstance(value, str):
        try:
            value = msgspec.convert(value, datetime)
        except msgspec.ValidationError:
            raise InvalidValue("Sentry sent text that is not a time") from None
    if isinstance(value, (int, float)):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            raise InvalidValue("Sentry sent a number that is not a time") from None
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise InvalidValue("Sentry sent a time outside the supported range") from None


def enum_member(cls: type[Enum]) -> Callable[[str], Enum]:
    """Converts a value of Sentry to a member of the enum: UNKNOWN, if it has that, for other values."""
    by_value: dict[Any, Enum] = {member.value: member for member in cls}
    unknown = cls.__members__.get("UNKNOWN")

    def convert(value: str) -> Enum:
        member = by_value.get(value, unknown)
        if member is None:
            raise InvalidValue(f"Sentry sent a value that is not one of {cls.__name__}")
        return member

    return convert


class EnumNames(dict[Any, str]):
    """Value of Sentry → name of the enum's value: UNKNOWN, if the enum has that, for other values."""

    def __init__(self, cls: type[Enum], graphql_type: GraphQLEnumType) -> None:
        super().__init__({member.value: graphql_type.coerce_output_value(member) for member in cls})
        self._convert, self._name = enum_member(cls), graphql_type.coerce_output_value

    def __missing__(self, value: Any) -> str:
        """The name for another value; raises InvalidValue when there is none."""
        return self._name(self._convert(value))


def _serialize_instant(value: Any) -> datetime:
    """The instant in UTC, which the JSON encoder writes as the scalar does."""
    return value if type(value) is datetime and value.tzinfo is UTC else instant(value)


def _json(value: msgspec.Raw) -> msgspec.Raw | None:
    return None if value == NULL else value


SCALARS: dict[str, tuple[Any, Callable[[Any], Any] | None, Leaf | None]] = {
    "String": (str, None, None),
    "Int": (int, None, None),
    "Float": (float, None, None),
    "Boolean": (bool, None, None),
    "ID": (int | str, str, str),
    "BigInt": (int | str | float, whole_number, whole_number),
    "DateTime": (datetime | float | int, instant, _serialize_instant),
    "JSON": (msgspec.Raw, _json, None),
}
"""GraphQL scalar → wire type, conversion, and conversion with serialization."""


def attr_of(wire: str) -> str:
    """Attribute under which a record holds a wire member: `event.type` → `event_type`, `from` → `from_`."""
    attr = re.sub(r"\W", "_", wire)
    return f"{attr}_" if keyword.iskeyword(attr) or attr in RECORD_ATTRS else attr


def without_null(kind: Any) -> tuple[Any, bool]:
    """A wire type without null, and whether it admits null. Undecoded bytes may be null."""
    bare, admits_null = without_none(kind)
    return bare, admits_null or bare in {msgspec.Raw, object}


def wire_type(
    graphql_type: GraphQLType, declared: Any, convert: Callable[[Any], Any] | None, coordinate: str
) -> WireType:
    """The wire type of a field: the declared one, else the one of its GraphQL type."""
    is_required = isinstance(graphql_type, GraphQLNonNull)
    container = container_of(graphql_type)
    named = get_named_type(graphql_type)
    if declared is not None:
        return WireType(declared, convert, container, None, is_required)
    if isinstance(named, GraphQLObjectType):
        return WireType(object, None, container, named.name, is_required)
    if isinstance(named, (GraphQLUnionType, GraphQLInterfaceType)):
        raise DeclarationError(f"{coordinate} is abstract: declare its wire type and conversion, or make it a link")
    kind, to_value, leaf = _leaf(named, coordinate)
    if to_value is _json and is_required and container == "one":
        raise DeclarationError(f"{coordinate} must be nullable: null is JSON, too")
    leaf = leaf if convert is None else None
    if container != "one":
        return WireType(list[kind], convert or _each(to_value), container, None, is_required, leaf)  # type: ignore[valid-type]  # made at run time
    return WireType(kind, convert or to_value, container, None, is_required, leaf)


def container_of(graphql_type: GraphQLType) -> str:
    """How a field's member holds nested objects: a list leaves out what does not fit, unless its items admit null."""
    inner = graphql_type.of_type if isinstance(graphql_type, GraphQLNonNull) else graphql_type
    if not isinstance(inner, GraphQLList):
        return "one"
    return "list" if isinstance(inner.of_type, GraphQLNonNull) else "nullable_list"


def _leaf(named: Any, coordinate: str) -> tuple[Any, Callable[[Any], Any] | None, Leaf | None]:
    if isinstance(named, GraphQLEnumType):
        cls = enum_class(named)
        if cls is not None:
            return str, enum_member(cls), EnumNames(cls, named)
    try:
        return SCALARS[named.name]
    except KeyError:
        raise DeclarationError(f"{coordinate}: no wire type is known for {named.name}") from None


def _each(convert: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    """Converts all items of a list; what cannot be converted is left out."""
    if convert is None:
        return None

    def convert_all(values: Sequence[Any]) -> list[Any]:
        items: list[Any] = []
        omitted: list[InvalidValue] = []
        for value in values:
            try:
                items.append(None if value is None else convert(value))
            except InvalidValue as error:
                omitted.append(error)
        return complete_list(items, omitted)

    return convert_all
