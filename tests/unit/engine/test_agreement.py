"""The comparison of both engines finds every kind of difference."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from dexter_graphql.engine.counters import Outcome as ExecutionOutcome
from dexter_graphql.engine.pipeline import ExecutionAnswer, Pipeline
from dexter_graphql.graph.relay.global_ids import encode_id
from support import graph as asking
from support.engines import Engines, assert_sound, differences, engines_of, outcome

ERRORS = [
    {"message": "one", "path": ["a", 0, "b"], "locations": [{"line": 1, "column": 2}], "extensions": {"code": "X"}},
    {"message": "one", "path": ["a", 1, "b"], "locations": [{"line": 1, "column": 2}], "extensions": {"code": "X"}},
    {"message": "below", "path": ["c", "d"], "locations": [{"line": 2, "column": 2}], "extensions": {"code": "Y"}},
]
BODY = {
    "errors": ERRORS,
    "data": {"a": [{"b": None, "n": 1}, {"b": None, "n": 2}], "c": None, "t": "x"},
    "extensions": {"dexter": {"stale": ["GET /x/"], "upstreamCalls": 2, "waitedMs": 1.5}},
}
CALLS = [("GET", "GET /a?x=1"), ("GET", "GET /a?x=1"), ("PUT", "PUT /b? {}"), ("PUT", "PUT /c? {}")]


def said(body=BODY, *, calls=CALLS, unforeseen=(), **answer):
    """The outcome of a response with that body."""
    return outcome(ExecutionAnswer(json.dumps(body).encode(), **answer), calls=calls, unforeseen=unforeseen)


def changed(change):
    """The body after a change of a copy of it."""
    body = json.loads(json.dumps(BODY))
    change(body)
    return body


def swapped(result):
    """An object with its members in another order."""
    items = list(result.items())
    result.clear()
    result.update(items[::-1])


MUTANTS = {
    "keys in another order": lambda body: swapped(body["data"]["a"][1]),
    "keys at the top in another order": lambda body: swapped(body["data"]),
    "another value": lambda body: body["data"]["a"][0].update(n=2),
    "a number of another form": lambda body: body["data"]["a"][0].update(n=1.0),
    "a boolean for a number": lambda body: body["data"]["a"][0].update(n=True),
    "a missing key": lambda body: body["data"]["a"][0].pop("n"),
    "one more key": lambda body: body["data"].update(more=None),
    "a missing row": lambda body: body["data"]["a"].pop(),
    "rows in another order": lambda body: body["data"]["a"].reverse(),
    "no data": lambda body: body.pop("data"),
    "null for data": lambda body: body.update(data=None),
    "another message": lambda body: body["errors"][0].update(message="two"),
    "a missing error": lambda body: body["errors"].pop(0),
    "an error twice": lambda body: body["errors"].append(body["errors"][0]),
    "another path": lambda body: body["errors"][0].update(path=["a", 1, "b"]),
    "no path": lambda body: body["errors"][0].pop("path"),
    "another place": lambda body: body["errors"][0].update(locations=[{"line": 1, "column": 3}]),
    "another code": lambda body: body["errors"][0]["extensions"].update(code="Z"),
    "no error below a null": lambda body: body["errors"].pop(2),
    "another error below a null": lambda body: body["errors"][2].update(message="else"),
    "stale without saying so": lambda body: body["extensions"]["dexter"].pop("stale"),
    "another order at the top": swapped,
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_different_responses_are_noticed(mutant):
    """Whichever engine is wrong."""
    wrong = said(changed(MUTANTS[mutant]))
    if mutant == "stale without saying so":  # where nothing was lost below a null
        right = replace(said(), errors=Counter(), data=b"{}")
        wrong = replace(wrong, errors=Counter(), data=b"{}")
    else:
        right = said()

    assert differences(wrong, right) != []
    assert differences(right, wrong) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CALLS, CALLS[1:]),
        (CALLS, [*CALLS, ("GET", "GET /more?")]),
        (CALLS, [*CALLS[:2], CALLS[3], CALLS[2]]),
        (CALLS, [*CALLS, CALLS[3]]),
        (CALLS, []),
    ],
)
def test_different_calls_are_noticed(one, other):
    """Fewer, more, the same twice, and writes in another order."""
    whole = {"data": {"a": 1}}

    assert differences(said(whole, calls=one), said(whole, calls=other)) != []


@pytest.mark.parametrize("more", [{"unforeseen": [ValueError("x")]}, {"is_request_error": True}, {"codes": ("A",)}])
def test_other_differences_are_noticed(more):
    """Hidden exceptions, and what the status depends on."""
    whole = {"data": {"a": 1}}

    assert differences(said(whole), said(whole, **more)) != []


def test_allowed_differences_are_ignored():
    """The order of errors, how long things took, and how much is done below a null."""
    more = {**ERRORS[2], "message": "beside", "path": ["c", "e"]}
    other = changed(lambda body: (body["errors"].reverse(), body["extensions"]["dexter"].update(waitedMs=9.0)))
    busy = changed(lambda body: body["errors"].append(more))

    assert differences(said(), said()) == []
    assert differences(said(other), said()) == []
    assert differences(said(), said(busy, calls=[*CALLS, ("GET", "GET /more?")])) == []


def test_engine_that_does_more_below_a_null_is_noticed():
    """graphql-core may make more calls there, the compiled engine may not."""
    assert differences(said(calls=[*CALLS, ("GET", "GET /more?")]), said()) != []


class Wrong(Pipeline):
    """A compiled engine with a mistake: it executes twice, or changes the response."""

    def __init__(self, engines, *, times=1, change=bytes):
        super().__init__(engines.compiled.schema, compiler=engines.compiler)
        self._times, self._change = times, change

    async def execute(self, *operation):
        for _ in range(self._times):
            answer = await super().execute(*operation)
        return replace(answer, body=self._change(answer.body))


NAMES = '{ organization(slug: "acme") { slug status } }'
ISSUE = encode_id("Issue", "100000", "1000009")
COMMENT = (
    f'mutation {{ addIssueComment(input: {{ issue: {{ id: "{ISSUE}" }}, text: "x" }}) {{ userErrors {{ code }} }} }}'
)
SLUG, STATUS = b'"slug":"acme"', b'"status":"ACTIVE"'


@pytest.mark.parametrize(
    ("document", "mistake"),
    [
        (
            NAMES,
            {
                "change": lambda body: body.replace(
                    b'"slug":"acme","status":"ACTIVE"', b'"status":"ACTIVE","slug":"acme"'
                )
            },
        ),
        (NAMES, {"change": lambda body: body.replace(SLUG + b"," + STATUS, STATUS + b"," + SLUG)}),
        (NAMES, {"change": lambda body: body.replace(b"ACTIVE", b"PASSIVE")}),
        (NAMES, {"change": lambda body: body.replace(b'"data"', b'"errors":[],"data"')}),
        (COMMENT, {"times": 2}),
    ],
)
async def test_tests_of_the_graph_compare(asker, monkeypatch, document, mistake):
    """A compiled engine that differs from graphql-core fails the test."""
    await asker.ask(document)
    right = engines_of(asker.graph)
    wrong = Engines(Wrong(right, **mistake), right.interpreted, right.compiler)
    monkeypatch.setattr(asking, "both_engines", lambda _graph: wrong)

    with pytest.raises(AssertionError, match="The engines differ"):
        await asker.ask(document)


def test_broken_plan_is_noticed(graph):
    """Also when graphql-core executes the operation instead."""
    both = engines_of(graph)
    assert_sound(both)
    both.compiler.counters.count_execution(CountedOperation(), ExecutionOutcome.BROKEN)

    with pytest.raises(AssertionError):
        assert_sound(both)


class CountedOperation:
    """An operation that is counted under a name."""

    metric_name = "other"
