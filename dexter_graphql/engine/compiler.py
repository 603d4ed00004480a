"""Decides which operations get a plan and which kernels are generated, and keeps them, bounded.

An operation is planned at its second sight: what is asked once is not worth it. Planning and generating may take a
small share of the time, for all callers together and for each of them; whoever is over it is answered as before.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues

from dexter_graphql.concurrency.bounded_map import BoundedMap, SizeBudget
from dexter_graphql.concurrency.token_bucket import TokenBucket
from dexter_graphql.engine.codegen import generate
from dexter_graphql.engine.completers import GeneratedCompleter, RowCompleter
from dexter_graphql.engine.completion import FallBack
from dexter_graphql.engine.outputs import OutputClasses
from dexter_graphql.engine.plan import Level, Plan, TypenameOf
from dexter_graphql.engine.variables import condition_variables
from dexter_graphql.telemetry.metrics import Sample

MAX_PLANS = 1000
MAX_PLANS_PER_OPERATION = 16
"""Plans of one operation: outcomes of its @skip and @include."""
COMPILE_SHARE = 0.05
"""Share of the time that may go into plans and kernels."""
BURST_S = 2.0
MAX_CALLERS = 1000
Plans = dict[tuple[Any, ...], Plan | None]
"""Plans of one operation, by the variables that decide what is selected; None where a plan is not worthwhile."""
T = TypeVar("T")


OTHER = "other"
"""Name under which all operations count that are not pinned."""


class Outcome(StrEnum):
    """How an operation was executed."""

    FAST = "fast"
    REPLAYED = "replayed"
    """Begun by a plan, and completed by graphql-core with what had been found."""
    INTERPRETED = "interpreted"
    BROKEN = "broken"
    """As replayed, but for a mistake of the engine's own."""


class ExecutionCounters:
    """Counts executions by operation and outcome, plans made by operation, and kernels made."""

    def __init__(self) -> None:
        self.compiled = 0
        self._counts: Counter[tuple[str, Outcome]] = Counter()
        self._make_plan: Counter[str] = Counter()

    def count(self, operation_entry: "OperationEntry", outcome: Outcome) -> None:
        """One execution."""
        self._counts[operation_entry.name, outcome] += 1

    def plan(self, operation_entry: "OperationEntry") -> None:
        """One plan made."""
        self._make_plan[operation_entry.name] += 1

    def of(self, outcome: Outcome) -> int:
        """Executions with that outcome, of all operations."""
        return sum(count for (_, one), count in self._counts.items() if one is outcome)

    def collect(self) -> list[Sample]:
        """All counts."""
        return [
            Sample("dexter_engine_functions_total", "Functions generated.", self.compiled),
            *(
                Sample("dexter_engine_compiled", "Plans made.", count, (("operation", name),))
                for name, count in self._make_plan.items()
            ),
            *(
                Sample("dexter_engine_runs", "Executions.", count, (("operation", name), ("outcome", outcome.value)))
                for (name, outcome), count in self._counts.items()
            ),
        ]


class CompileBudget:
    """Seconds that compiling may take: a share of the time for all callers, half of it for each of them."""

    def __init__(self, *, share: float = COMPILE_SHARE, now: Callable[[], float] = time.perf_counter) -> None:
        self._share = share
        self._now = now
        self._all = TokenBucket(share, BURST_S, now)
        self._callers: BoundedMap[str, TokenBucket] = BoundedMap(MAX_CALLERS)

    def is_empty(self, caller: str) -> bool:
        """True when nothing may be compiled for that caller now."""
        return self._all.tokens <= 0 or self._bucket(caller).tokens <= 0

    def spend(self, caller: str, seconds: float) -> None:
        """Count what compiling took."""
        self._all.charge(seconds)
        self._bucket(caller).charge(seconds)

    def _bucket(self, caller: str) -> TokenBucket:
        bucket = self._callers.get(caller)
        if bucket is None:
            bucket = TokenBucket(self._share / 2, BURST_S / 2, self._now)
            self._callers.put(caller, bucket)
        return bucket


@dataclass(eq=False)
class OperationEntry:
    """One operation of one document, on its way to plans. `is_pinned` ones are planned at once, and given up last."""

    document: DocumentNode
    operation: OperationDefinitionNode
    is_pinned: bool = False
    is_plannable: bool = True
    times_seen: int = 0
    plans: Plans = field(default_factory=dict)

    @property
    def operation_name(self) -> str | None:
        """Name of the operation."""
        return self.operation.name.value if self.operation.name is not None else None

    @cached_property
    def name(self) -> str:
        """What it counts as: pinned operations by their names, all others as one."""
        return self.operation_name or OTHER if self.is_pinned else OTHER

    @cached_property
    def fragments(self) -> Mapping[str, FragmentDefinitionNode]:
        """Fragments of the document, by name."""
        definitions = self.document.definitions
        return {one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)}

    def selection_key(self, variables: VariableValues) -> tuple[Any, ...]:
        """The values that decide what is selected."""
        return tuple(variables.coerced.get(name) for name in self._conditions)

    @cached_property
    def _conditions(self) -> tuple[str, ...]:
        return condition_variables((self.operation, *self.fragments.values()))


