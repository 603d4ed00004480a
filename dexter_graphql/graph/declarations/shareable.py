"""Knows which documents may be executed once for several who ask the same at the same time."""

from collections.abc import Iterator
from weakref import ReferenceType, ref

from graphql import (
    DefinitionNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)

from dexter_graphql.graph.declarations.fields import CallDeclaration, PlainDeclaration
from dexter_graphql.graph.declarations.kind_field import KIND, KindField, SentryCalls
from dexter_graphql.graph.declarations.strawberry_internals import definition_of

SchemaCoordinate = tuple[GraphQLNamedType | None, SelectionSetNode]
"""A type, and what is selected on it."""


class Shareability:
    """Tells of valid documents whether they ask Sentry, and select nothing that belongs to who asks.

    Each document is looked at once, and what was found is forgotten with it.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known: dict[int, tuple[ReferenceType[DocumentNode], bool]] = {}

    def __call__(self, document: DocumentNode) -> bool:
        """True when it is worth something, and harmless, to answer several with one execution."""
        number = id(document)
        known = self._known.get(number)
        if known is None:
            gone = ref(document, lambda _gone: self._known.pop(number, None))
            known = self._known[number] = (gone, self._looked_at(document))
        return known[1]

    def _looked_at(self, document: DocumentNode) -> bool:
        fields = list(self._fields(document))
        return any(calls_sentry(field) for field in fields) and not any(is_personal(field) for field in fields)

    def _fields(self, document: DocumentNode) -> Iterator[KindField]:
        """The declared fields that are selected anywhere in the document."""
        places = [place for part in document.definitions if (place := self._entry(part)) is not None]
        seen = set()
        while places:
            parent, selected = places.pop()
            if (parent, id(selected)) in seen:
                continue  # many types may stand in one place, and below them the same ones again
            seen.add((parent, id(selected)))
            for node in selected.selections:
                if isinstance(node, InlineFragmentNode):
                    condition = node.type_condition
                    inner = self._schema.get_type(condition.name.value) if condition else parent
                    places.append((inner, node.selection_set))
                elif isinstance(node, FieldNode):
                    for definition in self._definitions(parent, node.name.value):
                        if node.selection_set is not None:
                            places.append((get_named_type(definition.type), node.selection_set))
                        declared = definition_of(definition)
                        if isinstance(declared, KindField):
                            yield declared

    def _entry(self, definition: DefinitionNode) -> SchemaCoordinate | None:
        if isinstance(definition, OperationDefinitionNode):
            return self._schema.get_root_type(definition.operation), definition.selection_set
        if isinstance(definition, FragmentDefinitionNode):
            return self._schema.get_type(definition.type_condition.name.value), definition.selection_set
        return None

    def _definitions(self, parent: GraphQLNamedType | None, name: str) -> Iterator[GraphQLField]:
        """The field on the type, or on each type that may stand in its place."""
        if isinstance(parent, (GraphQLInterfaceType, GraphQLUnionType)):
            types = list(self._schema.get_possible_types(parent))
        else:
            types = [parent] if isinstance(parent, GraphQLObjectType) else []
        for possible in types:
            if name in possible.fields:
                yield possible.fields[name]


def calls_sentry(field: KindField) -> bool:
    """True when the field may call Sentry."""
    return any(isinstance(directive, SentryCalls) for directive in field.directives)


def is_personal(field: KindField) -> bool:
    """True when the field's value belongs to who asks."""
    declaration = field.metadata[KIND]
    return isinstance(declaration, (PlainDeclaration, CallDeclaration)) and declaration.is_personal
