"""Random documents over the real schema, and random garbage, through a real server: never 500, never INTERNAL."""

import asyncio
import json
import threading

import aiohttp
import msgspec
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)
from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.graph.ids import encode_id
from support.server import running_site

PATIENCE_S = 60.0
MAX_FIELDS = 4
KNOWN_TEXT = ["acme", "globex", "web", "api", "24h", "14d", "production", "WEB-1", "is:unresolved", "count()", "", "x"]
EXISTING = """{ organization(slug: "acme") {
  id issues(first: 3) { nodes { id } } projects(first: 2) { nodes { id } } teams(first: 1) { nodes { id } }
} }"""
LEAVES = {
    "String": st.sampled_from(KNOWN_TEXT) | st.text(max_size=5),
    "ID": st.just(encode_id("Issue", "1", "1")) | st.text(max_size=5),
    "Int": st.sampled_from([-1, 0, 1, 2, 3, 100, 1000, 2**31 - 1]),
    "Float": st.floats(allow_nan=False, allow_infinity=False),
    "Boolean": st.booleans(),
    "BigInt": st.integers(-(2**70), 2**70),
    "DateTime": st.sampled_from(
        ["2026-01-01T00:00:00Z", "2026-03-04T12:00:00+02:00", "0001-01-01T00:00:00+09:00", "x"]
    ),
    "JSON": st.sampled_from([None, 1, "x", [1]]),
}


