"""A graph and a sandbox to ask through it, for every test that wants to see calls arrive."""

import pytest

from dexter_graphql.graph.schema import build_graph
from dexter_graphql.sandbox import SandboxServer, build_world
from support.graph import Asker
from support.sandbox import StillClock


@pytest.fixture(scope="session")
def graph():
    """The whole graph; it is built once, for reading only."""
    return build_graph()


@pytest.fixture
async def asker(graph):
    """The graph over a sandbox with a world of its own, and with a cold cache."""
    clock = StillClock()
    async with SandboxServer(build_world(7, clock)) as server:
        asker = Asker(graph, server, clock)
        yield asker
        await asker.client.close()
