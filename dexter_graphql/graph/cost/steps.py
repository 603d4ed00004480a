"""The fields of one operation with what each costs, from which estimates and refusals are computed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import NamedTuple

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    print_ast,
)
from graphql.execution.values import VariableValues

from dexter_graphql.engine.arguments import ArgumentValues
from dexter_graphql.engine.selection import SelectedField, Selection, SelectionIndex
from dexter_graphql.engine.variable_values import NO_VARIABLES
from dexter_graphql.graph.cost.references import Lookup, ReferenceArguments, references_of
from dexter_graphql.graph.declarations.binder import BOUND
from dexter_graphql.graph.declarations.fields import (
    DETAIL,
    EMBEDDED,
    LIST,
    BatchDeclaration,
    CallDeclaration,
)
from dexter_graphql.graph.declarations.resolvers.base import BoundField, calls_for_each_key
from dexter_graphql.graph.declarations.resolvers.link import BoundLink
from dexter_graphql.graph.declarations.wire_types import container_of
from dexter_graphql.loaders.base import CHUNK_SIZE, Loader, Style
from dexter_graphql.sentry.call_context import Spender
from dexter_graphql.sentry.projection import member_paths

CONNECTION = "Connection"
SIZES = frozenset({"ids", "last", "first"})
"""Names of arguments that decide how many objects are below a field."""
BY_ID = "by id"
"""Representation of rows that were looked up by their IDs."""
OwnCalls = Callable[[int, int, bool], int]
"""Number of rows, of objects below the field for each of them, and whether the host has all endpoints → calls to Sentry
that the field makes at most."""
KeyCost = Callable[[int, bool], int]
"""Number of keys, and whether the host has all endpoints → calls that looking them up makes at most."""


class Extent(Enum):
    """What is below a field."""

    ONE = "one object or value"
    CONNECTION = "connection"
    LIST = "list"
    PAGE = "list in a connection, as long as the page"


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A selected field, or the look-up of the members that the representation of a type's objects lacks."""

    spender: Spender
    node: FieldNode
    extent: Extent
    sizes: ArgumentValues
    """Arguments that decide how many objects are below the field."""
    is_per_row: bool
    """True when it makes a call for each row of a list."""
    own_calls: OwnCalls | None
    below: "Branch" = ()
    is_field: bool = True
    leads_to_rows: bool = False
    """True when it makes a call for each row, or a field below it does."""


TypeSteps = tuple[Step, ...]
Branch = tuple[TypeSteps, ...]
"""The steps below a field, by the object types that may stand there."""


class StepTree(NamedTuple):
    """The steps of an operation from its root down, and the arguments with names that are looked up in lists."""

    root: Branch
    references: tuple[ReferenceArguments, ...]
    lookups: frozenset[Lookup]
    """What the references that do not depend on variables are looked up in."""

    def count_lookups(self, variables: VariableValues) -> int:
        """The number of calls that look up references."""
        if not self.references:
            return len(self.lookups)
        return len(self.lookups.union(*(arguments.lookups(variables) for arguments in self.references)))


def build_steps(index: SelectionIndex) -> StepTree:
    """The steps of an operation; of its variables, only those of conditions are used."""
    builder = _StepBuilder(index)
    root = builder.build(index.root, DETAIL, is_root=True)
    fixed = [arguments for arguments in builder.references if not arguments.values.has_variables]
    varying = tuple(arguments for arguments in builder.references if arguments.values.has_variables)
    return StepTree(root, varying, frozenset().union(*(arguments.lookups(NO_VARIABLES) for arguments in fixed)))


def all_steps(branch: Branch) -> Iterator[Step]:
    """The steps of a branch and of those below it, each once."""
    pending, seen = [branch], set()
    while pending:
        branch = pending.pop()
        if id(branch) not in seen:
            seen.add(id(branch))
            for steps in branch:
                yield from steps
                pending += [step.below for step in steps if step.below]


class ListSizes:
    """The number of objects below the fields of one operation, with these variables.

    `assumed` is the length of lists and connections whose length was not requested.
    """

    def __init__(self, variables: VariableValues, assumed: dict[Extent, int]) -> None:
        self._variables = variables
        self._assumed = assumed
        self._known: dict[Step, int] = {}

    def size(self, step: Step) -> int:
        """The number of objects for each row above the field; those of a page belong to their connection."""
        if step.extent in {Extent.ONE, Extent.PAGE}:
            return 1
        size = self._known.get(step)
        if size is None:
            requested = requested_size(step.sizes, self._variables)
            size = self._known[step] = self._assumed[step.extent] if requested is None else requested
        return size


def requested_size(sizes: ArgumentValues, variables: VariableValues) -> int | None:
    """The number of objects that the arguments of a field request; None when they say nothing."""
    try:
        values = sizes.coerce(variables)
    except GraphQLError:
        return None  # reported when the field is executed
    if isinstance(ids := values.get("ids"), list):
        return len(ids)
    lengths = [length for length in (values.get("last"), values.get("first")) if isinstance(length, int)]
    return max(0, lengths[0]) if lengths else None