class Runner:
    """A site in a thread with a loop of its own, because Hypothesis calls functions that are not async."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.ended = asyncio.Event()
        self.site, self.ids = None, []
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
        async with running_site() as self.site:
            self.ids = sorted(_ids(await self.site.data(EXISTING)))
            self._ready.set()
            await self.ended.wait()


def _ids(value):
    """All ids in an answer."""
    if isinstance(value, list):
        return {found for item in value for found in _ids(item)}
    if isinstance(value, dict):
        return {value["id"], *_ids([*value.values()])} if "id" in value else _ids([*value.values()])
    return set()


@pytest.fixture(scope="module")
def runner():
    """One server for all documents; what they write to it stays."""
    with Runner() as running:
        yield running


def holds(status, body):
    """What must be true of any answer at all."""
    assert status < 500, body
    codes = [error["extensions"]["code"] for error in body.get("errors", [])]
    assert "INTERNAL" not in codes, body
    assert codes or body["data"] is not None
    assert "Traceback" not in json.dumps(body)


class Writer:
    """Writes documents over a schema as Hypothesis draws, mostly such that find something."""

    def __init__(self, draw, schema, ids):
        self.draw, self.schema, self.ids = draw, schema, ids

    def document(self):
        """One operation with one or two fields at its root."""
        is_write = self.schema.mutation_type is not None and self.is_rarely()
        root = self.schema.mutation_type if is_write else self.schema.query_type
        chosen = self.draw(st.lists(st.sampled_from(sorted(root.fields)), min_size=1, max_size=2))
        fields = " ".join(self.field(root, name, n, 3) for n, name in enumerate(chosen))
        return f"{'mutation' if is_write else 'query'} {{ {fields} }}"

    def is_rarely(self):
        """True once in a while."""
        return self.draw(st.integers(0, 4)) == 0

    def field(self, parent, name, number, depth):
        """One field with an alias of its own, arguments and what is selected below it."""
        field = parent.fields[name]
        named = get_named_type(field.type)
        below = "" if is_leaf_type(named) else self.selection(named, depth - 1)
        return f"f{number}: {name}{self.arguments(field)} {below}"

    def selection(self, kind, depth):
        """A selection on a type, at most so deep."""
        if isinstance(kind, (GraphQLInterfaceType, GraphQLUnionType)):
            possible = sorted(self.schema.get_possible_types(kind), key=lambda one: one.name)
            one = self.draw(st.sampled_from(possible))
            return f"{{ __typename ... on {one.name} {self.selection(one, depth)} }}"
        names = [name for name, of in kind.fields.items() if depth > 0 or is_leaf_type(get_named_type(of.type))]
        chosen = self.draw(st.lists(st.sampled_from(names), max_size=MAX_FIELDS)) if names else []
        fields = [self.field(kind, name, n, depth) for n, name in enumerate(chosen)]
        return f"{{ __typename {' '.join(fields)} }}"

    def arguments(self, field):
        """Required arguments and some of the others."""
        given = [
            f"{name}: {self.known(name) or self.literal(argument.type)}"
            for name, argument in field.args.items()
            if isinstance(argument.type, GraphQLNonNull) or self.is_rarely()
        ]
        return f"({', '.join(given)})" if given else ""

    def known(self, name):
        """Mostly a value that exists, for arguments that name something."""
        there = {"slug": ["acme", "web", "api"], "organization": ["acme"], "id": self.ids, "ids": [self.ids]}.get(name)
        return None if there is None or self.is_rarely() else json.dumps(self.draw(st.sampled_from(there)))

    def literal(self, kind):
        """A value of a type, written as in a document."""
        if isinstance(kind, GraphQLNonNull):
            return self.literal(kind.of_type)
        if isinstance(kind, GraphQLList):
            return f"[{', '.join(self.literal(kind.of_type) for _ in range(self.draw(st.integers(0, 2))))}]"
        if isinstance(kind, GraphQLEnumType):
            return self.draw(st.sampled_from(sorted(kind.values)))
        if isinstance(kind, GraphQLInputObjectType):
            return (
                f"{{{', '.join(f'{name}: {self.known(name) or self.literal(of)}' for name, of in self.members(kind))}}}"
            )
        return json.dumps(self.draw(LEAVES[kind.name]))

    def members(self, kind):
        """Members of an input object that are given: exactly one where only one may be."""
        fields = [(name, field.type) for name, field in kind.fields.items()]
        if kind.is_one_of:
            return [self.draw(st.sampled_from(fields))]
        return [(name, of) for name, of in fields if isinstance(of, GraphQLNonNull) or self.is_rarely()]


@st.composite
def documents(draw, schema, ids):
    """A document that is mostly valid."""
    return Writer(draw, schema, ids).document()


@given(data=st.data())
def test_random_document_is_answered(runner, graph, data):
    """Whatever the schema lets one ask has an answer or an error that says whose turn it is."""
    document = data.draw(documents(graph.schema, runner.ids))

    holds(*runner.asked(msgspec.json.encode({"query": document})))


WORDS = """query on organization __typename __schema{types{name}} slug:"acme" $a 1e999 @skip ... ...A"""
TOKENS = st.sampled_from([*'{}()[]:!"#&|', "\n", '"' * 3, *WORDS.split(), "fragment A on Query"])
GARBAGE = st.text(max_size=200) | st.lists(TOKENS, max_size=40).map(" ".join)
PLAIN_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
VALUES = st.deferred(
    lambda: PLAIN_VALUES | st.lists(VALUES, max_size=3) | st.dictionaries(st.text(max_size=5), VALUES, max_size=3)
)


@given(text=GARBAGE)
def test_garbage_is_refused_as_a_document(runner, text):
    """Any text at all may stand where a document belongs."""
    holds(*runner.asked(json.dumps({"query": text}).encode()))


@given(value=VALUES)
def test_garbage_is_refused_as_a_request(runner, value):
    """Any JSON, with numbers that JSON does not have, may stand where a request belongs."""
    holds(*runner.asked(json.dumps(value).encode()))


@given(body=st.binary(max_size=300))
def test_garbage_is_refused_as_a_body(runner, body):
    """Any bytes may stand where JSON belongs."""
    holds(*runner.asked(body))


@given(value=VALUES, name=st.none() | st.text(max_size=10))
def test_garbage_is_refused_as_variables(runner, value, name):
    """Variables and operation names of any form fit or do not, and nothing else happens."""
    query = "query A($s: String!, $f: IssueFilter) { organization(slug: $s) { "
    query += "issues(first: 1, filter: $f) { totalCount } } }"
    variables = {"s": value, "f": value}

    holds(*runner.asked(json.dumps({"query": query, "variables": variables, "operationName": name}).encode()))
    holds(*runner.asked(json.dumps({"query": query, "variables": value, "extensions": value}).encode()))


def test_server_lives_on(runner):
    """After all of this it answers as before."""
    assert runner.asked(b'{"query": "{ __typename }"}') == (200, {"data": {"__typename": "Query"}})
    assert isinstance(runner.site.session, aiohttp.ClientSession)
