"""Coerced arguments of one field of a document; those without variables are coerced once for all executions."""

from collections.abc import Set as AbstractSet
from typing import Any

from graphql import FieldNode, GraphQLField
from graphql.execution.values import VariableValues, get_argument_values

from dexter_graphql.engine.variables import uses_variables


class ArgumentValues:
    """The argument values of a field, by the variables of an operation; with `names` of these arguments alone."""

    __slots__ = ("_constant", "_fixed", "_node", "_varying", "has_variables")

    def __init__(self, definition: GraphQLField, node: FieldNode, names: AbstractSet[str] | None = None) -> None:
        names = definition.args.keys() if names is None else definition.args.keys() & names
        varying = {argument.name.value for argument in node.arguments or () if uses_variables(argument)} & names
        self.has_variables = bool(varying)
        self._node = node
        self._fixed = _part_of(definition, names - varying)
        self._varying = _part_of(definition, varying)
        self._constant: dict[str, Any] | None = None

    def coerce(self, variables: VariableValues) -> dict[str, Any]:
        """All values; raises GraphQLError when one of them is not valid."""
        if self._constant is None:
            self._constant = get_argument_values(self._fixed, self._node, variables)
        if not self.has_variables:
            return dict(self._constant)
        return {**self._constant, **get_argument_values(self._varying, self._node, variables)}


def _part_of(definition: GraphQLField, names: AbstractSet[str]) -> GraphQLField:
    """The field with these arguments alone."""
    return GraphQLField(
        definition.type, {name: argument for name, argument in definition.args.items() if name in names}
    )
