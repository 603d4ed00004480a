"""Strawberry's undocumented names, used in this module alone.

The dependency is bounded to a minor version. `test_strawberry_internals.py` fails when one of these names changes.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import strawberry
from graphql import GraphQLEnumType, GraphQLField, GraphQLNamedType, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import StrawberryArgument, convert_arguments
from strawberry.types.base import StrawberryMaybe
from strawberry.types.field import StrawberryField


def graphql_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """The graphql-core schema that Strawberry made."""
    return schema._schema  # noqa: SLF001  # there is no public name


def definition_of(defined: GraphQLNamedType | GraphQLField) -> Any:
    """Strawberry's definition of a type or a field; None when Strawberry did not make it."""
    return defined.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)


def enum_class(graphql_type: GraphQLEnumType) -> type[Enum] | None:
    """The Python class of an enum; None for enums of GraphQL itself."""
    definition = definition_of(graphql_type)
    return None if definition is None else definition.wrapped_cls


def is_maybe(argument: StrawberryArgument) -> bool:
    """True for an argument that its function gets wrapped, to tell an absent value from null."""
    return isinstance(argument.type, StrawberryMaybe)


class ArgumentConverter:
    """Strawberry's conversion of coerced argument values to Python values."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._converter = schema.schema_converter

    def by_name(self, field: StrawberryField) -> dict[str, StrawberryArgument]:
        """The arguments of a field by their names in the schema."""
        names = self._converter.config.name_converter
        return {names.from_argument(argument): argument for argument in field.arguments}

    def convert(self, values: Mapping[str, Any], arguments: Sequence[StrawberryArgument]) -> dict[str, Any]:
        """Python values of arguments, by the names of the function's parameters."""
        return convert_arguments(
            dict(values),
            list(arguments),
            scalar_registry=self._converter.scalar_registry,
            config=self._converter.config,
        )
