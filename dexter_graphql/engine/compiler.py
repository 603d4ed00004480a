"""Decides which operations get a plan and which kernels are generated, and keeps them, bounded.

An operation is planned at its second sight: what is asked once is not worth it. Planning and generating may take a
small share of the time, for all callers together and for each of them; whoever is over it is answered as before.
"""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues

from dexter_graphql.engine.codegen import generate
from dexter_graphql.engine.kernels import Generated, Kernel
from dexter_graphql.engine.outputs import Outputs
from dexter_graphql.engine.plan import Plan, TypenameOf, conditions
from dexter_graphql.telemetry.metrics import Figure

MAX_PLANS = 1000
MAX_SHAPES = 16
"""Plans of one operation: outcomes of its @skip and @include."""
SHARE = 0.05
"""Share of the time that may go into plans and kernels."""
BURST_S = 2.0
MAX_CALLERS = 1000
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


class Tally:
    """Counts executions by operation and outcome, plans made by operation, and kernels made."""

    def __init__(self) -> None:
        self.compiled = 0
        self._counts: Counter[tuple[str, Outcome]] = Counter()
        self._planned: Counter[str] = Counter()

    def count(self, candidate: "Candidate", outcome: Outcome) -> None:
        """One execution."""
        self._counts[candidate.name, outcome] += 1

    def plan(self, candidate: "Candidate") -> None:
        """One plan made."""
        self._planned[candidate.name] += 1

    def of(self, outcome: Outcome) -> int:
        """Executions with that outcome, of all operations."""
        return sum(count for (_, one), count in self._counts.items() if one is outcome)

    def figures(self) -> list[Figure]:
        """All counts."""
        return [
            Figure("dexter_engine_kernels", "Functions generated.", self.compiled),
            *(
                Figure("dexter_engine_compiled", "Plans made.", count, (("operation", name),))
                for name, count in self._planned.items()
            ),
            *(
                Figure("dexter_engine_runs", "Executions.", count, (("operation", name), ("outcome", outcome.value)))
                for (name, outcome), count in self._counts.items()
            ),
        ]


class Purse:
    """Seconds that may be spent: they come back at a steady rate, up to a bound."""

    __slots__ = ("_at", "_left_s", "_limit_s", "_rate")

    def __init__(self, rate: float, limit_s: float, now: float) -> None:
        self._rate, self._limit_s, self._left_s, self._at = rate, limit_s, limit_s, now

    def is_empty(self, now: float) -> bool:
        """True when nothing may be spent now."""
        self._left_s = min(self._limit_s, self._left_s + (now - self._at) * self._rate)
        self._at = now
        return self._left_s <= 0

    def spend(self, seconds: float) -> None:
        """Take what was used; it may go below nothing, and is paid back first."""
        self._left_s -= seconds


class Budget:
    """What compiling may take: a share of the time for all, half of it for each caller."""

    def __init__(self, *, share: float = SHARE, now: Callable[[], float] = time.perf_counter) -> None:
        self._share = share
        self._now = now
        self._all = Purse(share, BURST_S, now())
        self._callers: OrderedDict[str, Purse] = OrderedDict()

    def is_empty(self, caller: str) -> bool:
        """True when nothing may be compiled for that caller now."""
        now = self._now()
        return self._all.is_empty(now) or self._purse(caller, now).is_empty(now)

    def spend(self, caller: str, seconds: float) -> None:
        """Count what compiling took."""
        self._all.spend(seconds)
        self._purse(caller, self._now()).spend(seconds)

    def _purse(self, caller: str, now: float) -> Purse:
        found = self._callers.get(caller)
        if found is None:
            found = self._callers[caller] = Purse(self._share / 2, BURST_S / 2, now)
            if len(self._callers) > MAX_CALLERS:
                self._callers.popitem(last=False)
        return found


@dataclass(eq=False)
class Candidate:
    """One operation of one document, on its way to plans. `is_pinned` ones are planned at once, and given up last."""

    document: DocumentNode
    operation: OperationDefinitionNode
    is_pinned: bool = False
    sights: int = 0
    plans: dict[tuple[Any, ...], Plan | None] = field(default_factory=dict)

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

    def shape(self, variables: VariableValues) -> tuple[Any, ...]:
        """The values that decide what is selected."""
        return tuple(variables.coerced.get(name) for name in self._conditions)

    @cached_property
    def _conditions(self) -> tuple[str, ...]:
        return conditions((self.operation, *self.fragments.values()))


class Compiler:
    """Plans of all operations over one schema."""

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        typename_of: TypenameOf | None = None,
        sights: int = 2,
        budget: Budget | None = None,
        limit: int = MAX_PLANS,
    ) -> None:
        self.tally = Tally()
        self._schema = schema
        self._typename_of = typename_of
        self._sights = sights
        self._budget = budget
        self._limit = limit
        self._outputs = Outputs()
        self._kept: OrderedDict[Candidate, None] = OrderedDict()
        self.size = 0
        """Plans that are kept."""

    def figures(self) -> list[Figure]:
        """What was run and made, and what is kept."""
        return [*self.tally.figures(), Figure("dexter_engine_plans", "Plans kept.", self.size)]

    def plan(self, candidate: Candidate, variables: VariableValues, caller: str) -> Plan | None:
        """The plan for an operation with these variables; None when graphql-core shall execute it."""
        candidate.sights += 1
        if candidate.sights < self._sights and not candidate.is_pinned:
            return None
        shape = candidate.shape(variables)
        if None in shape:  # a flag of @skip or @include that is null: graphql-core refuses it, at the places it knows
            return None
        if shape in candidate.plans:
            self._kept.move_to_end(candidate)
            return candidate.plans[shape]
        if len(candidate.plans) >= MAX_SHAPES or (self._budget and self._budget.is_empty(caller)):
            return None
        return self._spending(caller, lambda: self._planned(candidate, shape, variables))

    def generator(self, caller: str) -> Callable[[Kernel], Generated | None]:
        """What makes a kernel's function for that caller; it gives None while nothing may be spent."""

        def generated(kernel: Kernel) -> Generated | None:
            if self._budget is not None and self._budget.is_empty(caller):
                return None
            self.tally.compiled += 1
            return self._spending(caller, lambda: generate(kernel))

        return generated

    def _planned(self, candidate: Candidate, shape: tuple[Any, ...], variables: VariableValues) -> Plan | None:
        plan = Plan(
            self._schema,
            candidate.operation,
            candidate.fragments,
            variables,
            typename_of=self._typename_of,
            outputs=self._outputs,
        )
        found = candidate.plans[shape] = plan if plan.is_worthwhile else None
        self.tally.plan(candidate)
        self._kept[candidate] = None
        self._kept.move_to_end(candidate)
        self.size += 1
        while self.size > self._limit:
            self._give_up_oldest()
        return found

    def _give_up_oldest(self) -> None:
        oldest = next((one for one in self._kept if not one.is_pinned), None) or next(iter(self._kept))
        del self._kept[oldest]
        self.size -= len(oldest.plans)
        oldest.plans.clear()

    def _spending(self, caller: str, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        try:
            return work()
        finally:
            if self._budget is not None:
                self._budget.spend(caller, time.perf_counter() - started)
