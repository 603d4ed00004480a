"""What a run must show: the committed ratios, and as many calls with one engine as with the other.

Ratios only, because machines differ in speed.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from benchmarks.results import Found, Run
from benchmarks.workloads import DEXTER, INTERPRETER

PATH = Path(__file__).with_name("reference.json")
TOLERATED = 0.75
"""Part of a ratio that must still be there; the rest may be noise."""

Ratios = Mapping[str, Mapping[str, float]]


def broken(run: Run, reference: Ratios) -> dict[str, list[str]]:
    """Workload → what does not hold, in words; workloads of which all holds are left out."""
    found = {
        name: [*_fallen(workload, reference.get(name, {})), *_unequal(workload)]
        for name, workload in run.workloads.items()
    }
    return {name: problems for name, problems in found.items() if problems}


def ratios_of(run: Run) -> Ratios:
    """The ratios of a run, by workload and name."""
    return {
        name: {ratio_name: float(f"{ratio.median:.3g}") for ratio_name, ratio in workload.ratios.items()}
        for name, workload in run.workloads.items()
    }


def read_reference() -> Ratios:
    """The committed ratios; none when there are none yet."""
    return msgspec.json.decode(PATH.read_bytes() if PATH.exists() else b"{}", type=dict[str, dict[str, float]])


def write_reference(run: Run) -> None:
    """Commit to the ratios of a run, and keep those of workloads that it left out."""
    text = msgspec.json.encode({**read_reference(), **ratios_of(run)})
    PATH.write_bytes(msgspec.json.format(text, indent=2) + b"\n")


def _fallen(found: Found, reference: Mapping[str, float]) -> list[str]:
    """Ratios that fell by their median and also between the best rounds; a busy machine spoils one of them at times."""
    return [
        f"{name} fell from {reference[name]:g} to {ratio.median:.3g}"
        for name, ratio in found.ratios.items()
        if name in reference and max(ratio.median, _between_best(found, name)) < TOLERATED * reference[name]
    ]


def _between_best(found: Found, name: str) -> float:
    of, _, to = name.partition(" / ")
    return found.contestants[of].cpu_ms.least / found.contestants[to].cpu_ms.least


def _unequal(found: Found) -> list[str]:
    """Contestants of one upstream that differ in the engine alone, and in their calls."""
    pairs = (
        (label, label.replace(INTERPRETER, DEXTER)) for label in found.contestants if label.startswith(INTERPRETER)
    )
    return [
        f"{label} makes other calls than {other}"
        for label, other in pairs
        if found.contestants[label].calls != found.contestants[other].calls
    ]
