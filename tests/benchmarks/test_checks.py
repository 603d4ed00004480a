"""Checks of benchmark results."""

import pytest

from benchmarks.checks import collect_ratios, find_problems, read_reference
from benchmarks.results import BenchmarkRun, ContestantResult, Figure, MemoryResult, WorkloadResult
from benchmarks.workloads import WORKLOADS

REFERENCE = {"list": {"plain / dexter": 12.0}}


def contest(*cpu_ms, calls=1.0):
    """A contestant with these rounds."""
    memory = MemoryResult(start_mib=90, peak_mib=110, after_mib=100)
    return ContestantResult(
        cpu_ms=Figure.of(cpu_ms), requests=8, calls={"issues": calls}, answer_bytes=10, memory=memory
    )


def run_of(ratios, **contestants):
    """A run of one workload with these ratios of `plain` to `dexter`."""
    result = WorkloadResult(purpose="", contestants=contestants, ratios={"plain / dexter": Figure.of(ratios)})
    return BenchmarkRun(python="3", machine="one", rounds=3, workloads={"list": result})


@pytest.mark.parametrize(("ratio", "count"), [(8.99, 1), (9.0, 0), (9.01, 0)])
def test_ratio_may_fall_by_less_than_a_quarter(ratio, count):
    """Three quarters of the reference ratio pass, and slightly less fails."""
    run = run_of([ratio], plain=contest(ratio), dexter=contest(1.0))

    assert len(find_problems(run, REFERENCE).get("list", [])) == count


def test_fallen_ratio_is_named():
    """The message names the ratio with its reference and its value."""
    run = run_of([4.0], plain=contest(4.0), dexter=contest(1.0))

    assert find_problems(run, REFERENCE) == {"list": ["plain / dexter fell from 12 to 4"]}


def test_best_rounds_decide():
    """A ratio passes when it is reached in the best rounds."""
    run = run_of([4.0, 4.0, 12.0], plain=contest(12.0, 12.0, 12.0), dexter=contest(3.0, 3.0, 1.0))

    assert find_problems(run, REFERENCE) == {}


def test_workload_without_reference_passes():
    """A workload without a reference passes."""
    run = run_of([0.1], plain=contest(0.1), dexter=contest(1.0))

    assert find_problems(run, {}) == {}


def test_engines_that_make_different_calls():
    """Different upstream calls of the engines are a problem."""
    run = run_of(
        [12.0], **{"plain": contest(12.0), "dexter": contest(1.0), "dexter-interpreter": contest(9.0, calls=2)}
    )

    assert find_problems(run, REFERENCE) == {"list": ["dexter-interpreter makes other calls than dexter"]}


def test_reference_covers_all_workloads():
    """The reference file has exactly the ratios of all workloads."""
    committed = {name: set(ratios) for name, ratios in read_reference().items()}

    measured = {name: {f"{of} / {to}" for of, to in workload.ratios} for name, workload in WORKLOADS.items()}
    assert committed.keys() == measured.keys()
    assert all(committed[name] <= measured[name] for name in committed)


def test_ratios_of_a_run_are_medians():
    """The reference is the median with three significant digits."""
    run = run_of([11.0, 12.3456, 14.0], plain=contest(12.0), dexter=contest(1.0))

    assert collect_ratios(run) == {"list": {"plain / dexter": 12.3}}
