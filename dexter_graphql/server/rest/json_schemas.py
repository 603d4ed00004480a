"""JSON schemas of what routes take and return, from the types of the graph."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    GraphQLType,
    GraphQLUnionType,
    InlineFragmentNode,
    SelectionSetNode,
    is_non_null_type,
)
from graphql.pyutils import Undefined

JSONSchema = dict[str, Any]
SCALARS: Mapping[str, JSONSchema] = {
    "String": {"type": "string"},
    "ID": {"type": "string"},
    "Int": {"type": "integer", "format": "int32"},
    "BigInt": {"type": "integer", "format": "int64"},
    "Float": {"type": "number"},
    "Boolean": {"type": "boolean"},
    "DateTime": {"type": "string", "format": "date-time"},
}
"""All other scalars take any value."""
COMPONENTS = "#/components/schemas/"
TYPENAME = "__typename"


def nullable(schema: JSONSchema) -> JSONSchema:
    """A schema that null fits, too."""
    if not schema:
        return schema
    if isinstance(schema.get("type"), str):
        values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
        return {**schema, "type": [schema["type"], "null"], **values}
    return {"anyOf": [schema, {"type": "null"}]}


class InputSchemas:
    """Schemas of input types; those of input objects are collected as components, because they contain each other."""

    def __init__(self) -> None:
        self.components: dict[str, JSONSchema] = {}

    def of(self, input_type: GraphQLType) -> JSONSchema:
        """Return the schema of a type."""
        if isinstance(input_type, GraphQLNonNull):
            return self._non_null(input_type.of_type)
        return nullable(self._non_null(input_type))

    def _non_null(self, input_type: GraphQLType) -> JSONSchema:
        if isinstance(input_type, GraphQLList):
            return {"type": "array", "items": self.of(input_type.of_type)}
        if isinstance(input_type, GraphQLInputObjectType):
            if input_type.name not in self.components:
                self.components[input_type.name] = {}  # ends the recursion
                self.components[input_type.name] = self._object(input_type)
            return {"$ref": COMPONENTS + input_type.name}
        return leaf_schema(input_type)

    def _object(self, input_type: GraphQLInputObjectType) -> JSONSchema:
        properties = {
            name: described(self.of(field.type), field.description) for name, field in input_type.fields.items()
        }
        required = [
            name
            for name, field in input_type.fields.items()
            if is_non_null_type(field.type) and field.default_value is Undefined
        ]
        one_of = {"minProperties": 1, "maxProperties": 1} if input_type.is_one_of else {}
        return {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
            **({"required": required} if required else {}),
            **one_of,
        }


def leaf_schema(leaf: GraphQLType) -> JSONSchema:
    """The schema of a scalar or an enum."""
    if isinstance(leaf, GraphQLEnumType):
        return {"type": "string", "enum": list(leaf.values)}
    return dict(SCALARS.get(getattr(leaf, "name", ""), {}))


def described(schema: JSONSchema, description: str | None) -> JSONSchema:
    """A schema with a description."""
    return {**schema, "description": description} if description else schema


class OutputSchemas:
    """Schemas of what a document selects."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments

    def of(self, output_type: GraphQLType, selections: Sequence[SelectionSetNode]) -> JSONSchema:
        """Return the schema of a type with what is selected of it."""
        if isinstance(output_type, GraphQLNonNull):
            return self._non_null(output_type.of_type, selections)
        return nullable(self._non_null(output_type, selections))

    def members(
        self, parent: GraphQLObjectType, selections: Sequence[SelectionSetNode]
    ) -> dict[str, tuple[GraphQLType, list[SelectionSetNode], str | None]]:
        """Return type, selections and description of each member of an object."""
        members: dict[str, tuple[GraphQLType, list[SelectionSetNode], str | None]] = {}
        for node in (node for selection in selections for node in self._fields(parent, selection)):
            name = node.name.value
            key = node.alias.value if node.alias is not None else name
            below = [node.selection_set] if node.selection_set is not None else []
            if key in members:
                members[key][1].extend(below)
            elif name == TYPENAME:
                members[key] = (GraphQLNonNull(GraphQLString), [], None)
            else:
                field = parent.fields[name]
                members[key] = (field.type, below, field.description)
        return members

    def _non_null(self, output_type: GraphQLType, selections: Sequence[SelectionSetNode]) -> JSONSchema:
        if isinstance(output_type, GraphQLList):
            return {"type": "array", "items": self.of(output_type.of_type, selections)}
        if isinstance(output_type, GraphQLObjectType):
            return self._object(output_type, selections)
        if isinstance(output_type, (GraphQLInterfaceType, GraphQLUnionType)):
            return self._any_of(output_type, selections)
        return leaf_schema(output_type)

    def _object(self, parent: GraphQLObjectType, selections: Sequence[SelectionSetNode]) -> JSONSchema:
        properties = {
            key: described(self.of(member_type, below), description)
            for key, (member_type, below, description) in self.members(parent, selections).items()
        }
        if TYPENAME in properties:
            properties[TYPENAME] = {"type": "string", "const": parent.name}
        return {"type": "object", "properties": properties, "required": list(properties)}

    def _any_of(
        self, abstract: GraphQLInterfaceType | GraphQLUnionType, selections: Sequence[SelectionSetNode]
    ) -> JSONSchema:
        different: list[JSONSchema] = []
        for possible in self._schema.get_possible_types(abstract):
            schema = self._object(possible, selections)
            if schema not in different:
                different.append(schema)
        return different[0] if len(different) == 1 else {"anyOf": different}

    def _fields(self, parent: GraphQLObjectType, selection: SelectionSetNode) -> Iterator[FieldNode]:
        """The fields of a selection set that apply to a type, with fragments written out."""
        for node in selection.selections:
            if isinstance(node, FieldNode):
                yield node
                continue
            fragment = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            assert isinstance(fragment, (FragmentDefinitionNode, InlineFragmentNode))  # noqa: S101  # nothing else is one
            condition = fragment.type_condition
            if condition is None or self._applies(parent, condition.name.value):
                yield from self._fields(parent, fragment.selection_set)

    def _applies(self, parent: GraphQLObjectType, condition: str) -> bool:
        named = self._schema.type_map[condition]
        if isinstance(named, (GraphQLInterfaceType, GraphQLUnionType)):
            return self._schema.is_sub_type(named, parent)
        return named is parent
