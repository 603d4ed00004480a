"""Random documents and random garbage sent to a real server never give 500 or INTERNAL."""

import asyncio
import json
import threading

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.documents import documents
from support.known_values import VALUES_QUERY, collect_known_values
from support.server import running_site

PATIENCE_S = 60.0


class Runner:
    """A site in a thread with its own event loop, because Hypothesis calls synchronous functions."""

    def __init__(self, **settings):
        self._settings = settings
        self.loop = asyncio.new_event_loop()
        self.ended = asyncio.Event()
        self.site, self.known = None, None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)
        return self

    def __exit__(self, *_raised):
        self.loop.call_soon_threadsafe(self.ended.set)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def asked(self, body):
        """Status and decoded body of a POST of bytes."""
        return asyncio.run_coroutine_threadsafe(self._asked(body), self.loop).result(PATIENCE_S)

    async def _asked(self, body):
        headers = {"content-type": "application/json", "accept": "application/graphql-response+json"}
        async with self.site.session.post(self.site.graphql, data=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    def _run(self):
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._serve())

    async def _serve(self):
        async with running_site(**self._settings) as self.site:
            self.known = collect_known_values(await self.site.data(VALUES_QUERY))
            self._ready.set()
            await self.ended.wait()


@pytest.fixture(scope="module")
def runner():
    """One server for all documents; their writes stay."""
    with Runner() as running:
        yield running


@pytest.fixture(scope="module", params=["compiled", "interpreter"])
def engine_runner(request):
    """One server for each engine."""
    with Runner(engine=request.param) as running:
        yield running


def holds(status, body):
    """Assert what is true of every response."""
    assert status < 500, body
    codes = [error["extensions"]["code"] for error in body.get("errors", [])]
    assert "INTERNAL" not in codes, body
    assert codes or body["data"] is not None
    assert "Traceback" not in json.dumps(body)


@given(data=st.data())
def test_random_document_is_answered(runner, graph, data):
    """Every document that the schema allows has data or an error with a code."""
    document = data.draw(documents(graph.schema, runner.known, mutations=st.booleans()))

    holds(*runner.asked(json.dumps({"query": document.text, "variables": document.variables}).encode()))


@given(data=st.data())
def test_odd_values_are_refused(engine_runner, graph, data):
    """Huge numbers, unpaired surrogates, broken URLs and the like, in any argument, as literals and as variables."""
    drawn = documents(graph.schema, engine_runner.known, mutations=st.booleans(), odd_percent=25)
    document = data.draw(drawn)

    for _ in range(2):
        holds(*engine_runner.asked(json.dumps({"query": document.text, "variables": document.variables}).encode()))


WORDS = """query on organization __typename __schema{types{name}} slug:"acme" $a 1e999 @skip ... ...A"""
TOKENS = st.sampled_from([*'{}()[]:!"#&|', "\n", '"' * 3, *WORDS.split(), "fragment A on Query"])
GARBAGE = st.text(max_size=200) | st.lists(TOKENS, max_size=40).map(" ".join)
PLAIN_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
VALUES = st.deferred(
    lambda: PLAIN_VALUES | st.lists(VALUES, max_size=3) | st.dictionaries(st.text(max_size=5), VALUES, max_size=3)
)


@given(text=GARBAGE)
def test_garbage_is_refused_as_a_document(runner, text):
    """Any text instead of a document."""
    holds(*runner.asked(json.dumps({"query": text}).encode()))


@given(value=VALUES)
def test_garbage_is_refused_as_a_request(runner, value):
    """Any JSON, also with numbers that JSON does not have, instead of a request."""
    holds(*runner.asked(json.dumps(value).encode()))


@given(body=st.binary(max_size=300))
def test_garbage_is_refused_as_a_body(runner, body):
    """Any bytes instead of JSON."""
    holds(*runner.asked(body))


@given(value=VALUES, name=st.none() | st.text(max_size=10))
def test_garbage_is_refused_as_variables(runner, value, name):
    """Variables and operation names of any type are accepted or refused."""
    query = "query A($s: String!, $f: IssueFilter) { organization(slug: $s) { "
    query += "issues(first: 1, filter: $f) { totalCount } } }"
    variables = {"s": value, "f": value}

    holds(*runner.asked(json.dumps({"query": query, "variables": variables, "operationName": name}).encode()))
    holds(*runner.asked(json.dumps({"query": query, "variables": value, "extensions": value}).encode()))


def test_server_still_answers(runner):
    """After all of the above it answers as before."""
    assert runner.asked(b'{"query": "{ __typename }"}') == (200, {"data": {"__typename": "Query"}})
    assert isinstance(runner.site.session, aiohttp.ClientSession)
