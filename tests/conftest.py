"""A graph and a sandbox to ask through it, for every test that wants to see calls arrive."""

import gc
import os
from contextlib import nullcontext

import pytest
from hypothesis import HealthCheck, settings

from dexter_graphql.graph.schema import build_graph
from dexter_graphql.sandbox.app import Sandbox
from support.graph import GraphClient
from support.sandbox import StillClock, running_sandbox
from support.tracing import untraced, untraced_call

REPETITIONS = (
    "tests/benchmarks/",
    "tests/browser/",
    "tests/clients/",
    "tests/contract/test_declared_calls.py",
    "tests/contract/test_docs.py",
    "tests/contract/test_one_truth.py",
    "tests/faults/",
    "tests/operations/",
    "tests/parity/",
    "tests/property/",
    "tests/realtime/",
    "tests/security/",
    "tests/unit/graph/older_releases/",
    "tests/unit/graph/test_mistyped_names.py",
    "tests/unit/graph/test_schema.py",
    "tests/unit/sandbox/test_vintages.py",
)
"""Tests that repeat with many values, faults and clients what others cover: traced, they would add 1 % to the coverage
and take twice the time. The coverage that `make test` requires is that of the other tests."""

LONG = (
    "tests/setup/test_dockerfile.py",
    "tests/drills/test_drills.py",
    "tests/benchmarks/test_command.py",
    "tests/benchmarks/test_live.py",
    "tests/setup/test_make_run.py",
    "tests/unit/cli/test_processes.py",
    "tests/property/test_engines.py",
    "tests/operations/test_garbage.py",
    "tests/setup/test_wheel.py",
    "tests/unit/graph/test_mistyped_names.py",
)
"""The files that take longest. The workers of a run get them by turns, and begin with them."""
OF_THE_SANDBOX = ("tests/unit/sandbox/", "tests/contract/")
"""Tests of the sandbox itself. All others have it compute answers, which takes a quarter of their time when traced."""

# Every run of the tests looks at the same examples; `HYPOTHESIS_PROFILE=long` looks at many others.
# Fixtures that properties ask for are for reading only.
CALM = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}
settings.register_profile("default", settings(max_examples=100, derandomize=True, **CALM))
settings.register_profile("long", settings(max_examples=5000, **CALM))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """What takes long comes first in the share of each worker, so that none is left alone with it at the end."""
    by_file = {file: [item for item in items if item.nodeid.startswith(file)] for file in LONG}
    rest = [item for item in items if not item.nodeid.startswith(LONG)]
    ordered, shares = [], int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    for number in range(shares):
        ordered += [item for file in LONG[number::shares] for item in by_file[file]]
        size = max(0, len(items) * (number + 1) // shares - len(ordered))
        ordered += rest[:size]
        del rest[:size]
    items[:] = ordered + rest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Run repetitions without the tracing of coverage."""
    with untraced() if item.nodeid.startswith(REPETITIONS) else nullcontext():
        return (yield)


def pytest_configure():
    """Worlds and collected tests are many small objects that live long; looking for garbage among them takes time."""
    gc.set_threshold(500_000, 20, 20)


@pytest.fixture(autouse=True)
def _untraced_sandbox(request, monkeypatch):
    """The sandbox computes its answers without the tracing of coverage, except in its own tests."""
    if not request.node.nodeid.startswith(OF_THE_SANDBOX):
        monkeypatch.setattr(Sandbox, "_handle", untraced_call(Sandbox._handle))


@pytest.fixture(scope="session", autouse=True)
def _freeze_collected_tests():
    """What was imported and collected is never garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def graph():
    """The whole graph; it is built once, for reading only."""
    return build_graph()


@pytest.fixture
async def asker(graph):
    """The graph over a sandbox with a world of its own, and with a cold cache."""
    clock = StillClock()
    async with running_sandbox(clock) as server:
        asker = GraphClient(graph, server, clock)
        yield asker
        await asker.client.close()