class _StepBuilder:
    """Builds the steps of one operation; a selection is examined once, however many paths lead to it."""

    def __init__(self, index: SelectionIndex) -> None:
        self.references: list[ReferenceArguments] = []
        self._index = index
        self._known: dict[tuple[int, str], Branch] = {}

    def build(self, selection: Selection, representation: str, *, is_root: bool = False) -> Branch:
        """The steps below a field, whose objects are in that representation."""
        key = (id(selection), representation)
        branch = self._known.get(key)
        if branch is None:
            steps = (
                tuple(self._steps(typename, selection, representation, is_root=is_root))
                for typename in selection.typenames
            )
            branch = self._known[key] = tuple(alternative for alternative in steps if alternative)
        return branch

    def _steps(self, typename: str, selection: Selection, representation: str, *, is_root: bool) -> Iterator[Step]:
        seen: set[str] = set()
        is_hydrated = False
        for field in selection.responses(typename):
            bound: BoundField | None = field.definition.extensions.get(BOUND)
            call = f"{field.name}({', '.join(map(print_ast, field.node.arguments or ()))})"
            step = self._step(field, representation, may_repeat_calls=not is_root and call not in seen)
            seen.add(call)
            yield step
            if bound is not None and not is_hydrated:
                hydration = self._hydration(bound, step, selection, representation)
                is_hydrated = hydration is not None
                if hydration is not None:
                    yield hydration

    def _step(self, field: SelectedField, representation: str, *, may_repeat_calls: bool) -> Step:
        bound: BoundField | None = field.definition.extensions.get(BOUND)
        extent = _extent_of(field)
        self.references += references_of(field)
        below = self.build(field.selection, _representation_below(bound, field, representation))
        is_per_row = may_repeat_calls and bound is not None and bound.is_per_row(field.selection)
        return Step(
            Spender(field.name) if bound is None else bound.spender,
            field.node,
            extent,
            ArgumentValues(field.definition, field.node, SIZES),
            is_per_row,
            None if bound is None else self._own_calls(bound, field),
            below,
            leads_to_rows=is_per_row or any(step.leads_to_rows for steps in below for step in steps),
        )

    def _hydration(self, bound: BoundField, step: Step, selection: Selection, representation: str) -> Step | None:
        """The look-up of the members that the representation lacks; one for all fields of a type."""
        entity = bound.schema.entity(bound.typename).entity
        if representation == BY_ID:
            representation = LIST if entity.load is not None and entity.load.style is Style.BULK else DETAIL
        if entity.hydrate is None or bound.is_in(representation):
            return None
        cost = self._cost_of(entity.hydrate, bound, None)
        is_per_row = representation == LIST and calls_for_each_key(entity.hydrate, selection, bound.schema)
        return Step(
            step.spender,
            step.node,
            Extent.ONE,
            step.sizes,
            is_per_row,
            lambda rows, _size, has_all: cost(rows, has_all),
            is_field=False,
            leads_to_rows=is_per_row,
        )

    def _own_calls(self, bound: BoundField, field: SelectedField) -> OwnCalls | None:
        declaration = bound.declaration
        if isinstance(bound, BoundLink):
            return self._link_calls(bound, field)
        if isinstance(declaration, BatchDeclaration):
            cost = self._cost_of(declaration.load, bound, field.selection)
            return lambda rows, size, has_all: cost(rows, has_all) * max(1, -(-size // CHUNK_SIZE))
        if isinstance(declaration, CallDeclaration):
            return _call_calls(declaration)
        return None

    def _link_calls(self, bound: BoundLink, field: SelectedField) -> OwnCalls | None:
        """Each embedded record that lacks selected members is a key."""
        lacking = bound.by_typename.keys() - bound.typenames_answered(field.selection)
        if not lacking:
            return None
        costs = [self._cost_of(bound.by_typename[name].load, bound, field.selection) for name in sorted(lacking)]
        return lambda rows, size, has_all: sum(cost(rows * size, has_all) for cost in costs)

    def _cost_of(self, loader: Loader, bound: BoundField, selection: Selection | None) -> KeyCost:
        selected = selection if selection is not None and not loader.is_shared else self._all_on_type(loader)

        @cache
        def reads(representation: str) -> frozenset[str]:
            return member_paths(bound.schema.projection(loader.target, representation, selected))

        def cost(keys: int, has_all: bool) -> int:  # noqa: FBT001  # a function of three kinds of numbers and a fact
            if keys == 0:
                return 0
            return loader.cost(keys, reads) if has_all else loader.fallback_cost(keys, reads)

        return cost

    def _all_on_type(self, loader: Loader) -> Selection | None:
        return self._index.all_on_type(loader.target) if loader.is_shared else None


def _call_calls(declaration: CallDeclaration) -> OwnCalls | None:
    """Those of each row, or one that finds the organization and one for each node."""
    if declaration.finds_nodes:
        return lambda rows, size, _has_all: rows * (1 + size)
    calls = declaration.most_calls
    return (lambda rows, _size, _has_all: rows * calls) if calls else None


def _representation_below(bound: BoundField | None, field: SelectedField, representation: str) -> str:
    """The representation of the objects below a field of objects in a representation."""
    if "ids" in field.definition.args or getattr(bound and bound.declaration, "finds_nodes", False):
        return BY_ID
    if bound is None:
        return representation
    if bound.makes_calls:
        is_list = "first" in field.definition.args or container_of(field.definition.type) != "one"
        return LIST if is_list else DETAIL
    # Connections and edges pass on the rows of their list.
    return representation if bound.schema.entity(bound.typename).entity.key is None else EMBEDDED


def _extent_of(field: SelectedField) -> Extent:
    kind: GraphQLOutputType = field.definition.type
    if get_named_type(kind).name.endswith(CONNECTION):
        return Extent.CONNECTION
    if not is_list_type(get_nullable_type(kind)):
        return Extent.ONE
    return Extent.PAGE if field.name in {"nodes", "edges"} and not field.definition.args else Extent.LIST
