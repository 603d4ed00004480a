"""Knows what a document selects below a field, fragments and @skip/@include applied.

The one walker of the project: whatever wants to know what will be read asks here. Does not know what a field means.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLSkipDirective,
    GraphQLType,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_directive_values,
    get_named_type,
)
from graphql.execution.values import VariableValues

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SelectedField:
    """One field of an object type, all of its occurrences under one parent merged."""

    name: str
    definition: GraphQLField
    selection: "Selection"


class Selection:
    """What is selected below one or more equal field nodes; fields are asked for by concrete object type."""

    def __init__(
        self, selection_index: "SelectionIndex", return_type: GraphQLType, sets: Sequence[SelectionSetNode]
    ) -> None:
        self._selection_index = selection_index
        self._named: GraphQLType = get_named_type(return_type)
        self.sets = sets
        self._fields: dict[str, dict[str, SelectedField]] = {}
        self._memo: dict[Hashable, Any] = {}

    @cached_property
    def typenames(self) -> tuple[str, ...]:
        """Names of the object types that may stand here, sorted."""
        if isinstance(self._named, GraphQLObjectType):
            return (self._named.name,)
        if isinstance(self._named, (GraphQLInterfaceType, GraphQLUnionType)):
            return tuple(
                sorted(possible.name for possible in self._selection_index.schema.get_possible_types(self._named))
            )
        return ()

    def fields(self, typename: str) -> Mapping[str, SelectedField]:
        """Fields selected when the object is a `typename`, by field name (aliases of one field merge)."""
        found = self._fields.get(typename)
        if found is None:
            found = self._fields[typename] = self._selection_index.collect(typename, self.sets)
        return found

    def memoized(self, key: Hashable, compute: Callable[[], T]) -> T:
        """What `compute` made of this selection the first time; it lives as long as the selection does."""
        try:
            found: T = self._memo[key]
        except KeyError:
            found = self._memo[key] = compute()
        return found

    def child(self, name: str) -> "Selection | None":
        """Selection of the field `name`, the same on all possible types; None when no type selects it."""
        for typename in self.typenames:
            selected = self.fields(typename).get(name)
            if selected is not None:
                return selected.selection
        return None

    def has(self, path: str) -> bool:
        """True when the dotted path of field names is selected, for example `edges.inRange.series`."""
        here: Selection | None = self
        for name in path.split("."):
            here = here.child(name) if here is not None else None
        return here is not None

    def merged_with(self, other: "Selection | None") -> "Selection":
        """Both selections as one; they must select on the same type."""
        if other is None:
            return self
        return Selection(self._selection_index, self._named, [*self.sets, *other.sets])


class SelectionIndex:
    """Walks one operation with one set of variables. Cheap to make; answers are computed when asked."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
    ) -> None:
        self.schema = schema
        self._operation = operation
        self._fragments = fragments
        self._variables = variables
        self._by_node: dict[tuple[int, ...], Selection] = {}
        self._by_type: dict[str, Selection] = {}

    @classmethod
    def of(cls, info: GraphQLResolveInfo[Any]) -> "SelectionIndex":
        """The walker of the operation that is being executed."""
        return cls(info.schema, info.operation, info.fragments, info.variable_values)

    def selection(self, return_type: GraphQLOutputType, nodes: Sequence[FieldNode]) -> Selection:
        """What is selected below the field that these nodes make up; remembered per node."""
        key = tuple(map(id, nodes))
        found = self._by_node.get(key)
        if found is None:
            sets = [node.selection_set for node in nodes if node.selection_set is not None]
            found = self._by_node[key] = Selection(self, return_type, sets)
        return found

    def all_on_type(self, typename: str) -> Selection:
        """The union of what the whole operation selects on an object type, wherever it stands."""
        found = self._by_type.get(typename)
        if found is None:
            named, sets = self.schema.get_type(typename), self._sets_by_type.get(typename, [])
            found = self._by_type[typename] = Selection(self, named, sets)  # type: ignore[arg-type]  # callers name object types
        return found

    def collect(self, typename: str, sets: Sequence[SelectionSetNode]) -> dict[str, SelectedField]:
        """Fields of `typename` in these selection sets, in document order."""
        parent = self.schema.get_type(typename)
        nodes: dict[str, list[FieldNode]] = {}
        for selection_set in sets:
            for node in self._field_nodes(parent, selection_set, set()):
                nodes.setdefault(node.name.value, []).append(node)
        found = {}
        for name, group in nodes.items():
            definition = parent.fields.get(name) if isinstance(parent, GraphQLObjectType) else None
            if definition is not None:
                found[name] = SelectedField(name, definition, self.selection(definition.type, group))
        return found

    @cached_property
    def _sets_by_type(self) -> dict[str, list[SelectionSetNode]]:
        root = self.schema.get_root_type(self._operation.operation)
        found: dict[str, list[SelectionSetNode]] = {}
        if root is not None:
            self._visit(Selection(self, root, [self._operation.selection_set]), found)
        return found

    def _visit(self, selection: Selection, found: dict[str, list[SelectionSetNode]]) -> None:
        for typename in selection.typenames:
            found.setdefault(typename, []).extend(selection.sets)
            for selected in selection.fields(typename).values():
                self._visit(selected.selection, found)

    def _field_nodes(self, parent: object, selection_set: SelectionSetNode, visited: set[str]) -> Iterator[FieldNode]:
        for node in selection_set.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                if self._applies(parent, node.type_condition.name.value if node.type_condition else None):
                    yield from self._field_nodes(parent, node.selection_set, visited)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in visited:
                visited.add(node.name.value)
                fragment = self._fragments.get(node.name.value)
                if fragment is not None and self._applies(parent, fragment.type_condition.name.value):
                    yield from self._field_nodes(parent, fragment.selection_set, visited)

    def _is_included(self, node: FieldNode | InlineFragmentNode | FragmentSpreadNode | object) -> bool:
        if not getattr(node, "directives", None):
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)  # type: ignore[arg-type]  # any selection
        if skip and skip["if"] is True:
            return False
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)  # type: ignore[arg-type]  # any selection
        return not (include and include["if"] is False)

    def _applies(self, parent: object, condition: str | None) -> bool:
        if condition is None or condition == getattr(parent, "name", None):
            return True
        abstract = self.schema.get_type(condition)
        return (
            isinstance(abstract, (GraphQLInterfaceType, GraphQLUnionType))
            and isinstance(parent, GraphQLObjectType)
            and self.schema.is_sub_type(abstract, parent)
        )
