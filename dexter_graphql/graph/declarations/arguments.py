"""Conversion of a field's argument values to those that its function takes."""

from collections.abc import Callable
from typing import Any

from dexter_graphql.graph.declarations.kind_field import KindField
from dexter_graphql.graph.declarations.strawberry_internals import ArgumentConverter, Convert

Arguments = Callable[[dict[str, Any]], dict[str, Any]]
"""Coerced values by the schema's names → values by the names of the function's parameters."""


def arguments_of(field: KindField, converter: ArgumentConverter) -> Arguments | None:
    """How a field's argument values are converted; None for a field without arguments."""
    if not field.arguments:
        return None
    parameters: dict[str, tuple[str, Convert | None]] = {
        name: (argument.python_name, converter.conversion(argument.type))
        for name, argument in converter.by_name(field).items()
    }

    def convert(values: dict[str, Any]) -> dict[str, Any]:
        converted = {}
        for name, value in values.items():
            python_name, conversion = parameters[name]
            converted[python_name] = value if conversion is None else conversion(value)
        return converted

    return convert
