"""Costs of the operations of a schema; the steps of an operation are found once and serve all its executions."""

from weakref import WeakKeyDictionary

from graphql import GraphQLError, GraphQLSchema
from graphql.execution.values import VariableValues

from dexter_graphql.engine.operation_entry import OperationEntry, SelectionKey
from dexter_graphql.engine.selection import SelectionIndex
from dexter_graphql.graph.charge import Price
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.cost.estimate import estimate
from dexter_graphql.graph.cost.limit import check_row_calls
from dexter_graphql.graph.cost.refusals import refuse_charge, refuse_values
from dexter_graphql.graph.cost.steps import StepTree, build_steps

MAX_TREES = 16
"""Outcomes of @skip and @include of one operation that are remembered."""


class OperationCosts:
    """Estimates what operations cost, refuses those that cannot fit their limits, and charges their callers."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._trees: WeakKeyDictionary[OperationEntry, dict[SelectionKey, StepTree]] = WeakKeyDictionary()

    def estimate(self, operation_entry: OperationEntry, variables: VariableValues, *, has_all: bool = True) -> Price:
        """What an operation with these variables costs at most, on a host that has all endpoints or may lack some."""
        return estimate(self._tree(operation_entry, variables), variables, has_all=has_all)

    async def check(
        self, operation_entry: OperationEntry, variables: VariableValues, context: Context
    ) -> GraphQLError | None:
        """Why the operation is refused; None when it may fit the limits of its context, whose charge is then set."""
        tree = self._tree(operation_entry, variables)
        services = context.services
        error = check_row_calls(tree, variables, services.call_budget)
        if error is not None:
            return error
        price = estimate(tree, variables, has_all=services.client.has_all_endpoints)
        if price.values > services.max_values:
            return refuse_values(tree, variables, price.values, services.max_values)
        calls = services.call_budget if price.calls is None else min(price.calls, services.call_budget)
        charge = await context.charge_for(price, calls)
        return refuse_charge(tree, variables, calls, context) if charge is None else None

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
