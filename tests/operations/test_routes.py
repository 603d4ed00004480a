"""Calls to Sentry of the documents with a route, on both engines."""

import pytest
import pytest_asyncio

from dexter_graphql.operations.routes import load_routes
from support.graph import open_graph_client
from support.sandbox import StillClock, running_sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

READS = [document for document in load_routes() if document.method == "GET"]
DIRECTORY = '{ organization(slug: "acme") { slug } }'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server():
    """A sandbox that the tests only read."""
    async with running_sandbox(StillClock()) as running:
        yield running


@pytest.mark.parametrize("document", READS, ids=lambda document: document.file)
async def test_route_makes_the_declared_calls(graph, server, document):
    """With an empty cache and a known organization, each route makes exactly the calls of its header."""
    async with open_graph_client(graph, server) as client:
        await client.ask(DIRECTORY)
        answer = await client.ask(document.text, **document.variables)

    assert (answer.errors, len(answer.calls)) == ([], document.calls)
