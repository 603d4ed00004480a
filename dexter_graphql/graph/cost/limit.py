"""Refusal of operations whose lists cannot fit the budget of calls to Sentry.

Counted is what grows with the rows of lists: fields that make a call for each row, and members that a list lacks and
that are fetched for each row. Lists count as long as they were requested, all else as one: unlike the estimate of
calls, which is an upper bound, this is what an operation needs at least when its lists are full and nothing is cached.
"""

from typing import NamedTuple

from graphql import GraphQLError
from graphql.execution.values import VariableValues

from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.cost.steps import Branch, Extent, ListSizes, Step, StepTree, TypeSteps
from dexter_graphql.sentry.pagination import MAX_PAGE

ASSUMED = {Extent.CONNECTION: 1, Extent.LIST: 1}


class Costliest(NamedTuple):
    """The field that makes most of the calls, how many, and the longest list above it with its size."""

    step: Step
    calls: int
    list_step: Step | None
    list_size: int
    calls_per_item: int


def check_row_calls(tree: StepTree, variables: VariableValues, limit: int) -> GraphQLError | None:
    """Why the operation is refused; None when it may fit the limit of calls."""
    if not any(step.leads_to_rows for steps in tree.root for step in steps):
        return None
    row_calls = RowCalls(variables)
    calls = row_calls.below(tree.root)
    if calls <= limit:
        return None
    costliest = row_calls.costliest(tree.root)
    return None if costliest.calls == 1 else _refuse(costliest, calls, limit)


class RowCalls:
    """The calls of one operation with these variables, computed once for each branch."""

    def __init__(self, variables: VariableValues) -> None:
        self._sizes = ListSizes(variables, ASSUMED)
        self._known: dict[int, int] = {}

    def below(self, branch: Branch) -> int:
        """The calls below one row, of the type for which they are most."""
        known = self._known.get(id(branch))
        if known is None:
            known = self._known[id(branch)] = max(map(self._calls_of_type, branch), default=0)
        return known

    def costliest(self, branch: Branch) -> Costliest:
        """The field of a branch that makes most of the calls."""
        rows, list_step, list_size, calls_per_item = 1, None, 1, 0
        while True:
            steps = max(branch, key=self._calls_of_type)
            step = max(steps, key=self._calls_of)
            own, size = self._own_calls(step), self._sizes.size(step)
            if own >= size * self.below(step.below):
                return Costliest(step, rows * own, list_step, list_size, calls_per_item)
            if size >= list_size and step.extent is not Extent.PAGE:
                list_step, list_size, calls_per_item = step, size, rows * self.below(step.below)
            rows, branch = rows * size, step.below

    def _calls_of_type(self, steps: TypeSteps) -> int:
        return sum(self._calls_of(step) for step in steps if step.leads_to_rows)

    def _calls_of(self, step: Step) -> int:
        if not step.leads_to_rows:
            return 0
        below = self._sizes.size(step) * self.below(step.below) if step.below else 0
        return self._own_calls(step) + below

    def _own_calls(self, step: Step) -> int:
        return -(-max(1, self._sizes.size(step)) // MAX_PAGE) if step.is_per_row else 0


def _refuse(costliest: Costliest, calls: int, limit: int) -> GraphQLError:
    step = costliest.step
    message = (
        f"The lists of this operation need up to {calls} calls to Sentry, and {limit} are allowed:"
        f" `{step.spender.name}` makes one for each row, {costliest.calls} in all. Nothing was executed."
        f" {_advice(costliest, calls, limit)}"
    )
    return GraphQLError(message, step.node, extensions={"code": ErrorCode.BUDGET_EXHAUSTED, "field": step.spender.name})


def _advice(costliest: Costliest, calls: int, limit: int) -> str:
    """What the client may do instead."""
    fitting = _fitting_size(costliest, calls, limit)
    list_step, cheaper = costliest.list_step, costliest.step.spender.cheaper
    rows = f"at most {fitting} rows of `{list_step.spender.name}`" if list_step and fitting else "fewer rows"
    return f"Request {rows}, or {cheaper}" if cheaper else f"Request {rows}, or the rest in another operation"


def _fitting_size(costliest: Costliest, calls: int, limit: int) -> int:
    """The rows of the longest list with which the operation fits; 0 when no number of them would do."""
    if costliest.calls_per_item == 0:
        return 0
    others = calls - costliest.list_size * costliest.calls_per_item
    return max(0, (limit - others) // costliest.calls_per_item)
