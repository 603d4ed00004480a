"""The introspection queries of GraphQL.js, which GraphiQL, code generators and Apollo's tools send."""

import pytest

from dexter_graphql.engine.pipeline import Pipeline
from dexter_graphql.operations.limits import DocumentLimits, Limits
from support.node import run_script

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_introspection_queries_are_accepted(site, graph):
    """The query with any options returns the complete schema."""
    queries = await run_script("introspection.mjs")
    pipeline = Pipeline(graph.schema, checker=DocumentLimits(Limits()))

    assert len(queries) > 30
    assert [error for query in queries for error in pipeline.prepare(query).errors] == []
    for query in (queries[0], queries[-1]):
        data = await site.data(query)
        assert {"Issue", "Organization"} <= {kind["name"] for kind in data["__schema"]["types"]}
