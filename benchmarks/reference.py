"""The committed ratios, and which of them a run no longer reaches. Ratios only, because machines differ in speed."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from benchmarks.results import Run

PATH = Path(__file__).with_name("reference.json")
TOLERATED = 0.75
"""Part of a ratio that is still there when the rest may be noise."""

Ratios = Mapping[str, Mapping[str, float]]


def ratios_of(run: Run) -> Ratios:
    """The ratios of a run, by workload and name."""
    return {
        workload: {name: round(ratio.median, 2) for name, ratio in found.ratios.items()}
        for workload, found in run.workloads.items()
    }


def fallen(run: Run, reference: Ratios) -> dict[str, list[str]]:
    """Workload → what fell, in words; workloads of which nothing did are left out."""
    found: dict[str, list[str]] = {}
    for workload, ratios in ratios_of(run).items():
        for name, ratio in ratios.items():
            once = reference.get(workload, {}).get(name)
            if once is not None and ratio < once * TOLERATED:
                found.setdefault(workload, []).append(f"{name} fell from {once:g} to {ratio:g}")
    return found


def read() -> Ratios:
    """The committed ratios."""
    return msgspec.json.decode(PATH.read_bytes(), type=dict[str, dict[str, float]])


def write(run: Run) -> None:
    """Take the ratios of a run as those to reach, and keep those of workloads that it left out."""
    known = dict(read()) if PATH.exists() else {}
    PATH.write_bytes(msgspec.json.format(msgspec.json.encode({**known, **ratios_of(run)}), indent=2) + b"\n")
