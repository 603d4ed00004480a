"""Limits of introspection: what stands below `__schema` and `__type` may not multiply.

A client that reads the schema needs each list once. Aliases of lists, and lists below themselves, would let a short
document ask for an answer of any size.
"""

from collections.abc import Iterator, Mapping

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode

ROOTS = frozenset({"__schema", "__type"})
LISTS = frozenset(
    {
        *("args", "directives", "enumValues", "fields", "inputFields", "interfaces"),
        *("locations", "possibleTypes", "types"),
    }
)
"""Fields of the introspection types that are lists."""


def introspection_problem(
    selection_set: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], *, is_allowed: bool
) -> str | None:
    """Why the introspection in an operation's root is refused; None when it is not. Fragments have no cycles."""
    roots = [node for node in _fields(selection_set, fragments) if node.name.value in ROOTS]
    if not roots:
        return None
    if not is_allowed:
        return "Introspection is turned off on this server"
    if sum(node.name.value == "__schema" for node in roots) > 1:
        return "'__schema' may be selected once in an operation"
    problems = (_problem_below(node, fragments, frozenset()) for node in roots)
    return next((problem for problem in problems if problem is not None), None)


def _problem_below(
    parent: FieldNode, fragments: Mapping[str, FragmentDefinitionNode], above: frozenset[str]
) -> str | None:
    """The first problem below a field; `above` are the lists that it stands in."""
    lists = set()
    for node in _fields(parent.selection_set, fragments):
        name = node.name.value
        if node.alias is not None:
            return f"'{name}' may not have an alias in introspection"
        below = above
        if name in LISTS:
            if name in above:
                return f"'{name}' may not be selected below '{name}' in introspection"
            if name in lists:
                return f"'{name}' may be selected once below '{parent.name.value}' in introspection"
            lists.add(name)
            below = above | {name}
        problem = _problem_below(node, fragments, below)
        if problem is not None:
            return problem
    return None


def _fields(
    selection_set: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """The fields of a selection set, fragments written out."""
    for node in selection_set.selections if selection_set is not None else ():
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, FragmentSpreadNode):
            fragment = fragments.get(node.name.value)
            if fragment is not None:
                yield from _fields(fragment.selection_set, fragments)
        else:
            yield from _fields(getattr(node, "selection_set", None), fragments)
