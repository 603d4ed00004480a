"""Estimates of random documents beside the calls of a cold run, for releases of Sentry.

`pytest --junit-xml` writes the distribution of their ratios.
"""

from functools import partial
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dexter_graphql.engine.variable_values import coerce_variables
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.cost.estimate import ASSUMED
from dexter_graphql.graph.cost.steps import Extent, ListSizes
from dexter_graphql.graph.errors import format_error
from dexter_graphql.sandbox import Vintage
from support.documents import Document, documents
from support.engines import engines_of
from support.graph import identity_of, services_of
from support.known_values import VALUES_QUERY, collect_known_values
from support.sandbox import StillClock, running_sandbox

EXAMPLES = max(20, settings.default.max_examples // 10)
"""Random documents for each release: 500 in the long run."""
RELEASES = (Vintage.V20_12, Vintage.SAAS) if EXAMPLES < 100 else tuple(Vintage)
"""Releases that have least and most of the endpoints; in the long run all."""
WORST_RATIO = {True: 3, False: 24}
"""Estimate / calls of 95 in 100 documents, where a release has all endpoints and where any may be lacking."""
CALLS = 10_000
"""Call budget that no document exhausts."""


class Comparison(NamedTuple):
    """Calls that were estimated and made; with `is_full` lists that lead to calls were as long as estimated."""

    document: Document
    estimate: int
    calls: int
    is_full: bool


class ColdRuns:
    """Executions over a sandbox, each with an empty cache; and what was estimated for them."""

    def __init__(self, graph, server):
        self._graph, self._server = graph, server
        self._pipeline = engines_of(graph).compiled

    async def run(self, text, variables):
        """The data of a document and the number of calls."""
        before = len(self._server.requests)
        services = services_of(self._graph, self._server, self._server.world.clock, call_budget=CALLS)
        context = Context(services, identity_of(self._server), "request")
        shown = partial(format_error, request_id="request")
        try:
            answer = await self._pipeline.execute(self._pipeline.prepare(text), variables, context, shown)
        finally:
            await context.close()
            await services.client.close()
        return msgspec.json.decode(answer.body).get("data"), len(self._server.requests) - before

    @property
    def has_all(self):
        """True when the release has all endpoints."""
        return self._server.world.vintage is Vintage.SAAS

    async def compare(self, document):
        """The estimate of a document and its execution; None when it is invalid or too large to be estimated."""
        entry = self._pipeline.prepare(document.text).operation_entry
        coerced = None if entry is None else coerce_variables(self._graph.schema, entry, document.variables or {})
        if coerced is None or isinstance(coerced, list):
            return None
        estimate = self._graph.costs.estimate(entry, coerced, has_all=self.has_all).calls
        if estimate is None:
            return None
        data, calls = await self.run(document.text, document.variables)
        root = self._graph.costs.known(entry, coerced).tree.root
        is_full = data is not None and are_full(root, [data], 1, ListSizes(coerced, ASSUMED))
        return Comparison(document, estimate, calls, is_full)

    async def random_documents(self):
        """Random documents with values that exist."""
        known = collect_known_values((await self.run(VALUES_QUERY, None))[0])
        drawn = []

        @settings(max_examples=EXAMPLES, database=None, phases=[Phase.generate])
        @given(data=st.data())
        def draw(data):
            drawn.append(data.draw(documents(self._graph.schema, known)))

        draw()
        return drawn


def are_full(branch, objects, page, sizes):
    """True when the lists below these objects that lead to calls are as long as estimated, and nothing is null."""
    return all(
        is_full(step, value[name], page, sizes)
        for value in objects
        for steps in branch
        for step in steps
        if step.is_field and leads_to_calls(step) and (name := response_name(step)) in value
    )


def is_full(step, value, page, sizes):
    """The same for the value of one field."""
    if value is None:
        return False
    if step.extent is Extent.CONNECTION:
        return are_full(step.below, [value], sizes.size(step), sizes)
    if not isinstance(value, list):
        return not isinstance(value, dict) or are_full(step.below, [value], 1, sizes)
    objects = [item for item in value if isinstance(item, dict)]
    length = page if step.extent is Extent.PAGE else sizes.size(step)
    return len(value) >= length and are_full(step.below, objects, 1, sizes)


def leads_to_calls(step):
    """True when the field or one below it may call Sentry."""
    return step.own_calls is not None or any(leads_to_calls(below) for steps in step.below for below in steps)


def response_name(step):
    """The name of a field in the answer."""
    return (step.node.alias or step.node.name).value


@pytest.fixture(params=RELEASES, ids=str)
async def cold_runs(graph, request):
    """Runs over a sandbox that imitates one of the releases."""
    async with running_sandbox(StillClock(), request.param) as server:
        yield ColdRuns(graph, server)


async def test_random_documents_cost_at_most_the_estimate(cold_runs, record_property):
    """No document makes more calls than estimated; with full lists, 95 of 100 make a third of them or more."""
    compared = [await cold_runs.compare(document) for document in await cold_runs.random_documents()]

    known = [comparison for comparison in compared if comparison is not None]
    assert [comparison for comparison in known if comparison.calls > comparison.estimate] == []
    ratios = sorted(each.estimate / each.calls for each in known if each.is_full and each.calls)
    record_property("estimate / calls", [round(ratio, 2) for ratio in ratios])
    assert ratios[len(ratios) * 95 // 100] <= WORST_RATIO[cold_runs.has_all]
