"""Results of a run, as they are written to a file and read back."""

from collections.abc import Sequence
from statistics import median

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """Median, minimum and maximum of several rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figure":
        """The figure of these values."""
        return cls(median(values), min(values), max(values))


class MemoryResult(msgspec.Struct, frozen=True, kw_only=True):
    """Resident memory of a server: when it began to serve, at most during the rounds, and after them."""

    start_mib: float
    peak_mib: float
    after_mib: float


class ContestantResult(msgspec.Struct, frozen=True, kw_only=True):
    """Result of one contestant. Calls are per request; in a burst, of all its requests together."""

    cpu_ms: Figure
    requests: int
    calls: dict[str, float]
    answer_bytes: int
    memory: MemoryResult
    last_answer_ms: Figure | None = None
    """Wall time until the last answer of a burst."""


class WorkloadResult(msgspec.Struct, frozen=True, kw_only=True):
    """Result of a workload: contestants by label, ratios by `label / label`."""

    purpose: str
    contestants: dict[str, ContestantResult]
    ratios: dict[str, Figure]


class BenchmarkRun(msgspec.Struct, frozen=True, kw_only=True):
    """Results of a run."""

    python: str
    machine: str
    rounds: int
    workloads: dict[str, WorkloadResult]
