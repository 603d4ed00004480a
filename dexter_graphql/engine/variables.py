"""Where a document uses variables: in arguments, and in the conditions of @skip and @include."""

from collections.abc import Iterator, Mapping, Sequence

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    Node,
    SelectionSetNode,
    VariableNode,
    Visitor,
    visit,
)


class VariableFinder:
    """Tells for parts of one document whether arguments in them depend on variables."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[int, bool] = {}

    def is_in_arguments_below(self, node: FieldNode) -> bool:
        """True when an argument of a field below this one uses a variable, fragments included."""
        return node.selection_set is not None and self._is_in(node.selection_set)

    def _is_in(self, selection_set: SelectionSetNode) -> bool:
        known = self._known.get(id(selection_set))
        if known is None:
            self._known[id(selection_set)] = False  # where a fragment contains itself
            known = self._known[id(selection_set)] = any(map(self._is_in_selection, selection_set.selections))
        return known

    def _is_in_selection(self, node: Node) -> bool:
        if isinstance(node, FieldNode) and any(map(uses_variables, node.arguments or ())):
            return True
        if isinstance(node, FragmentSpreadNode):
            fragment = self._fragments.get(node.name.value)
            return fragment is not None and self._is_in(fragment.selection_set)
        selection_set = getattr(node, "selection_set", None)
        return selection_set is not None and self._is_in(selection_set)


class _ConditionVisitor(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value in {"skip", "include"}:
            values = [argument.value for argument in node.arguments or ()]
            self.names |= {value.name.value: None for value in values if isinstance(value, VariableNode)}


def condition_variables(nodes: Sequence[Node]) -> tuple[str, ...]:
    """Names of the variables that decide what an operation selects."""
    visitor = _ConditionVisitor()
    for node in nodes:
        visit(node, visitor)
    return tuple(visitor.names)


def uses_variables(node: Node) -> bool:
    """True when a variable stands anywhere in a node."""
    return isinstance(node, VariableNode) or any(map(uses_variables, _children(node)))


def _children(node: Node) -> Iterator[Node]:
    for key in node.keys:
        value = getattr(node, key, None)
        for child in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(child, Node):
                yield child
