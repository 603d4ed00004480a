"""Object literals with variables, of which the members without variables are coerced once."""

from collections.abc import Set as AbstractSet
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLInputType, ObjectValueNode, Undefined, ValueNode, get_nullable_type
from graphql.execution.values import VariableValues
from graphql.utilities import coerce_input_literal

from dexter_graphql.engine.variables import uses_variables


class ObjectLiteral:
    """A literal whose members with variables are coerced for each execution, by graphql-core like all others.

    Input types such as the filter of issues have dozens of members, of which a document sets one or two.
    """

    __slots__ = ("_constant", "_out_type", "_varying", "_varying_type")

    def __init__(self, type_: GraphQLInputObjectType, constant: dict[str, Any], varying: ObjectValueNode) -> None:
        self._out_type, self._constant, self._varying = type_.out_type, constant, varying
        self._varying_type = _part_of(type_, {field.name.value for field in varying.fields})

    def coerce(self, variables: VariableValues) -> Any:
        """The value; Undefined when it is not valid."""
        varying = coerce_input_literal(self._varying, self._varying_type, variables)
        return Undefined if varying is Undefined else self._out_type({**self._constant, **varying})


def object_literal(type_: GraphQLInputType, node: ValueNode) -> ObjectLiteral | None:
    """The literal; None when it is no object, or when its members depend on each other."""
    object_type = get_nullable_type(type_)
    if not isinstance(object_type, GraphQLInputObjectType) or object_type.is_one_of:
        return None
    if not isinstance(node, ObjectValueNode):
        return None
    varying = [field for field in node.fields if uses_variables(field)]
    others = [field for field in node.fields if field not in varying]
    names = object_type.fields.keys() - {field.name.value for field in varying}
    constant = coerce_input_literal(ObjectValueNode(fields=tuple(others)), _part_of(object_type, names))
    if constant is Undefined:
        return None
    return ObjectLiteral(object_type, constant, ObjectValueNode(fields=tuple(varying)))


def _part_of(type_: GraphQLInputObjectType, names: AbstractSet[str]) -> GraphQLInputObjectType:
    """The type with these members alone, whose values are dictionaries."""
    return GraphQLInputObjectType(type_.name, {name: field for name, field in type_.fields.items() if name in names})
