"""Which documents may be executed once for several callers that send them at the same time."""

from collections.abc import Iterator
from weakref import ReferenceType, ref

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode

from dexter_graphql.engine.selection import field_occurrences
from dexter_graphql.graph.declarations.fields import CallDeclaration, PlainDeclaration
from dexter_graphql.graph.declarations.kind_field import KIND, KindField, SentryCalls
from dexter_graphql.graph.declarations.strawberry_internals import definition_of


class Shareability:
    """Tells whether a valid document calls Sentry and selects no personal field.

    Each document is examined once; the result is dropped together with the document.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known: dict[int, tuple[ReferenceType[DocumentNode], bool]] = {}

    def __call__(self, document: DocumentNode) -> bool:
        """True when one execution may answer several callers, and saves calls."""
        number = id(document)
        known = self._known.get(number)
        if known is None:
            reference = ref(document, lambda _reference: self._known.pop(number, None))
            known = self._known[number] = (reference, self._is_shareable(document))
        return known[1]

    def _is_shareable(self, document: DocumentNode) -> bool:
        fields = list(self._declared_fields(document))
        return any(calls_sentry(field) for field in fields) and not any(is_personal(field) for field in fields)

    def _declared_fields(self, document: DocumentNode) -> Iterator[KindField]:
        definitions = document.definitions
        fragments = {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
        for operation in definitions:
            if isinstance(operation, OperationDefinitionNode):
                root = self._schema.get_root_type(operation.operation), operation.selection_set
                for _, _, definition in field_occurrences(self._schema, root, fragments):
                    field = definition_of(definition)
                    if isinstance(field, KindField):
                        yield field


def calls_sentry(field: KindField) -> bool:
    """True when the field may call Sentry."""
    return any(isinstance(directive, SentryCalls) for directive in field.directives)


def is_personal(field: KindField) -> bool:
    """True when the value depends on the caller's own account."""
    declaration = field.metadata[KIND]
    return isinstance(declaration, (PlainDeclaration, CallDeclaration)) and declaration.is_personal
