"""Names in the arguments of an operation that are looked up in lists of the organization."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNamedType,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
)
from graphql.execution.values import VariableValues

from dexter_graphql.engine.arguments import ArgumentValues
from dexter_graphql.engine.selection import SelectedField

RELEASE = "ReleaseReference"
LISTED = frozenset(
    {"ProjectReference", "TeamReference", "UserReference", "EnvironmentReference", "RepositoryReference"}
)
"""References that are looked up in a list of the organization. A release is looked up by itself."""
Lookup = tuple[str, str]
"""A list that is looked up in, or a release."""


class ReferenceArguments(NamedTuple):
    """The arguments of a field that may hold references."""

    definitions: Mapping[str, Any]
    values: ArgumentValues

    def lookups(self, variables: VariableValues) -> Iterator[Lookup]:
        """What the references are looked up in: each is one call."""
        try:
            values = self.values.coerce(variables)
        except GraphQLError:
            return  # reported when the field is executed
        yield from _lookups_in(self.definitions, values)


def references_of(field: SelectedField) -> Iterator[ReferenceArguments]:
    """The arguments of a field that may hold references, where there are any."""
    definitions = field.definition.args
    given = {argument.name.value: argument.value for argument in field.node.arguments or ()}
    names = {name for name in given.keys() & definitions.keys() if _may_refer(given[name], definitions[name].type)}
    if names:
        yield ReferenceArguments(definitions, ArgumentValues(field.definition, field.node, names))


def _may_refer(node: ValueNode, kind: GraphQLInputType | GraphQLNamedType) -> bool:
    """Whether a value may hold references: one that sets other members alone is not looked at again."""
    named = get_named_type(kind)
    if isinstance(node, ListValueNode):
        return any(_may_refer(item, named) for item in node.values)
    if not isinstance(named, GraphQLInputObjectType):
        return False
    if named.name in LISTED or named.name == RELEASE or isinstance(node, VariableNode):
        return True
    fields = node.fields if isinstance(node, ObjectValueNode) else ()
    return any(_may_refer(field.value, named.fields[field.name.value].type) for field in fields)


def _lookups_in(definitions: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Lookup]:
    for name, value in values.items():
        if isinstance(value, (dict, list)):
            yield from _lookups_in_value(definitions[name].type, value)


def _lookups_in_value(kind: GraphQLInputType | GraphQLNamedType, value: Any) -> Iterator[Lookup]:
    named = get_named_type(kind)
    if isinstance(value, list):
        for item in value:
            yield from _lookups_in_value(named, item)
    elif isinstance(named, GraphQLInputObjectType) and isinstance(value, dict):
        if named.name in LISTED:
            yield named.name, ""
        elif named.name == RELEASE:
            yield named.name, str(value)
        else:
            yield from _lookups_in(named.fields, value)
