"""What a run found, as values that are written to a file and read again."""

from collections.abc import Sequence
from statistics import median

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """The same thing measured in several rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figure":
        """The figure of these rounds."""
        return cls(median(values), min(values), max(values))


class Contest(msgspec.Struct, frozen=True, kw_only=True):
    """How a contestant did. Calls are those of one request; in a burst, of all requests of one moment."""

    cpu_ms: Figure
    requests: int
    calls: dict[str, float]
    answer_bytes: int
    last_answer_ms: Figure | None = None
    """Until the last answer of a burst, wall time."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a workload found: contestants by label, ratios by `label / label`."""

    purpose: str
    contestants: dict[str, Contest]
    ratios: dict[str, Figure]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run."""

    python: str
    machine: str
    rounds: int
    workloads: dict[str, Found]
