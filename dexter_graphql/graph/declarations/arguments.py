"""Conversion of a field's argument values to those that its function takes."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLArgument, GraphQLField, GraphQLScalarType, get_nullable_type
from strawberry.types.arguments import StrawberryArgument

from dexter_graphql.graph.declarations.kind_field import KindField
from dexter_graphql.graph.declarations.strawberry_internals import ArgumentConverter, is_maybe

Arguments = Callable[[dict[str, Any]], dict[str, Any]]
"""Coerced values by the schema's names → values by the names of the function's parameters."""


def arguments_of(field: KindField, graphql_field: GraphQLField, converter: ArgumentConverter) -> Arguments | None:
    """How a field's argument values are converted; None for a field without arguments."""
    if not field.arguments:
        return None
    by_name = converter.by_name(field)
    unchanged = {
        name: argument.python_name
        for name, argument in by_name.items()
        if _needs_no_conversion(argument, graphql_field.args[name])
    }
    others = [argument for name, argument in by_name.items() if name not in unchanged]

    def convert(values: dict[str, Any]) -> dict[str, Any]:
        converted = {unchanged[name]: value for name, value in values.items() if name in unchanged}
        return converted | converter.convert(values, others) if others else converted

    return convert


def _needs_no_conversion(argument: StrawberryArgument, declared: GraphQLArgument) -> bool:
    """True for an argument whose values the function takes as graphql-core coerced them: a scalar or null."""
    return not is_maybe(argument) and isinstance(get_nullable_type(declared.type), GraphQLScalarType)
