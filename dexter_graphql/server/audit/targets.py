"""The objects that a mutation names: IDs, slugs and searches in its arguments, by their paths."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
    value_from_ast_untyped,
)

from dexter_graphql.engine.operation_entry import OperationEntry

NAMES = frozenset(
    {
        "channelId",
        "id",
        "ids",
        "key",
        "runId",
        "search",
        "sentryId",
        "shortId",
        "shortIds",
        "slug",
        "targetId",
        "username",
        "uuid",
        "version",
    }
)
"""Members of inputs whose values name objects. Texts, settings and other values are not written."""
MAX_VALUES = 100
"""Values of one path; a mutation may name a thousand issues."""


def root_fields_of(entry: OperationEntry, variables: Mapping[str, Any]) -> dict[str, dict[str, list[Any]]]:
    """Return the root fields of an operation, each with the values in its arguments that name objects."""
    values = _defaults(entry) | dict(variables)
    fields: dict[str, dict[str, list[Any]]] = {}
    for node in _fields(entry, entry.operation.selection_set):
        targets = fields.setdefault(node.name.value, {})
        for argument in node.arguments or ():
            value = value_from_ast_untyped(argument.value, values)
            for path, item in _targets(value, (argument.name.value,)):
                _add(targets, path, item)
    return fields


def _defaults(entry: OperationEntry) -> dict[str, Any]:
    definitions = entry.operation.variable_definitions or ()
    defaults = {node.variable.name.value: node.default_value for node in definitions}
    return {name: value_from_ast_untyped(node) for name, node in defaults.items() if node is not None}


def _fields(entry: OperationEntry, selections: SelectionSetNode) -> Iterator[FieldNode]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(entry, node.selection_set)
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(entry, entry.fragments[node.name.value].selection_set)


def _targets(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Yield each value that names an object, with its path; the outermost member, `input`, is left out."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _targets(item, (*path, str(name)))
    elif isinstance(value, list):
        for item in value:
            yield from _targets(item, path)
    elif isinstance(value, (str, int)) and not NAMES.isdisjoint(path[-2:]):
        yield ".".join(path[1:] or path), value


def _add(targets: dict[str, list[Any]], path: str, value: Any) -> None:
    values = targets.setdefault(path, [])
    if len(values) < MAX_VALUES:
        values.append(value)
    elif len(values) == MAX_VALUES:
        values.append("…")
