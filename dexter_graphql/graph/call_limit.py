"""Refusal of operations whose lists cannot fit the budget of calls to Sentry.

Counted is what grows with the rows of lists: fields that make a call for each row, and members that a list lacks and
that are fetched for each row. Lists count as long as they were requested, all else as one: unlike the estimate of
calls, which is an upper bound, this is what an operation needs at least when its lists are full and nothing is cached.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple
from weakref import WeakKeyDictionary

from graphql import FieldNode, GraphQLError, GraphQLSchema, print_ast
from graphql.execution.values import VariableValues

from dexter_graphql.engine.arguments import ArgumentValues
from dexter_graphql.engine.operation_entry import OperationEntry, SelectionKey
from dexter_graphql.engine.selection import SelectedField, Selection, SelectionIndex
from dexter_graphql.engine.variable_values import NO_VARIABLES
from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.declarations.binder import BOUND
from dexter_graphql.graph.declarations.fields import DETAIL, EMBEDDED, LIST
from dexter_graphql.graph.declarations.resolvers.base import BoundField, calls_for_each_key
from dexter_graphql.graph.declarations.wire_types import container_of
from dexter_graphql.loaders.base import Style
from dexter_graphql.sentry.call_context import Spender
from dexter_graphql.sentry.pagination import MAX_PAGE

MAX_BRANCHES = 16
"""Outcomes of @skip and @include of one operation that are remembered."""
SIZES = frozenset({"ids", "last", "first"})
"""Names of arguments that decide how many rows are below a field."""
BY_ID = "by id"
"""Representation of rows that were looked up by their IDs."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A field that makes calls for each row, or that leads to such fields."""

    spender: Spender
    node: FieldNode
    sizes: ArgumentValues
    """Arguments that decide how many rows are below the field."""
    is_per_row: bool
    below: "Branch" = ()
    fixed_size: int | None = None
    """The rows below the field for each row above it, unless they depend on variables."""


Branch = tuple[tuple[Step, ...], ...]
"""The steps below a field, by the object types that may stand there."""


class Costliest(NamedTuple):
    """The field that makes most of the calls, how many, and the longest list above it with its size."""

    step: Step
    calls: int
    list_step: Step | None
    list_size: int
    calls_per_item: int


class CallLimit:
    """Refuses operations whose lists cannot fit the call budget; what it found out about an operation is remembered."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._branches: WeakKeyDictionary[OperationEntry, dict[SelectionKey, Branch]] = WeakKeyDictionary()

    def check(
        self, operation_entry: OperationEntry, variables: VariableValues, context: Context
    ) -> GraphQLError | None:
        """Why the operation is refused; None when it may fit the budget of its context."""
        branch = self._branch(operation_entry, variables)
        limit = context.services.call_budget
        row_calls = RowCalls(variables)
        calls = row_calls.below(branch)
        if calls <= limit:
            return None
        costliest = row_calls.costliest(branch)
        return None if costliest.calls == 1 else _refuse(costliest, calls, limit)

    def _branch(self, operation_entry: OperationEntry, variables: VariableValues) -> Branch:
        branches = self._branches.setdefault(operation_entry, {})
        key = operation_entry.selection_key(variables)
        branch = branches.get(key)
        if branch is None:
            if len(branches) >= MAX_BRANCHES:
                branches.clear()
            index = SelectionIndex(self._schema, operation_entry.operation, operation_entry.fragments, variables)
            branch = branches[key] = BranchBuilder().build(index.root, DETAIL)
        return branch


class BranchBuilder:
    """Finds the fields of one operation that make calls for each row."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], Branch] = {}

    def build(self, selection: Selection, representation: str, *, is_root: bool = True) -> Branch:
        """The steps below a field, whose objects are in that representation."""
        # A selection is examined once, however many paths lead to it.
        key = (id(selection), representation)
        branch = self._known.get(key)
        if branch is None:
            steps = (
                tuple(self._steps(typename, selection, representation, is_root=is_root))
                for typename in selection.typenames
            )
            branch = self._known[key] = tuple(alternative for alternative in steps if alternative)
        return branch

    def _steps(self, typename: str, selection: Selection, representation: str, *, is_root: bool) -> Iterable[Step]:
        lacking: Step | None = None
        counted: set[str] = set()
        for field in selection.responses(typename):
            bound: BoundField | None = field.definition.extensions.get(BOUND)
            if bound is None:
                continue
            step = self._step(bound, field, representation, is_root=is_root)
            call = f"{field.name}({', '.join(map(print_ast, field.node.arguments or ()))})"
            if step.below or (step.is_per_row and call not in counted):
                yield step
            counted.add(call)
            if lacking is None and not bound.is_in(LIST) and _is_hydrated(bound, selection, representation):
                lacking = replace(step, is_per_row=True, below=(), fixed_size=1)
        if lacking is not None:
            yield lacking

    def _step(self, bound: BoundField, field: SelectedField, representation: str, *, is_root: bool) -> Step:
        below = self.build(field.selection, _representation_below(bound, field, representation), is_root=False)
        is_per_row = not is_root and bound.is_per_row(field.selection)
        sizes = ArgumentValues(field.definition, field.node, SIZES)
        size = None if sizes.has_variables else _size_of(sizes, NO_VARIABLES)
        return Step(bound.spender, field.node, sizes, is_per_row, below, size)


