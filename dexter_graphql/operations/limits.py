"""Knows how large a document may be: depth, aliases, root fields and fields with fragments written out.

Each limit is a validation rule of its own. A document over a limit is refused before anything runs.
"""

from dataclasses import dataclass
from typing import Any

from graphql import (
    ASTValidationRule,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
)

from dexter_graphql.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest document that is run."""

    max_depth: int = 15
    max_aliases: int = 50
    max_root_fields: int = 20
    max_fields: int = 2000


@dataclass(slots=True)
class Measure:
    """The size of a selection with fragments written out."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    root_fields: int = 0


class Ruler:
    """Measures selections; each fragment is measured once, however often it is spread."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, Measure] = {}

    def measured(self, selection_set: SelectionSetNode | None) -> Measure:
        """The size of what is selected."""
        total = Measure()
        for node in selection_set.selections if selection_set is not None else ():
            self._add(total, node)
        return total

    def _add(self, total: Measure, node: Any) -> None:
        if isinstance(node, FieldNode):
            below = self.measured(node.selection_set)
            below = Measure(below.depth + 1, below.fields + 1, below.aliases + (node.alias is not None), 1)
        elif isinstance(node, FragmentSpreadNode):
            below = self._fragment(node.name.value)
        else:
            below = self.measured(node.selection_set)
        total.depth = max(total.depth, below.depth)
        total.fields += below.fields
        total.aliases += below.aliases
        total.root_fields += below.root_fields

    def _fragment(self, name: str) -> Measure:
        if name not in self._known:
            self._known[name] = Measure()  # a fragment that contains itself ends here; another rule refuses it
            fragment = self._fragments.get(name)
            self._known[name] = self.measured(fragment.selection_set if fragment is not None else None)
        return self._known[name]


def limit_rule(limits: Limits) -> type[ASTValidationRule]:
    """The validation rule that refuses operations over these limits."""

    class LimitRule(ASTValidationRule):
        """Refuses operations that are larger than the limits."""

        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            document = context.document.definitions
            fragments = {node.name.value: node for node in document if isinstance(node, FragmentDefinitionNode)}
            self._ruler = Ruler(fragments)

        def enter_operation_definition(self, node: OperationDefinitionNode, *_args: Any) -> None:
            """Measure the operation and report what is too much."""
            for problem in problems(self._ruler.measured(node.selection_set), limits):
                self.report_error(GraphQLError(problem, node, extensions={"code": ErrorCode.QUERY_TOO_COMPLEX}))

    return LimitRule


def problems(found: Measure, limits: Limits) -> list[str]:
    """What is too much, in sentences."""
    checks = (
        ("fields deep", found.depth, limits.max_depth),
        ("aliases", found.aliases, limits.max_aliases),
        ("fields at its root", found.root_fields, limits.max_root_fields),
        ("fields with its fragments written out", found.fields, limits.max_fields),
    )
    return [f"The operation has {count} {what}; {limit} are allowed" for what, count, limit in checks if count > limit]