class Compiler:
    """Plans of all operations over one schema."""

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        typename_of: TypenameOf | None = None,
        times_seen: int = 2,
        budget: CompileBudget | None = None,
        limit: int = MAX_PLANS,
    ) -> None:
        self.counters = ExecutionCounters()
        self._schema = schema
        self._typename_of = typename_of
        self._times_seen = times_seen
        self._budget = budget
        self._outputs = OutputClasses()
        self._plan_budget = SizeBudget(limit)
        self._entries: BoundedMap[OperationEntry, Plans] = BoundedMap(
            budget=self._plan_budget,
            may_evict=lambda entry, _plans: not entry.is_pinned,
            on_evict=lambda _entry, plans: plans.clear(),
        )

    @property
    def size(self) -> int:
        """Plans of all operations."""
        return self._plan_budget.used

    def collect(self) -> list[Sample]:
        """What was run and made, and what is kept."""
        return [*self.counters.collect(), Sample("dexter_engine_plans", "Plans kept.", self.size)]

    def plan(self, operation_entry: OperationEntry, variables: VariableValues, caller: str) -> Plan | None:
        """The plan for an operation with these variables; None when graphql-core shall execute it."""
        if not operation_entry.is_plannable:
            return None
        operation_entry.times_seen += 1
        if operation_entry.times_seen < self._times_seen and not operation_entry.is_pinned:
            return None
        selection_key = operation_entry.selection_key(variables)
        if (
            None in selection_key
        ):  # a flag of @skip or @include that is null: graphql-core refuses it, at the places it knows
            return None
        if selection_key in operation_entry.plans:
            self._entries.touch(operation_entry)
            plan = operation_entry.plans[selection_key]
            return None if plan is not None and plan.is_too_large else plan
        max_plans = min(MAX_PLANS_PER_OPERATION, self._plan_budget.limit)
        if len(operation_entry.plans) >= max_plans or self.is_exhausted(caller):
            return None
        return self.charge(caller, lambda: self._make_plan(operation_entry, selection_key, variables))

    def for_caller(self, caller: str) -> "CallerCompiler":
        """What an execution for that caller plans and generates with."""
        return CallerCompiler(self, caller)

    def is_exhausted(self, caller: str) -> bool:
        """True while nothing may be planned or generated for that caller."""
        return self._budget is not None and self._budget.is_empty(caller)

    def charge(self, caller: str, work: Callable[[], T]) -> T:
        """What `work` gives; its time is taken from the caller's budget."""
        started = time.perf_counter()
        try:
            return work()
        finally:
            if self._budget is not None:
                self._budget.spend(caller, time.perf_counter() - started)

    def _make_plan(
        self, operation_entry: OperationEntry, selection_key: tuple[Any, ...], variables: VariableValues
    ) -> Plan | None:
        plan = Plan(
            self._schema,
            operation_entry.operation,
            operation_entry.fragments,
            variables,
            typename_of=self._typename_of,
            outputs=self._outputs,
        )
        found = operation_entry.plans[selection_key] = plan if plan.is_worthwhile else None
        self.counters.plan(operation_entry)
        self._entries.put(operation_entry, operation_entry.plans, len(operation_entry.plans))
        while self._entries.is_over:  # all other operations are pinned
            self._entries.evict_oldest()
        return found


class CallerCompiler:
    """Plans levels and generates functions while an operation is executed, within its caller's budget."""

    __slots__ = ("_caller", "_compiler")

    def __init__(self, compiler: Compiler, caller: str) -> None:
        self._compiler, self._caller = compiler, caller

    def make_completer(self, level: Level, row_class: type) -> RowCompleter:
        """The fields of a level for one class of rows; raises FallBack when the budget is spent."""
        if self._compiler.is_exhausted(self._caller):
            raise FallBack
        return self._compiler.charge(self._caller, lambda: RowCompleter(level, row_class))

    def generate(self, completer: RowCompleter) -> GeneratedCompleter | None:
        """The generated function; None while the budget is spent."""
        if self._compiler.is_exhausted(self._caller):
            return None
        self._compiler.counters.compiled += 1
        return self._compiler.charge(self._caller, lambda: generate(completer))