def _representation_below(bound: BoundField, field: SelectedField, representation: str) -> str:
    """The representation of the objects below a field of objects in a representation."""
    if "ids" in field.definition.args:
        return BY_ID
    if bound.makes_calls:
        is_list = "first" in field.definition.args or container_of(field.definition.type) != "one"
        return LIST if is_list else DETAIL
    # Connections and edges pass on the rows of their list.
    return representation if bound.schema.entity(bound.typename).entity.key is None else EMBEDDED


def _is_hydrated(bound: BoundField, selection: Selection, representation: str) -> bool:
    """True when a field that lists lack is fetched for each row of its type."""
    entity = bound.schema.entity(bound.typename).entity
    is_bulk = entity.load is not None and entity.load.style is Style.BULK
    is_list = representation == LIST or (representation == BY_ID and is_bulk)
    return is_list and entity.hydrate is not None and calls_for_each_key(entity.hydrate, selection, bound.schema)


class RowCalls:
    """The calls of one operation with these variables, computed once for each branch."""

    def __init__(self, variables: VariableValues) -> None:
        self._variables = variables
        self._known: dict[int, int] = {}
        self._sizes: dict[Step, int] = {}

    def below(self, branch: Branch) -> int:
        """The calls below one row, of the type for which they are most."""
        known = self._known.get(id(branch))
        if known is None:
            known = max((sum(map(self._calls_of, steps)) for steps in branch), default=0)
            self._known[id(branch)] = known
        return known

    def costliest(self, branch: Branch) -> Costliest:
        """The field of a branch that makes most of the calls."""
        rows, list_step, list_size, calls_per_item = 1, None, 1, 0
        while True:
            steps = max(branch, key=lambda alternative: sum(map(self._calls_of, alternative)))
            step = max(steps, key=self._calls_of)
            own, size = self._own_calls(step), self._size(step)
            if own >= size * self.below(step.below):
                return Costliest(step, rows * own, list_step, list_size, calls_per_item)
            if size >= list_size:
                list_step, list_size, calls_per_item = step, size, rows * self.below(step.below)
            rows, branch = rows * size, step.below

    def _calls_of(self, step: Step) -> int:
        below = self._size(step) * self.below(step.below) if step.below else 0
        return self._own_calls(step) + below

    def _size(self, step: Step) -> int:
        if step.fixed_size is not None:
            return step.fixed_size
        size = self._sizes.get(step)
        if size is None:
            size = self._sizes[step] = _size_of(step.sizes, self._variables)
        return size

    def _own_calls(self, step: Step) -> int:
        return -(-max(1, self._size(step)) // MAX_PAGE) if step.is_per_row else 0


def _size_of(sizes: ArgumentValues, variables: VariableValues) -> int:
    """The rows below a field for each row above it; 1 for lists whose length was not requested."""
    try:
        values = sizes.coerce(variables)
    except GraphQLError:
        return 1  # reported when the field is executed
    if isinstance(ids := values.get("ids"), list):
        return len(ids)
    lengths = [length for length in (values.get("last"), values.get("first")) if isinstance(length, int)]
    return max(0, lengths[0]) if lengths else 1


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
