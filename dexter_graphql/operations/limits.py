"""Largest document that is executed; checked on its text and on its tree, before it is validated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
)

from dexter_graphql.errors import ErrorCode
from dexter_graphql.operations.introspection import introspection_problem
from dexter_graphql.operations.tokens import measure_text

MAX_NAME_LENGTH = 256
"""Characters of an alias, or of the name of an operation, a fragment or a variable."""
MAX_NUMBER_LENGTH = 256
"""Digits of a number, with its sign and exponent."""
MAX_NESTING = 150
"""Nesting of brackets in a document: selections, arguments, lists and objects."""
MAX_DEFINITIONS = 250
"""Operations and fragments of one document."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest document that is executed."""

    max_tokens: int = 5000
    max_depth: int = 15
    max_aliases: int = 50
    max_root_fields: int = 20
    max_fields: int = 2000
    has_introspection: bool = True


@dataclass(slots=True)
class SelectionSize:
    """The size of a selection with fragments written out."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    root_fields: int = 0


class DocumentLimits:
    """Finds what is too large in a document."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def check_text(self, text: str) -> Sequence[GraphQLError]:
        """What is too much in a document that was not parsed yet."""
        limits = self._limits
        size = measure_text(text, limits.max_tokens)
        checks = (
            (size.nesting, MAX_NESTING, "brackets inside of each other"),
            (size.name_length, MAX_NAME_LENGTH, "characters in a name"),
            (size.number_length, MAX_NUMBER_LENGTH, "characters in a number"),
        )
        problems = [f"The document has more than {limits.max_tokens} tokens"] * (size.tokens > limits.max_tokens)
        problems += [
            f"The document has {count} {what}; {limit} are allowed" for count, limit, what in checks if count > limit
        ]
        return [_too_complex(problem) for problem in problems]

    def check_tree(self, document: DocumentNode) -> Sequence[GraphQLError]:
        """What is too much in a document that was not validated yet."""
        count = len(document.definitions)
        if count > MAX_DEFINITIONS:
            problem = f"The document has {count} operations and fragments; {MAX_DEFINITIONS} are allowed"
            return [_too_complex(problem)]
        definitions = document.definitions
        fragments = {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
        operations = [node for node in definitions if isinstance(node, OperationDefinitionNode)]
        measurement = Measurement(fragments)
        sizes = [measurement.measure(operation.selection_set) for operation in operations]
        for name in fragments:
            measurement.measure_fragment(name)
        if measurement.cycles:
            name, spread = next(iter(measurement.cycles.items()))
            return [_invalid(f"Cannot spread fragment '{name}' within itself", spread)]
        errors = [
            _too_complex(problem, operation)
            for operation, size in zip(operations, sizes, strict=True)
            for problem in size_problems(size, self._limits)
        ]
        return errors or list(self._introspection_errors(operations, fragments))

    def _introspection_errors(
        self, operations: Sequence[OperationDefinitionNode], fragments: dict[str, FragmentDefinitionNode]
    ) -> Iterator[GraphQLError]:
        is_allowed = self._limits.has_introspection
        for operation in operations:
            problem = introspection_problem(operation.selection_set, fragments, is_allowed=is_allowed)
            if problem is not None:
                yield _too_complex(problem, operation) if is_allowed else _invalid(problem, operation)


@dataclass(slots=True)
class Measurement:
    """Sizes of the selections of one document. Each fragment is measured once, however often it is spread."""

    fragments: dict[str, FragmentDefinitionNode]
    cycles: dict[str, FragmentSpreadNode] = field(default_factory=dict)
    """Fragments that contain themselves, with the spread that closes the circle."""
    _known: dict[str, SelectionSize] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def measure(self, selection_set: SelectionSetNode | None) -> SelectionSize:
        """The size of what is selected."""
        total = SelectionSize()
        for node in selection_set.selections if selection_set is not None else ():
            self._add(total, node)
        return total

    def measure_fragment(self, name: str) -> SelectionSize:
        """The size of what a fragment selects; nothing for one that does not exist."""
        known = self._known.get(name)
        if known is None:
            self._open.add(name)
            fragment = self.fragments.get(name)
            known = self._known[name] = self.measure(fragment.selection_set if fragment is not None else None)
            self._open.discard(name)
        return known

    def _add(self, total: SelectionSize, node: Any) -> None:
        if isinstance(node, FieldNode):
            below = self.measure(node.selection_set)
            size = SelectionSize(below.depth + 1, below.fields + 1, below.aliases + (node.alias is not None), 1)
        elif isinstance(node, FragmentSpreadNode):
            size = self._spread(node)
        else:
            size = self.measure(node.selection_set)
        total.depth = max(total.depth, size.depth)
        total.fields += size.fields
        total.aliases += size.aliases
        total.root_fields += size.root_fields

    def _spread(self, node: FragmentSpreadNode) -> SelectionSize:
        name = node.name.value
        if name in self._open:
            self.cycles.setdefault(name, node)
            return SelectionSize()
        return self.measure_fragment(name)


def size_problems(size: SelectionSize, limits: Limits) -> list[str]:
    """What is too much, in sentences."""
    checks = (
        ("fields deep", size.depth, limits.max_depth),
        ("aliases", size.aliases, limits.max_aliases),
        ("fields at its root", size.root_fields, limits.max_root_fields),
        ("fields with its fragments written out", size.fields, limits.max_fields),
    )
    return [f"The operation has {count} {what}; {limit} are allowed" for what, count, limit in checks if count > limit]


def _too_complex(problem: str, node: Node | None = None) -> GraphQLError:
    return GraphQLError(problem, node, extensions={"code": ErrorCode.QUERY_TOO_COMPLEX})


def _invalid(problem: str, node: Node) -> GraphQLError:
    return GraphQLError(problem, node, extensions={"code": ErrorCode.GRAPHQL_VALIDATION_FAILED})
