"""One operation of one document, with the plans that were made for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    ValidationContext,
    VariableNode,
)
from graphql.execution.values import VariableValues

from dexter_graphql.engine.completers import CompiledPlan
from dexter_graphql.engine.plan import TYPENAME
from dexter_graphql.engine.variables import condition_variables

OTHER = "other"
"""Name under which all operations are counted that are not pinned."""
SelectionKey = tuple[Any, ...]
"""Values of the variables that decide what is selected."""
Plans = dict[SelectionKey, CompiledPlan | None]
"""Plans of one operation; None where a plan is not worthwhile."""
NonNullUsage = tuple[VariableNode, GraphQLNonNull[Any]]
"""A variable in an operation, and its type there."""


@dataclass(eq=False)
class OperationEntry:
    """One operation. Pinned operations are planned when they are first executed, and evicted last."""

    document: DocumentNode
    operation: OperationDefinitionNode
    is_pinned: bool = False
    is_plannable: bool = True
    times_seen: int = 0
    plans: Plans = field(default_factory=dict)
    _non_null_usages: tuple[NonNullUsage, ...] | None = None

    @property
    def operation_name(self) -> str | None:
        """Name of the operation."""
        return self.operation.name.value if self.operation.name is not None else None

    @cached_property
    def is_constant(self) -> bool:
        """True when the data depend on the document alone: it selects `__typename` of the root and nothing else."""
        return all(
            isinstance(node, FieldNode) and node.name.value == TYPENAME and not node.directives
            for node in self.operation.selection_set.selections
        )

    @cached_property
    def directives(self) -> frozenset[str]:
        """Names of the directives of the operation itself."""
        return frozenset(node.name.value for node in self.operation.directives or ())

    @cached_property
    def metric_name(self) -> str:
        """Name under which it is counted: clients choose names, so only pinned operations have their own."""
        return self.operation_name or OTHER if self.is_pinned else OTHER

    @cached_property
    def fragments(self) -> Mapping[str, FragmentDefinitionNode]:
        """Fragments of the document, by name."""
        definitions = self.document.definitions
        return {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}

    def non_null_usages(self, schema: GraphQLSchema) -> tuple[NonNullUsage, ...]:
        """Where variables stand that must not be null there. The whole operation is visited for it, once."""
        if self._non_null_usages is None:
            context = ValidationContext(schema, self.document, TypeInfo(schema), lambda _error: None)
            self._non_null_usages = tuple(
                (node, usage_type)
                for node, usage_type, *_ in context.get_recursive_variable_usages(self.operation)
                if isinstance(usage_type, GraphQLNonNull)
            )
        return self._non_null_usages

    def selection_key(self, variables: VariableValues) -> SelectionKey:
        """The values that decide what is selected."""
        return tuple(variables.coerced.get(name) for name in self._conditions)

    def condition_values(self, variables: VariableValues) -> VariableValues:
        """The variables that decide what is selected, without all others."""
        sources, coerced = ({name: part[name] for name in self._conditions if name in part} for part in variables)
        return VariableValues(sources, coerced)

    @cached_property
    def _conditions(self) -> tuple[str, ...]:
        return condition_variables((self.operation, *self.fragments.values()))
