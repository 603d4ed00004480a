"""Costs of the operations of a schema; the steps of an operation are found once and serve all its executions."""

from weakref import WeakKeyDictionary

from graphql import GraphQLError, GraphQLSchema
from graphql.execution.values import VariableValues

from dexter_graphql.engine.operation_entry import OperationEntry, SelectionKey
from dexter_graphql.engine.selection import SelectionIndex
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.cost.estimate import Price, estimate
from dexter_graphql.graph.cost.limit import check_row_calls
from dexter_graphql.graph.cost.steps import StepTree, build_steps

MAX_TREES = 16
"""Outcomes of @skip and @include of one operation that are remembered."""


class OperationCosts:
    """Estimates what operations cost, and refuses those whose lists cannot fit the budget of calls."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._trees: WeakKeyDictionary[OperationEntry, dict[SelectionKey, StepTree]] = WeakKeyDictionary()

    def estimate(self, operation_entry: OperationEntry, variables: VariableValues) -> Price:
        """What an operation with these variables costs at most."""
        return estimate(self._tree(operation_entry, variables), variables)

    def check(
        self, operation_entry: OperationEntry, variables: VariableValues, context: Context
    ) -> GraphQLError | None:
        """Why the operation is refused; None when it may fit the budget of its context."""
        return check_row_calls(self._tree(operation_entry, variables), variables, context.services.call_budget)

    def _tree(self, operation_entry: OperationEntry, variables: VariableValues) -> StepTree:
        trees = self._trees.setdefault(operation_entry, {})
        key = operation_entry.selection_key(variables)
        tree = trees.get(key)
        if tree is None:
            if len(trees) >= MAX_TREES:
                trees.clear()
            conditions = operation_entry.condition_values(variables)
            index = SelectionIndex(self._schema, operation_entry.operation, operation_entry.fragments, conditions)
            tree = trees[key] = build_steps(index)
        return tree
