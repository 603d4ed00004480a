"""The graph over the releases of Sentry that the sandbox imitates."""

import pytest

from dexter_graphql.sandbox import Vintage
from support.graph import graph_client_of_release


@pytest.fixture(params=list(Vintage), ids=str)
async def asker(graph, request):
    """The graph over each imitated release."""
    async with graph_client_of_release(graph, request.param) as asker:
        yield asker


@pytest.fixture
async def oldest(graph):
    """The graph over the oldest imitated release."""
    async with graph_client_of_release(graph, Vintage.V20_12) as asker:
        yield asker


@pytest.fixture
def has(asker):
    """Whether the imitated release has a capability."""
    return asker.server.world.vintage.has
