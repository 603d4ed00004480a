"""Calls to Sentry of the documents with a route, on both engines, and what becomes of them on older releases."""

import pytest
import pytest_asyncio
from graphql import get_operation_ast, parse

from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.engine.variable_values import coerce_variables
from dexter_graphql.operations.routes import load_routes
from dexter_graphql.sandbox import Vintage
from support.graph import open_graph_client
from support.sandbox import StillClock, running_sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

READS = [document for document in load_routes() if document.method == "GET"]
UNAVAILABLE = frozenset({"FEATURE_NOT_AVAILABLE"})
LACKING = {
    Vintage.V20_12: {
        *("alert_monitors.graphql", "analytics_event_counts.graphql", "discover_events.graphql"),
        *("discover_saved_query.graphql", "events.graphql"),
    },
    Vintage.V24_1: set(),
}
"""Routes with a part that an older release lacks."""
DIRECTORY = '{ organization(slug: "acme") { slug } }'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server():
    """A sandbox that the tests only read."""
    async with running_sandbox(StillClock()) as running:
        yield running


@pytest.mark.parametrize("document", READS, ids=lambda document: document.file)
async def test_route_makes_the_declared_calls(graph, server, document):
    """With an empty cache and a known organization, each route makes the calls of its header, as many as estimated."""
    parsed = parse(document.text)
    entry = OperationEntry(parsed, get_operation_ast(parsed))
    price = graph.costs.estimate(entry, coerce_variables(graph.schema, entry, document.variables))
    async with open_graph_client(graph, server) as client:
        await client.ask(DIRECTORY)
        answer = await client.ask(document.text, **document.variables)

    assert (answer.errors, len(answer.calls)) == ([], document.calls)
    assert document.calls <= price.calls


@pytest.mark.parametrize("vintage", [Vintage.V20_12, Vintage.V24_1], ids=str)
async def test_older_releases_lack_features_only(graph, vintage):
    """On a release that lacks an endpoint, the route says that the feature is not available; all others work."""
    codes = {}
    async with running_sandbox(StillClock(), vintage) as server, open_graph_client(graph, server) as client:
        for document in READS:
            answer = await client.ask(document.text, **document.variables)
            codes[document.file] = {error["extensions"]["code"] for error in answer.errors}

    assert {file: found for file, found in codes.items() if found} == dict.fromkeys(LACKING[vintage], UNAVAILABLE)
