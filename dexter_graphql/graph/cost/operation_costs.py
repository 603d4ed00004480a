"""Costs of the operations of a schema; the steps of an operation are found once and serve all its executions."""

from dataclasses import dataclass, field
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
from dexter_graphql.graph.cost.steps import Step, StepTree, all_steps, build_steps, requested_size

SizesKey = tuple[tuple[int | None, ...], int]
"""Requested sizes that depend on variables, and the number of names that are looked up: what a price depends on."""
MAX_PRICES = 64
"""Prices of one operation that are remembered."""
MAX_TREES = 16
"""Outcomes of @skip and @include of one operation that are remembered."""


@dataclass(slots=True)
class KnownCosts:
    """The fields of an operation with what each costs, and the prices that were computed of them."""

    tree: StepTree
    varying: tuple[Step, ...]
    """Steps whose sizes depend on variables."""
    prices: dict[tuple[SizesKey, bool], Price] = field(default_factory=dict)
    fitting: set[tuple[SizesKey, int]] = field(default_factory=set)
    """Sizes whose lists fit a limit of calls."""

    @classmethod
    def of(cls, tree: StepTree) -> "KnownCosts":
        """The costs of an operation of which nothing is computed yet."""
        return cls(tree, tuple(step for step in all_steps(tree.root) if step.sizes.has_variables))

    def key(self, variables: VariableValues) -> SizesKey:
        """What the price depends on besides the operation."""
        sizes = tuple(requested_size(step.sizes, variables) for step in self.varying)
        return sizes, self.tree.count_lookups(variables)

    def price(self, key: SizesKey, variables: VariableValues, *, has_all: bool) -> Price:
        """The price of the operation, computed once for each key."""
        price = self.prices.get((key, has_all))
        if price is None:
            if len(self.prices) >= MAX_PRICES:
                self.prices.clear()
            price = self.prices[key, has_all] = estimate(self.tree, variables, has_all=has_all)
        return price

    def check(self, key: SizesKey, variables: VariableValues, limit: int) -> GraphQLError | None:
        """Why the lists of the operation cannot fit the limit of calls; None when they may, which is remembered."""
        if (key, limit) in self.fitting:
            return None
        error = check_row_calls(self.tree, variables, limit)
        if error is None:
            if len(self.fitting) >= MAX_PRICES:
                self.fitting.clear()
            self.fitting.add((key, limit))
        return error


class OperationCosts:
    """Estimates what operations cost, refuses those that cannot fit their limits, and charges their callers."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known: WeakKeyDictionary[OperationEntry, dict[SelectionKey, KnownCosts]] = WeakKeyDictionary()

    def estimate(self, operation_entry: OperationEntry, variables: VariableValues, *, has_all: bool = True) -> Price:
        """What an operation with these variables costs at most, on a host that has all endpoints or may lack some."""
        known = self.known(operation_entry, variables)
        return known.price(known.key(variables), variables, has_all=has_all)

    async def check(
        self, operation_entry: OperationEntry, variables: VariableValues, context: Context
    ) -> GraphQLError | None:
        """Why the operation is refused; None when it may fit the limits of its context, which then has a charge."""
        known, services = self.known(operation_entry, variables), context.services
        key = known.key(variables)
        error = known.check(key, variables, services.call_budget)
        if error is not None:
            return error
        price = known.price(key, variables, has_all=services.client.has_all_endpoints)
        if price.values > services.max_values:
            return refuse_values(known.tree, variables, price.values, services.max_values)
        calls = services.call_budget if price.calls is None else min(price.calls, services.call_budget)
        charge = await context.charge_for(price, calls)
        return refuse_charge(known.tree, variables, calls, context) if charge is None else None

    def known(self, operation_entry: OperationEntry, variables: VariableValues) -> KnownCosts:
        """The costs of an operation, for what @skip and @include select of it with these variables."""
        by_selection = self._known.setdefault(operation_entry, {})
        key = operation_entry.selection_key(variables)
        known = by_selection.get(key)
        if known is None:
            if len(by_selection) >= MAX_TREES:
                by_selection.clear()
            conditions = operation_entry.condition_values(variables)
            index = SelectionIndex(self._schema, operation_entry.operation, operation_entry.fragments, conditions)
            known = by_selection[key] = KnownCosts.of(build_steps(index))
        return known
