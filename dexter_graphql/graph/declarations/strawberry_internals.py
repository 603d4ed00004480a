"""Strawberry's undocumented names, used in this module alone.

The dependency is bounded to a minor version. `test_strawberry_internals.py` fails when one of these names changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from enum import Enum
from functools import partial
from typing import Any

import strawberry
from graphql import GraphQLEnumType, GraphQLField, GraphQLNamedType, GraphQLSchema
from strawberry.scalars import is_scalar
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import StrawberryArgument, convert_argument
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType

Convert = Callable[[Any], Any]
"""Coerced value → Python value."""


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


class ArgumentConverter:
    """Conversion of coerced argument values to Python values, prepared for each type of a schema.

    Equal to Strawberry's own conversion, which decides for every value again how its type is converted. It is used for
    the types that are not known here.
    """

    def __init__(self, schema: strawberry.Schema) -> None:
        self._converter = schema.schema_converter
        self._input_objects: dict[type, Convert] = {}

    def by_name(self, field: StrawberryField) -> dict[str, StrawberryArgument]:
        """The arguments of a field by their names in the schema."""
        names = self._converter.config.name_converter
        return {names.from_argument(argument): argument for argument in field.arguments}

    def convert_slowly(self, type_: Any, value: Any) -> Any:
        """The Python value of a type, by Strawberry's own conversion."""
        return convert_argument(value, type_, self._converter.scalar_registry, self._converter.config)

    def conversion(self, type_: Any) -> Convert | None:
        """How coerced values of a type are converted; None when they are the Python values."""
        if isinstance(type_, StrawberryOptional) and not isinstance(type_, StrawberryMaybe):
            return self.conversion(type_.of_type)
        if isinstance(type_, LazyType):
            return self.conversion(type_.resolve_type())
        if isinstance(type_, StrawberryList):
            return _list_conversion(self.conversion(type_.of_type))
        if isinstance(type_, StrawberryEnumDefinition) or is_scalar(type_, self._converter.scalar_registry):
            return None
        if has_object_definition(type_) and type_.__strawberry_definition__.from_input is None:
            return self._input_object(type_)
        return partial(self.convert_slowly, type_)

    def _input_object(self, cls: type[Any]) -> Convert:
        """How objects of an input type are made, also of one that contains itself."""
        if cls not in self._input_objects:
            members: dict[str, tuple[str, Convert | None]] = {}
            self._input_objects[cls] = partial(_make_object, cls, _defaults(cls), members)
            definition: Any = cls.__strawberry_definition__
            for field in definition.fields:
                name = self._converter.config.name_converter.from_field(field)
                members[name] = (field.python_name, self.conversion(field.resolve_type(type_definition=definition)))
        return self._input_objects[cls]


def _defaults(cls: Any) -> dict[str, None]:
    """The fields of an input type that are None when they are absent, for want of a default."""
    return {
        field.python_name: None
        for field in cls.__strawberry_definition__.fields
        if field.default_value is MISSING and field.default_factory is MISSING
    }


def _list_conversion(convert: Convert | None) -> Convert:
    """Lists are copied, as the default value of an argument is shared by all requests."""

    def convert_list(values: Any) -> Any:
        if values is None or values is strawberry.UNSET:
            return values
        return list(values) if convert is None else [convert(value) for value in values]

    return convert_list


def _make_object(
    cls: type[Any], defaults: Mapping[str, None], members: Mapping[str, tuple[str, Convert | None]], value: Any
) -> Any:
    if value is None or value is strawberry.UNSET:
        return value
    arguments: dict[str, Any] = dict(defaults)
    for name, item in value.items():
        python_name, convert = members[name]
        arguments[python_name] = item if convert is None else convert(item)
    return cls(**arguments)
