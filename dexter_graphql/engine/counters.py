"""Counts of executions by outcome, of fallbacks by reason, and of compiled plans and functions."""

from collections import Counter
from enum import StrEnum

from dexter_graphql.engine.failures import Reason
from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.telemetry.metrics import Sample


class Outcome(StrEnum):
    """How an operation was executed."""

    FAST = "fast"
    REPLAYED = "replayed"
    """Begun by a plan, and completed by graphql-core with the values that were resolved."""
    INTERPRETED = "interpreted"
    BROKEN = "broken"
    """As replayed, because of a mistake of the engine."""


class ExecutionCounters:
    """Counters of one compiler, since the start."""

    def __init__(self) -> None:
        self.functions = 0
        self._executions: Counter[tuple[str, Outcome]] = Counter()
        self._plans: Counter[str] = Counter()
        self._fallbacks: Counter[tuple[str, Reason]] = Counter(
            {(scope, reason): 0 for scope in ("level", "operation") for reason in Reason}
        )

    def count_execution(self, operation_entry: OperationEntry, outcome: Outcome) -> None:
        """Count one execution."""
        self._executions[operation_entry.metric_name, outcome] += 1

    def count_plan(self, operation_entry: OperationEntry) -> None:
        """Count one plan that was made."""
        self._plans[operation_entry.metric_name] += 1

    def count_operation_fallback(self, reason: Reason) -> None:
        """Count an operation that graphql-core had to complete."""
        self._fallbacks["operation", reason] += 1

    def count_level_fallback(self, reason: Reason) -> None:
        """Count a level that was completed row by row."""
        self._fallbacks["level", reason] += 1

    def executions(self, outcome: Outcome) -> int:
        """Executions with that outcome, of all operations."""
        return sum(count for (_, counted), count in self._executions.items() if counted is outcome)

    def fallbacks(self) -> dict[tuple[str, Reason], int]:
        """Fallbacks by scope and reason; only those that happened."""
        return dict(+self._fallbacks)

    def collect(self) -> list[Sample]:
        """All counters."""
        return [
            Sample("dexter_engine_functions_total", "Functions generated.", self.functions),
            *(
                Sample("dexter_engine_plans_made_total", "Plans made.", count, (("operation", name),))
                for name, count in self._plans.items()
            ),
            *(
                Sample(
                    "dexter_engine_executions_total",
                    "Executions.",
                    count,
                    (("operation", name), ("outcome", outcome.value)),
                )
                for (name, outcome), count in self._executions.items()
            ),
            *(
                Sample(
                    "dexter_engine_fallbacks_total",
                    "Levels and operations that left the fast path.",
                    count,
                    (("scope", scope), ("reason", reason.value)),
                )
                for (scope, reason), count in self._fallbacks.items()
            ),
        ]
