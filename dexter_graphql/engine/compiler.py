"""Decides which operations are planned and which functions are generated, and keeps the plans, bounded in bytes.

An operation is planned when it is seen for the second time: what comes once is not worth it. Planning and generating
may take a small share of the time, for all callers together and for each of them; above that operations are executed
without a plan.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from graphql import GraphQLSchema
from graphql.execution.values import VariableValues

from dexter_graphql.concurrency.bounded_map import BoundedMap, SizeBudget
from dexter_graphql.engine.codegen import generate
from dexter_graphql.engine.compile_budget import CompileBudget
from dexter_graphql.engine.completers import CompiledPlan, GeneratedCompleter, RowCompleter
from dexter_graphql.engine.counters import ExecutionCounters
from dexter_graphql.engine.failures import FallBack, Reason
from dexter_graphql.engine.fragment_cache import CachedRow
from dexter_graphql.engine.operation_entry import OperationEntry, Plans, SelectionKey
from dexter_graphql.engine.outputs import OutputClasses
from dexter_graphql.engine.plan import Level, Plan, TypenameOf
from dexter_graphql.telemetry.metrics import Sample

MAX_PLAN_BYTES = 64 * 1024 * 1024
MAX_PLANS_PER_OPERATION = 16
"""Plans of one operation: outcomes of its @skip and @include."""
BYTES_PER_PLAN = 16 * 1024
BYTES_PER_FIELD = 4 * 1024
"""Memory of a planned field with its part of the generated functions, as measured."""
T = TypeVar("T")


class Compiler:
    """Plans of all operations over one schema.

    `typename_of` names the object type of a class of rows. Values of rows of `cached_row_class` are cached as JSON with
    the upstream answer that the row is a part of.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        typename_of: TypenameOf | None = None,
        cached_row_class: type[CachedRow] | None = None,
        times_seen: int = 2,
        budget: CompileBudget | None = None,
        max_bytes: int = MAX_PLAN_BYTES,
    ) -> None:
        self.counters = ExecutionCounters()
        self._schema = schema
        self._typename_of = typename_of
        self._cached_row_class = cached_row_class
        self._times_seen = times_seen
        self._budget = budget
        self._outputs = OutputClasses()
        self._bytes = SizeBudget(max_bytes)
        self._entries: BoundedMap[OperationEntry, Plans] = BoundedMap(
            budget=self._bytes,
            may_evict=lambda entry, _plans: not entry.is_pinned,
            on_evict=lambda _entry, plans: plans.clear(),
        )

    @property
    def plan_count(self) -> int:
        """Plans of all operations."""
        return sum(map(len, self._entries.values()))

    def collect(self) -> list[Sample]:
        """Counters, and what is kept."""
        return [
            *self.counters.collect(),
            Sample("dexter_engine_plans", "Plans kept.", self.plan_count),
            Sample("dexter_engine_plan_bytes", "Estimated memory of the plans kept, in bytes.", self._bytes.used),
        ]

    def plan(self, operation_entry: OperationEntry, variables: VariableValues, caller: str) -> CompiledPlan | None:
        """The plan for an operation with these variables; None when graphql-core has to execute it."""
        if not operation_entry.is_plannable:
            return None
        operation_entry.times_seen += 1
        if operation_entry.times_seen < self._times_seen and not operation_entry.is_pinned:
            return None
        selection_key = operation_entry.selection_key(variables)
        if selection_key in operation_entry.plans:
            self._entries.touch(operation_entry)
            compiled = operation_entry.plans[selection_key]
            return None if compiled is not None and compiled.plan.is_too_large else compiled
        if len(operation_entry.plans) >= MAX_PLANS_PER_OPERATION or self.is_exhausted(caller):
            return None
        return self.charge(caller, lambda: self._make_plan(operation_entry, selection_key, variables))

    def for_execution(self, operation_entry: OperationEntry, caller: str) -> "ExecutionCompiler":
        """What an execution of that operation plans and generates with."""
        return ExecutionCompiler(self, operation_entry, caller)

    def is_exhausted(self, caller: str) -> bool:
        """True while nothing may be planned or generated for that caller."""
        return self._budget is not None and self._budget.is_empty(caller)

    def charge(self, caller: str, work: Callable[[], T]) -> T:
        """What `work` returns; its time is taken from the caller's budget."""
        started = time.perf_counter()
        try:
            return work()
        finally:
            if self._budget is not None:
                self._budget.spend(caller, time.perf_counter() - started)

    def generate(self, completer: RowCompleter) -> GeneratedCompleter:
        """The generated function of a completer."""
        self.counters.functions += 1
        return generate(completer, self._cached_row_class)

    def resize(self, operation_entry: OperationEntry) -> None:
        """Count what the plans of an operation have grown by; evicts others when all take too much."""
        if operation_entry in self._entries:
            self._keep(operation_entry)

    def _make_plan(
        self, operation_entry: OperationEntry, selection_key: SelectionKey, variables: VariableValues
    ) -> CompiledPlan | None:
        plan = Plan(
            self._schema,
            operation_entry.operation,
            operation_entry.fragments,
            variables,
            typename_of=self._typename_of,
            outputs=self._outputs,
        )
        compiled = CompiledPlan(plan) if plan.is_worthwhile else None
        operation_entry.plans[selection_key] = compiled
        self.counters.count_plan(operation_entry)
        self._keep(operation_entry)
        return compiled

    def _keep(self, operation_entry: OperationEntry) -> None:
        size = min(estimate_size(operation_entry.plans), self._bytes.limit)
        self._entries.put(operation_entry, operation_entry.plans, size)
        while self._entries.is_over:  # all other operations are pinned
            self._entries.evict_oldest()


class ExecutionCompiler:
    """Plans levels and generates functions while one operation is executed, within its caller's budget."""

    __slots__ = ("_caller", "_compiler", "_operation_entry")

    def __init__(self, compiler: Compiler, operation_entry: OperationEntry, caller: str) -> None:
        self._compiler, self._operation_entry, self._caller = compiler, operation_entry, caller

    def make_completer(self, level: Level, row_class: type) -> RowCompleter:
        """The fields of a level for one class of rows; raises FallBack when the budget is spent."""
        if self._compiler.is_exhausted(self._caller):
            raise FallBack(Reason.COMPILE_BUDGET)
        completer = self._compiler.charge(self._caller, lambda: RowCompleter(level, row_class))
        self._compiler.resize(self._operation_entry)
        return completer

    def generate(self, completer: RowCompleter) -> GeneratedCompleter | None:
        """The generated function; None while the budget is spent."""
        if self._compiler.is_exhausted(self._caller):
            return None
        return self._compiler.charge(self._caller, lambda: self._compiler.generate(completer))

    def count_slow_path(self, reason: Reason) -> None:
        """Count a level that is completed row by row."""
        self._compiler.counters.count_level_fallback(reason)


def estimate_size(plans: Plans) -> int:
    """Estimated memory of the plans of one operation, in bytes."""
    fields = sum(compiled.plan.field_count for compiled in plans.values() if compiled is not None)
    return len(plans) * BYTES_PER_PLAN + fields * BYTES_PER_FIELD
