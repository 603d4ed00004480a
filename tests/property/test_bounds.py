"""Caches of documents, plans and classes are bounded."""

import gc

import pytest
from hypothesis import settings

from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.engine.compiler import BYTES_PER_PLAN, MAX_PLAN_BYTES, Compiler
from dexter_graphql.engine.outputs import MAX_OUTPUT_CLASSES, Output, OutputClasses
from dexter_graphql.engine.pipeline import Pipeline
from dexter_graphql.graph.declarations.fields import record_typename
from dexter_graphql.sentry.projection import MAX_RECORD_CLASSES, Record, RecordDecoder
from support.documents import Document
from support.recorded_engines import run_recorded_engines

IS_LONG = settings.default.max_examples > 1000
DOCUMENTS = 10_000 if IS_LONG else 60
PLAN_BYTES, OUTPUTS, RECORDS, TEXTS = (
    (MAX_PLAN_BYTES, MAX_OUTPUT_CLASSES, MAX_RECORD_CLASSES, 1000) if IS_LONG else (20 * BYTES_PER_PLAN, 25, 30, 40)
)
PLANS = PLAN_BYTES // BYTES_PER_PLAN
"""Limits: those of the server, or small ones that few documents reach."""
FIELDS = [
    *("title", "culprit", "status", "level", "priority", "platform", "logger", "shortId", "firstSeenAt", "lastSeenAt"),
    *("isPublic", "metadata", "issueType", "webUrl"),
]


def document(number):
    """A document with its own members and response keys."""
    chosen = [name for bit, name in enumerate(FIELDS) if number >> bit & 1]
    fields = " ".join(f"a{number}_{name}: {name}" for name in chosen) or "id"
    return Document(f'{{ organization(slug: "acme") {{ issues(first: 2) {{ nodes {{ {fields} }} }} }} }}', None)


@pytest.fixture
def compiler(graph):
    """A compiler with these limits."""
    compiler = Compiler(graph.schema, typename_of=record_typename, max_bytes=PLAN_BYTES)
    compiler._outputs = OutputClasses(OUTPUTS)
    return compiler


def living(base):
    """Generated classes that are still referenced."""
    gc.collect()
    return len(base.__subclasses__())


async def test_caches_are_bounded(graph, compiler):
    """Each document is sent twice: plans, texts, and classes of records and outputs stay within their limits."""
    pipeline = Pipeline(graph.schema, compiler=compiler)
    pipeline._documents._documents = BoundedMap(TEXTS)
    async with run_recorded_engines(graph) as sides:
        sides.records = RecordDecoder(RECORDS)
        side = sides.alone(pipeline)
        before = living(Output), living(Record)

        for number in range(DOCUMENTS):
            for _ in range(2):
                assert not (await side.run(document(number))).errors

        after = living(Output), living(Record)
        assert 0 < compiler.plan_count <= PLANS
        assert 0 < len(compiler._outputs) <= OUTPUTS
        assert 0 < len(sides.records) <= RECORDS
        assert len(pipeline._documents._documents) == min(TEXTS, DOCUMENTS)
        assert after[0] - before[0] <= OUTPUTS + PLANS * 5
        assert after[1] - before[1] <= RECORDS + PLANS * 5


async def test_plans_of_one_document_are_bounded(graph, compiler):
    """Conditions have many outcomes, of which some are planned and all are answered."""
    pipeline = Pipeline(graph.schema, compiler=compiler)
    names = FIELDS[:6]
    flags = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name} @include(if: ${name})" for name in names)
    text = f'query ({flags}) {{ organization(slug: "acme") {{ issues(first: 1) {{ nodes {{ id {fields} }} }} }} }}'
    async with run_recorded_engines(graph) as sides:
        side = sides.alone(pipeline)

        for number in range(2 ** len(names)):
            values = {name: bool(number >> bit & 1) for bit, name in enumerate(names)}
            told = await side.run(Document(text, values))
            assert list(told.decoded["organization"]["issues"]["nodes"][0]) == ["id", *(n for n in names if values[n])]

    assert 0 < compiler.plan_count <= PLANS
