"""A graph and a sandbox to ask through it, for every test that wants to see calls arrive."""

import gc
import os
from contextlib import nullcontext

import pytest
from hypothesis import HealthCheck, settings

from dexter_graphql.graph.schema import build_graph
from support.graph import GraphClient
from support.sandbox import StillClock, running_sandbox
from support.tracing import untraced

REPETITIONS = (
    "tests/benchmarks/",
    "tests/contract/test_declared_calls.py",
    "tests/contract/test_docs.py",
    "tests/contract/test_one_truth.py",
    "tests/operations/",
    "tests/parity/",
    "tests/property/",
    "tests/security/",
    "tests/unit/graph/older_releases/",
    "tests/unit/graph/test_mistyped_names.py",
    "tests/unit/sandbox/test_vintages.py",
)
"""Tests that repeat with many values what others cover. Tracing them would take more time than running them."""

# Every run of the tests looks at the same examples; `HYPOTHESIS_PROFILE=long` looks at many others.
# Fixtures that properties ask for are for reading only.
CALM = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}
settings.register_profile("default", settings(max_examples=100, derandomize=True, **CALM))
settings.register_profile("long", settings(max_examples=5000, **CALM))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Whatever takes long, and mostly waits, comes first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: not {"setup", "benchmarks", "drills"} & set(item.path.parts))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Run repetitions without the tracing of coverage."""
    with untraced() if item.nodeid.startswith(REPETITIONS) else nullcontext():
        return (yield)


def pytest_configure():
    """Worlds and collected tests are many small objects that live long; looking for garbage among them takes time."""
    gc.set_threshold(500_000, 20, 20)


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
