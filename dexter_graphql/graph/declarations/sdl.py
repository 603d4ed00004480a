"""SDL in a fixed order, so that differences between versions are changes of the schema."""

from dataclasses import replace

from graphql import (
    DirectiveDefinitionNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    Node,
    ObjectTypeDefinitionNode,
    StringValueNode,
    UnionTypeDefinitionNode,
    parse,
    print_ast,
)

ONE_OF = "Exactly one field of the input must be set, and not to null."
"""Description of `@oneOf`, which Strawberry prints without one."""


def sorted_sdl(text: str) -> str:
    """The schema with all definitions, fields and values in alphabetical order."""
    document = parse(text)
    return (
        "\n\n".join(print_ast(node) for node in sorted(map(_sort_definition, document.definitions), key=_sort_key))
        + "\n"
    )


def _sort_definition(node: Node) -> Node:
    if isinstance(node, (ObjectTypeDefinitionNode, InterfaceTypeDefinitionNode)):
        fields = tuple(_sort_arguments(field) for field in sorted(node.fields or (), key=_name))
        return replace(node, fields=fields, interfaces=tuple(sorted(node.interfaces or (), key=_name)))
    if isinstance(node, InputObjectTypeDefinitionNode):
        return replace(node, fields=tuple(sorted(node.fields or (), key=_name)))
    if isinstance(node, EnumTypeDefinitionNode):
        return replace(node, values=tuple(sorted(node.values or (), key=_name)))
    if isinstance(node, UnionTypeDefinitionNode):
        return replace(node, types=tuple(sorted(node.types or (), key=_name)))
    if isinstance(node, DirectiveDefinitionNode) and node.name.value == "oneOf":
        return replace(node, description=StringValueNode(value=ONE_OF, block=True))
    return node


def _sort_arguments(field: FieldDefinitionNode) -> FieldDefinitionNode:
    return replace(field, arguments=tuple(sorted(field.arguments or (), key=_name)))


def _name(node: Node) -> str:
    name: str = node.name.value  # type: ignore[attr-defined]  # only nodes with a name come here
    return name


def _sort_key(node: Node) -> tuple[bool, str]:
    """Directives first, then types of all kinds by name."""
    return (not isinstance(node, DirectiveDefinitionNode), _name(node))
