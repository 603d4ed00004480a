"""What an operation costs, and what is left of its caller's budget."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import strawberry

from dexter_graphql.graph.charge import BudgetStatus, Price
from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import call, computed, value_type
from dexter_graphql.loaders.base import LoadContext


class OperationCost(NamedTuple):
    """The price of an operation, and the budget of its caller where there is one."""

    price: Price
    budget: BudgetStatus | None


@value_type
class RateLimit:
    """Price of this operation, and the budget of calls to Sentry that it was charged to."""

    @computed()
    def calls(cost: OperationCost) -> int | None:
        """Calls to Sentry that this operation makes at most: charged before its execution, unless it may make fewer.

        Calls that are not made are returned after the execution. Null when the operation is too large to say.
        """
        return cost.price.calls

    @computed()
    def values(cost: OperationCost) -> int:
        """Objects and values in the answer, estimated: it has more where lists without a length are longer than 20.

        Lists with a length are taken to be full, and `__typename` is not counted.
        """
        return cost.price.values

    @computed()
    def limit(cost: OperationCost) -> int | None:
        """Calls that the caller may cause in a window of time. Null when callers have no budget."""
        return None if cost.budget is None else cost.budget.limit

    @computed()
    def remaining(cost: OperationCost) -> int | None:
        """Calls that are left in this window after the charge. Null when callers have no budget."""
        return None if cost.budget is None else cost.budget.remaining

    @computed()
    def window_seconds(cost: OperationCost) -> int | None:
        """Length of the window, in seconds. Null when callers have no budget."""
        return None if cost.budget is None else cost.budget.window_s

    @computed()
    def reset_at(cost: OperationCost) -> datetime | None:
        """End of the window, when the whole budget is available again. Null when callers have no budget."""
        return None if cost.budget is None else datetime.fromtimestamp(cost.budget.reset_at, UTC)


@strawberry.type
class RateLimitQueries:
    """Root fields."""

    @call(is_personal=True)
    async def rate_limit(_root: Any, load_context: LoadContext) -> RateLimit | None:
        """Price of this operation and the caller's budget. Null when the server does not know the price."""
        charge = context_of(load_context).charge
        return None if charge is None else OperationCost(charge.price, charge.status())
