"""Coerced arguments of one field of a document; what has no variables is coerced once for all executions."""

from collections.abc import Set as AbstractSet
from typing import Any

from graphql import FieldNode, GraphQLField, Undefined
from graphql.execution.values import VariableValues, get_argument_values

from dexter_graphql.engine.object_literals import object_literal
from dexter_graphql.engine.variables import uses_variables


class ArgumentValues:
    """The argument values of a field, by the variables of an operation; with `names` of these arguments alone."""

    __slots__ = ("_constant", "_fixed", "_node", "_objects", "_others", "_varying", "has_variables")

    def __init__(self, definition: GraphQLField, node: FieldNode, names: AbstractSet[str] | None = None) -> None:
        names = definition.args.keys() if names is None else definition.args.keys() & names
        literals = {argument.name.value: argument.value for argument in node.arguments or ()}
        varying = {name for name in names & literals.keys() if uses_variables(literals[name])}
        divided = ((name, object_literal(definition.args[name].type, literals[name])) for name in varying)
        self._objects = {name: literal for name, literal in divided if literal is not None}
        self.has_variables = bool(varying)
        self._node = node
        self._fixed = _part_of(definition, names - varying)
        self._varying = _part_of(definition, varying)
        self._others = _part_of(definition, varying - self._objects.keys())
        self._constant: dict[str, Any] | None = None

    def coerce(self, variables: VariableValues) -> dict[str, Any]:
        """All values; raises GraphQLError when one of them is not valid."""
        if self._constant is None:
            self._constant = get_argument_values(self._fixed, self._node, variables)
        if not self.has_variables:
            return dict(self._constant)
        values = {**self._constant, **get_argument_values(self._others, self._node, variables)}
        for name, literal in self._objects.items():
            values[name] = literal.coerce(variables)
            if values[name] is Undefined:
                return {**self._constant, **get_argument_values(self._varying, self._node, variables)}
        return values


def _part_of(definition: GraphQLField, names: AbstractSet[str]) -> GraphQLField:
    """The field with these arguments alone."""
    return GraphQLField(
        definition.type, {name: argument for name, argument in definition.args.items() if name in names}
    )
