"""What an operation selects below its fields, with fragments and @skip/@include applied."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLSkipDirective,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_directive_values,
    get_named_type,
)
from graphql.execution.values import VariableValues

T = TypeVar("T")


class FieldOccurrence(NamedTuple):
    """A field node and its definition on one object type that may stand where the node is."""

    parent: GraphQLObjectType
    node: FieldNode
    definition: GraphQLField


def field_occurrences(
    schema: GraphQLSchema,
    root: tuple[GraphQLNamedType | None, SelectionSetNode],
    fragments: Mapping[str, FragmentDefinitionNode],
    is_included: Callable[[SelectionNode], bool] = lambda _node: True,
) -> Iterator[FieldOccurrence]:
    """All fields below a selection set, each before the fields below it.

    A selection set is visited once for each object type that may stand there, however many paths lead to it, so the
    work is bounded by the size of the document times the number of types.
    """
    named, selection_set = root
    pending = [(parent, selection_set) for parent in reversed(object_types(schema, named))]
    visited = set()
    while pending:
        parent, selection_set = pending.pop()
        if (parent, id(selection_set)) in visited:
            continue
        visited.add((parent, id(selection_set)))
        below: list[tuple[GraphQLObjectType, SelectionSetNode]] = []
        for node in filter(is_included, selection_set.selections):
            if isinstance(node, FieldNode):
                definition = parent.fields.get(node.name.value)
                if definition is not None:
                    yield FieldOccurrence(parent, node, definition)
                    if node.selection_set is not None:
                        types = object_types(schema, get_named_type(definition.type))
                        below += [(kind, node.selection_set) for kind in types]
            elif (inner := fragment_selections(schema, parent, node, fragments)) is not None:
                below.append((parent, inner))
        pending += reversed(below)


def object_types(schema: GraphQLSchema, named: GraphQLNamedType | None) -> Sequence[GraphQLObjectType]:
    """The object types that may stand where a type is declared, by name."""
    if isinstance(named, GraphQLObjectType):
        return (named,)
    if isinstance(named, (GraphQLInterfaceType, GraphQLUnionType)):
        return sorted(schema.get_possible_types(named), key=attrgetter("name"))
    return ()


def fragment_selections(
    schema: GraphQLSchema,
    parent: GraphQLNamedType | None,
    node: SelectionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> SelectionSetNode | None:
    """What a spread or an inline fragment selects on an object type; None when it does not apply to that type."""
    fragment = fragments.get(node.name.value) if isinstance(node, FragmentSpreadNode) else node
    if not isinstance(fragment, (FragmentDefinitionNode, InlineFragmentNode)):
        return None
    condition = fragment.type_condition
    if condition is None or (parent is not None and condition.name.value == parent.name):
        return fragment.selection_set
    abstract = schema.get_type(condition.name.value)
    applies = (
        isinstance(abstract, (GraphQLInterfaceType, GraphQLUnionType))
        and isinstance(parent, GraphQLObjectType)
        and schema.is_sub_type(abstract, parent)
    )
    return fragment.selection_set if applies else None


@dataclass(frozen=True, slots=True)
class SelectedField:
    """One field of an object type, all of its occurrences under one parent merged."""

    name: str
    definition: GraphQLField
    selection: "Selection"
    node: FieldNode
    """The first of the nodes that were merged."""


class Selection:
    """What is selected below one or more merged field nodes, by concrete object type."""

    def __init__(
        self, selection_index: "SelectionIndex", named: GraphQLNamedType | None, sets: Sequence[SelectionSetNode]
    ) -> None:
        self._selection_index = selection_index
        self._named = named
        self.sets = sets
        self._fields: dict[str, dict[str, SelectedField]] = {}
        self._memo: dict[Hashable, Any] = {}

    @cached_property
    def typenames(self) -> tuple[str, ...]:
        """Names of the object types that may stand here, sorted."""
        return tuple(kind.name for kind in object_types(self._selection_index.schema, self._named))

    def fields(self, typename: str) -> Mapping[str, SelectedField]:
        """Fields selected when the object is a `typename`, by field name (aliases of one field merge)."""
        fields = self._fields.get(typename)
        if fields is None:
            fields = self._fields[typename] = self._selection_index.collect(typename, self.sets)
        return fields

    def responses(self, typename: str) -> Sequence[SelectedField]:
        """Fields selected when the object is a `typename`, one for each alias."""
        return tuple(self._selection_index.collect(typename, self.sets, by=_response_name).values())

    def occurrences(self, typename: str) -> Iterator[SelectedField]:
        """Fields selected when the object is a `typename`, where the same alias may stand for others elsewhere."""
        for selection_set in self.sets:
            yield from self._selection_index.collect(typename, [selection_set], by=_response_name).values()

    def memoized(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The result of `compute`, computed once for this selection and key."""
        try:
            value: T = self._memo[key]
        except KeyError:
            value = self._memo[key] = compute()
        return value

    def child(self, name: str) -> "Selection | None":
        """Selection of the field `name`, the same on all possible types; None when no type selects it."""
        for typename in self.typenames:
            selected = self.fields(typename).get(name)
            if selected is not None:
                return selected.selection
        return None

    def has(self, path: str) -> bool:
        """True when the dotted path of field names is selected, for example `edges.inRange.series`."""
        selection: Selection | None = self
        for name in path.split("."):
            selection = selection.child(name) if selection is not None else None
        return selection is not None

    def clear(self) -> None:
        """Drop what was computed, parts of which refer to this selection."""
        self._fields.clear()
        self._memo.clear()

    def merged_with(self, other: "Selection | None") -> "Selection":
        """Both selections as one; they must select on the same type."""
        if other is None:
            return self
        return Selection(self._selection_index, self._named, [*self.sets, *other.sets])


