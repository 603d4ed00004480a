"""Values of variables, coerced and checked before anything of an operation is executed."""

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLError, GraphQLSchema, NonNullTypeNode
from graphql.execution.values import VariableValues, get_variable_values

from dexter_graphql.engine.operation_entry import OperationEntry

MAX_COERCION_ERRORS = 50
NO_VARIABLES = VariableValues({}, {})


def coerce_variables(
    schema: GraphQLSchema, operation_entry: OperationEntry, values: dict[str, Any], *, hides_suggestions: bool = False
) -> VariableValues | list[GraphQLError]:
    """The values as arguments take them, or what is wrong with them.

    A variable with a default may stand where null is not allowed, and yet be given null. graphql-core notices that
    when it comes to the field, after others were executed; here it is an error of the request.
    """
    definitions = operation_entry.operation.variable_definitions
    if not definitions:
        return NO_VARIABLES
    coerced = get_variable_values(schema, definitions, values, MAX_COERCION_ERRORS, hides_suggestions)
    if isinstance(coerced, list) or None not in coerced.coerced.values():
        return coerced
    return list(_null_errors(schema, operation_entry, coerced)) or coerced


def default_variables(schema: GraphQLSchema, operation_entry: OperationEntry) -> VariableValues:
    """The values of a valid operation whose variables are not given; those without a default have none."""
    definitions = [
        definition
        for definition in operation_entry.operation.variable_definitions or ()
        if definition.default_value is not None or not isinstance(definition.type, NonNullTypeNode)
    ]
    values = get_variable_values(schema, definitions, {})
    return NO_VARIABLES if isinstance(values, list) else values


def _null_errors(
    schema: GraphQLSchema, operation_entry: OperationEntry, values: VariableValues
) -> Iterator[GraphQLError]:
    """An error for each use of a null variable where null is not allowed."""
    for node, usage_type in operation_entry.non_null_usages(schema):
        name = node.name.value
        if values.coerced.get(name, name) is None:
            yield GraphQLError(f"Variable '${name}' must not be null where '{usage_type}' is expected", node)
