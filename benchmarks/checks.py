"""Checks of a run: ratios against the reference, and equal upstream calls of both engines.

Only ratios are compared, because machines differ in speed.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from benchmarks.results import BenchmarkRun, WorkloadResult
from benchmarks.workloads import DEXTER, INTERPRETER

PATH = Path(__file__).with_name("reference.json")
TOLERATED = 0.75
"""Share of the reference that a ratio must reach; smaller differences can be noise."""

Ratios = Mapping[str, Mapping[str, float]]


def find_problems(run: BenchmarkRun, reference: Ratios) -> dict[str, list[str]]:
    """Problems of each workload as sentences; workloads without problems are left out."""
    problems_by_workload = {
        name: [*_find_fallen_ratios(workload, reference.get(name, {})), *_find_unequal_calls(workload)]
        for name, workload in run.workloads.items()
    }
    return {name: problems for name, problems in problems_by_workload.items() if problems}


def collect_ratios(run: BenchmarkRun) -> Ratios:
    """The ratios of a run, by workload and name."""
    return {
        name: {ratio_name: float(f"{ratio.median:.3g}") for ratio_name, ratio in workload.ratios.items()}
        for name, workload in run.workloads.items()
    }


def read_reference() -> Ratios:
    """The reference ratios; empty when there is no reference file."""
    return msgspec.json.decode(PATH.read_bytes() if PATH.exists() else b"{}", type=dict[str, dict[str, float]])


def write_reference(run: BenchmarkRun) -> None:
    """Write the ratios of a run, and keep those of workloads that it left out."""
    text = msgspec.json.encode({**read_reference(), **collect_ratios(run)})
    PATH.write_bytes(msgspec.json.format(text, indent=2) + b"\n")


def _find_fallen_ratios(result: WorkloadResult, reference: Mapping[str, float]) -> list[str]:
    """Ratios that fell both in the median and in the best rounds; load on the machine can affect one of them."""
    return [
        f"{name} fell from {reference[name]:g} to {ratio.median:.3g}"
        for name, ratio in result.ratios.items()
        if name in reference and max(ratio.median, _between_best(result, name)) < TOLERATED * reference[name]
    ]


def _between_best(result: WorkloadResult, name: str) -> float:
    of, _, to = name.partition(" / ")
    return result.contestants[of].cpu_ms.least / result.contestants[to].cpu_ms.least


def _find_unequal_calls(result: WorkloadResult) -> list[str]:
    """Servers that differ only in the engine but make different upstream calls."""
    pairs = (
        (label, label.replace(INTERPRETER, DEXTER)) for label in result.contestants if label.startswith(INTERPRETER)
    )
    return [
        f"{label} makes other calls than {other}"
        for label, other in pairs
        if result.contestants[label].calls != result.contestants[other].calls
    ]
