"""What a command prepares in its process before it serves."""

import gc

import pytest

from dexter_graphql.cli.running import GC_THRESHOLD, freeze_gc


@pytest.fixture
def _collector_as_before():
    """What a test does to the process is taken back."""
    thresholds = gc.get_threshold()

    yield

    gc.unfreeze()
    gc.freeze()
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("_collector_as_before")
def test_collector_passes_over_what_stays():
    """What is there at the start is set aside, and new cycles are still found."""
    freeze_gc()

    assert gc.get_freeze_count() > GC_THRESHOLD
    assert gc.get_threshold()[0] == GC_THRESHOLD
    cycle = []
    cycle.append(cycle)
    del cycle
    assert gc.collect() >= 1
