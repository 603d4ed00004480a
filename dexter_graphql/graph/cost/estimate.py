"""Estimate of what an operation costs: calls to Sentry at most, and about how many values its answer has.

It assumes that nothing is cached and that every list is as long as it may be. On a host that may lack endpoints or
parameters, each call may be refused and repeated in another form.
"""

from graphql.execution.values import VariableValues

from dexter_graphql.graph.charge import Price
from dexter_graphql.graph.cost.steps import Branch, Extent, ListSizes, Step, StepTree, TypeSteps
from dexter_graphql.graph.relay.connections import DEFAULT_FIRST

UNPAGED_ROWS = 20
"""Assumed length of a list whose length no argument says."""
ASSUMED = {Extent.CONNECTION: DEFAULT_FIRST, Extent.LIST: UNPAGED_ROWS}
ATTEMPTS = 2
"""Forms in which a call is sent at most to a host that may lack some of them."""
NAME_LISTS = 2
"""Lists that numbers of projects and teams are read from, for hosts that do not take names."""
MAX_SELECTIONS = 2000
"""Selections whose calls are added up; of an operation with more, the calls are not known."""


class TooManySelections(Exception):
    """The operation is too large for its calls to be estimated."""


def estimate(tree: StepTree, variables: VariableValues, *, has_all: bool) -> Price:
    """The price of an operation with these variables; `has_all` says that the host has all endpoints."""
    sizes = ListSizes(variables, ASSUMED)
    values = AnswerSize(sizes).of_branch(tree.root, page=1)
    try:
        calls = MostCalls(sizes, has_all=has_all).below(tree.root, rows=1) + tree.count_lookups(variables)
    except TooManySelections:
        return Price(None, values)
    if not has_all and calls:
        calls = ATTEMPTS * calls + NAME_LISTS
    return Price(calls, values)


class MostCalls:
    """Adds the calls of an operation, from its root down."""

    def __init__(self, sizes: ListSizes, *, has_all: bool) -> None:
        self._sizes = sizes
        self._has_all = has_all
        self._known: dict[tuple[int, int], int] = {}

    def below(self, branch: Branch, rows: int) -> int:
        """The calls below a field with that many objects."""
        if not branch or rows == 0:
            return 0
        key = (id(branch), rows)
        calls = self._known.get(key)
        if calls is None:
            if len(self._known) >= MAX_SELECTIONS:
                raise TooManySelections
            calls = self._known[key] = self._of_types(branch, rows)
        return calls

    def costliest(self, branch: Branch) -> tuple[Step, int] | None:
        """The field that makes most of the calls, and how many; None when no field makes any."""
        rows, costliest = 1, None
        while branch and rows:
            steps = max(branch, key=lambda steps: self._of_type(steps, rows))  # called at once
            step = max(steps, key=lambda step: self._of_step(step, rows))
            own = self._own_calls(step, rows)
            if own and (costliest is None or own > costliest[1]):
                costliest = step, own
            rows, branch = rows * self._sizes.size(step), step.below
        return costliest

    def _of_types(self, branch: Branch, rows: int) -> int:
        """The calls for objects of the types for which they are most, and one more for each other type."""
        calls = [self._of_type(steps, rows) for steps in branch]
        if rows == 1 or len(branch) == 1:
            return max(calls)
        highest = calls.index(max(calls))
        others = (self._of_type(steps, 1) for number, steps in enumerate(branch) if number != highest)
        return min(sum(calls), calls[highest] + sum(others))

    def _of_type(self, steps: TypeSteps, rows: int) -> int:
        return sum(self._of_step(step, rows) for step in steps)

    def _of_step(self, step: Step, rows: int) -> int:
        return self._own_calls(step, rows) + self.below(step.below, rows * self._sizes.size(step))

    def _own_calls(self, step: Step, rows: int) -> int:
        return 0 if step.own_calls is None else step.own_calls(rows, self._sizes.size(step), self._has_all)


class AnswerSize:
    """Counts the objects and the values of leaf types in an answer."""

    def __init__(self, sizes: ListSizes) -> None:
        self._sizes = sizes
        self._known: dict[tuple[int, int], int] = {}

    def of_branch(self, branch: Branch, page: int) -> int:
        """The values below one object, of the type that has most; `page` is the length of its connection."""
        if not branch:
            return 0
        key = (id(branch), page)
        values = self._known.get(key)
        if values is None:
            values = self._known[key] = max(self._of_type(steps, page) for steps in branch)
        return values

    def largest(self, branch: Branch) -> Step:
        """The list that has most of the values: of the fields with most values, the last one that is a list."""
        page, largest = 1, branch[0][0]
        while branch:
            steps = max(branch, key=lambda steps: self._of_type(steps, page))  # called at once
            step = max(steps, key=lambda step: self._of_field(step, page))
            if step.extent in ASSUMED:
                largest = step
            page, branch = self._sizes.size(step), step.below
        return largest

    def _of_type(self, steps: TypeSteps, page: int) -> int:
        return sum(self._of_field(step, page) for step in steps if step.is_field)

    def _of_field(self, step: Step, page: int) -> int:
        if step.extent is Extent.PAGE:
            return page * (1 + self.of_branch(step.below, 1))
        size = self._sizes.size(step)
        if step.extent is Extent.CONNECTION:
            return 1 + self.of_branch(step.below, size)
        return size * (1 + self.of_branch(step.below, 1))