def _field_name(node: FieldNode) -> str:
    return node.name.value


def _response_name(node: FieldNode) -> str:
    return (node.alias or node.name).value


class SelectionIndex:
    """The selections of one operation with one set of variables; each is computed when it is first needed."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
    ) -> None:
        self.schema = schema
        self._operation = operation
        self.variables = variables
        self._fragments = fragments
        self._by_node: dict[tuple[str, tuple[int, ...]], Selection] = {}
        self._by_type: dict[str, Selection] = {}

    @classmethod
    def of(cls, info: GraphQLResolveInfo[Any]) -> "SelectionIndex":
        """The index of the operation that is being executed."""
        return cls(info.schema, info.operation, info.fragments, info.variable_values)

    @property
    def root(self) -> Selection:
        """What the operation selects on its root type."""
        return Selection(self, self.schema.get_root_type(self._operation.operation), [self._operation.selection_set])

    def selection(self, return_type: GraphQLOutputType, nodes: Sequence[FieldNode]) -> Selection:
        """What is selected below the field that these nodes are merged to; the same object for the same nodes."""
        named = get_named_type(return_type)
        key = named.name, tuple(map(id, nodes))
        selection = self._by_node.get(key)
        if selection is None:
            sets = [node.selection_set for node in nodes if node.selection_set is not None]
            selection = self._by_node[key] = Selection(self, named, sets)
        return selection

    def all_on_type(self, typename: str) -> Selection:
        """The union of what the whole operation selects on an object type, wherever it stands."""
        selection = self._by_type.get(typename)
        if selection is None:
            named, sets = self.schema.get_type(typename), self._sets_by_type.get(typename, [])
            selection = self._by_type[typename] = Selection(self, named, sets)
        return selection

    def clear(self) -> None:
        """Drop all selections, which refer to this index."""
        for selection in (*self._by_node.values(), *self._by_type.values()):
            selection.clear()
        self._by_node.clear()
        self._by_type.clear()

    def collect(
        self, typename: str, sets: Sequence[SelectionSetNode], by: Callable[[FieldNode], str] = _field_name
    ) -> dict[str, SelectedField]:
        """Fields of `typename` in these selection sets, in document order; nodes with the same `by` merge."""
        parent = self.schema.get_type(typename)
        nodes: dict[str, list[FieldNode]] = {}
        for selection_set in sets:
            for node in self._field_nodes(parent, selection_set, set()):
                nodes.setdefault(by(node), []).append(node)
        fields = {}
        for key, group in nodes.items():
            name = group[0].name.value
            definition = parent.fields.get(name) if isinstance(parent, GraphQLObjectType) else None
            if definition is not None:
                fields[key] = SelectedField(name, definition, self.selection(definition.type, group), group[0])
        return fields

    @cached_property
    def _sets_by_type(self) -> dict[str, list[SelectionSetNode]]:
        root = self.schema.get_root_type(self._operation.operation)
        selection_set = self._operation.selection_set
        sets: dict[tuple[str, int], SelectionSetNode] = {}
        if root is not None:
            sets[root.name, id(selection_set)] = selection_set
        occurrences = field_occurrences(self.schema, (root, selection_set), self._fragments, self._is_included)
        for _, node, definition in occurrences:
            if node.selection_set is not None:
                for kind in object_types(self.schema, get_named_type(definition.type)):
                    sets[kind.name, id(node.selection_set)] = node.selection_set
        by_type: dict[str, list[SelectionSetNode]] = {}
        for (typename, _), below in sets.items():
            by_type.setdefault(typename, []).append(below)
        return by_type

    def _field_nodes(
        self, parent: GraphQLNamedType | None, selection_set: SelectionSetNode, visited: set[str]
    ) -> Iterator[FieldNode]:
        for node in filter(self._is_included, selection_set.selections):
            if isinstance(node, FieldNode):
                yield node
                continue
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in visited:
                    continue
                visited.add(node.name.value)
            inner = fragment_selections(self.schema, parent, node, self._fragments)
            if inner is not None:
                yield from self._field_nodes(parent, inner, visited)

    def _is_included(self, node: SelectionNode) -> bool:
        if not getattr(node, "directives", None):
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        if skip and skip["if"] is True:
            return False
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return not (include and include["if"] is False)
