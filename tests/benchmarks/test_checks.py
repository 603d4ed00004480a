"""Which results count as broken."""

import pytest

from benchmarks.checks import broken, ratios_of, read_reference
from benchmarks.results import Contest, Figure, Found, Run
from benchmarks.workloads import WORKLOADS

REFERENCE = {"list": {"plain / dexter": 12.0}}


def contest(*cpu_ms, calls=1.0):
    """A contestant with these rounds."""
    return Contest(cpu_ms=Figure.of(cpu_ms), requests=8, calls={"issues": calls}, answer_bytes=10)


def run_of(ratios, **contestants):
    """A run of one workload, whose ratios of plain to ours were these."""
    found = Found(purpose="", contestants=contestants, ratios={"plain / dexter": Figure.of(ratios)})
    return Run(python="3", machine="one", rounds=3, workloads={"list": found})


@pytest.mark.parametrize(("ratio", "count"), [(8.99, 1), (9.0, 0), (9.01, 0)])
def test_a_ratio_may_fall_by_less_than_a_quarter(ratio, count):
    """Three quarters of the committed ratio are enough, and a little less is not."""
    run = run_of([ratio], plain=contest(ratio), dexter=contest(1.0))

    assert len(broken(run, REFERENCE).get("list", [])) == count


def test_what_fell_is_named():
    """A reader learns which ratio fell, from where and to what."""
    run = run_of([4.0], plain=contest(4.0), dexter=contest(1.0))

    assert broken(run, REFERENCE) == {"list": ["plain / dexter fell from 12 to 4"]}


def test_busy_rounds_break_nothing():
    """A ratio stands when the best rounds show it, though most were spoilt."""
    run = run_of([4.0, 4.0, 12.0], plain=contest(12.0, 12.0, 12.0), dexter=contest(3.0, 3.0, 1.0))

    assert broken(run, REFERENCE) == {}


def test_ratios_that_nobody_committed_to_cannot_fall():
    """A new workload passes until its ratios are written."""
    run = run_of([0.1], plain=contest(0.1), dexter=contest(1.0))

    assert broken(run, {}) == {}


def test_engines_that_make_different_calls():
    """Calls to Sentry must not depend on the engine."""
    run = run_of(
        [12.0], **{"plain": contest(12.0), "dexter": contest(1.0), "dexter-interpreter": contest(9.0, calls=2)}
    )

    assert broken(run, REFERENCE) == {"list": ["dexter-interpreter makes other calls than dexter"]}


def test_committed_ratios_are_those_of_the_workloads():
    """Every workload has its committed ratios, none that it does not measure, and nothing but ratios."""
    committed = {name: set(ratios) for name, ratios in read_reference().items()}

    measured = {name: {f"{of} / {to}" for of, to in workload.ratios} for name, workload in WORKLOADS.items()}
    assert committed.keys() == measured.keys()
    assert all(committed[name] <= measured[name] for name in committed)


def test_ratios_of_a_run_are_medians():
    """What is committed to is the median, with the three digits that mean something."""
    run = run_of([11.0, 12.3456, 14.0], plain=contest(12.0), dexter=contest(1.0))

    assert ratios_of(run) == {"list": {"plain / dexter": 12.3}}
