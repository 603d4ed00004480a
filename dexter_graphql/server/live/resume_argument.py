"""The `after` argument of a subscription: its value, and the variables without it."""

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
    StringValueNode,
    VariableNode,
    Visitor,
    visit,
)

from dexter_graphql.engine.operation_entry import OperationEntry

NAME = "after"


@dataclass(frozen=True, slots=True)
class ResumeArgument:
    """How a document gives the position from which its stream resumes: as text, or in a variable.

    `default` is the text, or the default value of the variable. `is_exclusive` says that the variable is used for
    nothing else.
    """

    default: str | None = None
    variable: str | None = None
    is_exclusive: bool = False

    def value(self, variables: dict[str, Any] | None) -> str | None:
        """The position, for these variables; None to begin with new answers, and for a value of another type."""
        value = (variables or {}).get(self.variable, self.default) if self.variable is not None else self.default
        return value if isinstance(value, str) else None

    def without(self, variables: dict[str, Any] | None) -> dict[str, Any]:
        """The variables on which the answers depend, wherever the stream begins."""
        variables = variables or {}
        if not self.is_exclusive or not _is_text(variables.get(self.variable or NAME)):
            return variables
        return {name: value for name, value in variables.items() if name != self.variable}


class ResumeArguments:
    """The `after` arguments of operations, each read once from its document."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[OperationEntry, ResumeArgument] = WeakKeyDictionary()

    def __call__(self, entry: OperationEntry) -> ResumeArgument:
        """Return the argument of an operation."""
        known = self._known.get(entry)
        if known is None:
            known = self._known[entry] = _read(entry)
        return known


def _read(entry: OperationEntry) -> ResumeArgument:
    field = _root_field(entry.operation.selection_set, entry)
    argument = next((node for node in (field.arguments or () if field else ()) if node.name.value == NAME), None)
    if argument is None:
        return ResumeArgument()
    if isinstance(argument.value, StringValueNode):
        return ResumeArgument(argument.value.value)
    if not isinstance(argument.value, VariableNode):
        return ResumeArgument()
    name = argument.value.name.value
    definitions = [node for node in entry.operation.variable_definitions or () if node.variable.name.value == name]
    default = definitions[0].default_value if definitions else None
    text = default.value if isinstance(default, StringValueNode) else None
    return ResumeArgument(text, name, is_exclusive=_count_uses(entry, name) == 1)


def _root_field(selection_set: SelectionSetNode, entry: OperationEntry) -> FieldNode | None:
    """The root field; a valid subscription has one."""
    for node in selection_set.selections:
        if isinstance(node, FieldNode):
            return node
        below = entry.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        assert isinstance(below, (FragmentDefinitionNode, InlineFragmentNode))  # noqa: S101  # a fragment
        field = _root_field(below.selection_set, entry)
        if field is not None:
            return field
    return None


class _UseCounter(Visitor):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.uses = 0

    def enter_variable_definition(self, *_: object) -> bool:
        return False

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.uses += node.name.value == self._name


def _count_uses(entry: OperationEntry, name: str) -> int:
    counter = _UseCounter(name)
    for node in (entry.operation, *entry.fragments.values()):
        visit(node, counter)
    return counter.uses


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)
