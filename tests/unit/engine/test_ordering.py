"""Order of execution and of response keys."""

import asyncio

import pytest
from graphql import build_schema

from dexter_graphql.engine.pipeline import Pipeline
from support.engines import assert_agreement, assert_sound, engines
from support.small import BatchedField, ImmediateField, agreed, declare, executed, small, without_plans

SDL = """
  type Query { a: Int, b: Int, c: Int, slow: Item, quick: Item, items: [Item] }
  type Item { n: Int, slow: Item, quick: Item }
  type Mutation { add(n: Int!): State, fail(n: Int!): State, must(n: Int!): Int!, later(n: Int!): State }
  type State { total: Int, then: Int, self: State }
"""


async def after(turns, value):
    """The value, after a number of turns of the event loop."""
    for _ in range(turns):
        await asyncio.sleep(0)
    return value


def item(n, depth=2):
    """An item whose fields resolve at different times."""
    if depth == 0:
        return {"n": n}
    return {
        "n": n,
        "slow": lambda _: after(5, item(n + 1, depth - 1)),
        "quick": lambda _: after(1, item(n + 2, depth - 1)),
    }


@pytest.mark.parametrize("text", ["{ a b c }", "{ c b a }", "{ b x: a c y: b }", "{ a __typename c }"])
async def test_keys_are_in_document_order(text):
    """The order in which values resolve does not matter."""
    schema = small(SDL, a=lambda: after(5, 1), b=2, c=lambda: after(2, 3))

    result = await agreed(schema, text)

    names = text.strip("{} ").replace("x: ", "x:").replace("y: ", "y:").split()
    assert list(result.data) == [name.partition(":")[0] for name in names]


async def test_levels_finish_at_different_times():
    """Fields below a resolved field are executed while others are still pending."""
    schema = small(SDL, slow=lambda: after(9, item(1)), quick=lambda: after(1, item(5)), items=[item(7), item(8)])

    await agreed(
        schema, "{ slow { slow { n } quick { n } } quick { quick { n } slow { n } } items { slow { quick { n } } n } }"
    )


async def test_errors_of_different_times():
    """Each error has its own path."""
    schema = small(SDL, a=lambda: after(5, ValueError("a")), b=ValueError("b"), c=lambda: after(1, ValueError("c")))

    result = await agreed(schema, "{ a b c }")

    assert result.errors == [(["a"], "a"), (["b"], "b"), (["c"], "c")]


class State:
    """A number that mutations add to, and their order."""

    def __init__(self):
        self.total, self.done = 0, []

    def then(self, _info):
        self.done.append(f"read {self.total}")
        return self.total

    def self(self, _info):
        return self


def writes():
    """A schema whose mutations add to a number, and the number."""
    schema, state = build_schema(SDL, assume_valid_sdl=True), State()

    async def add(_root, _info, n):
        before = state.total
        state.done.append(f"add {n}")
        await after(3, None)
        state.total = before + n
        state.done.append(f"added {n}")
        return state

    async def later(_root, info, n):
        await after(7, None)
        return await add(None, info, n)

    def fail(_root, _info, n):
        state.done.append(f"fail {n}")
        raise ValueError(f"no {n}")

    fields = schema.mutation_type.fields
    fields["add"].resolve, fields["later"].resolve, fields["fail"].resolve = add, later, fail
    fields["must"].resolve = lambda *_, n: None if n < 0 else n
    return schema, state


@pytest.mark.parametrize("kind", [None, ImmediateField, BatchedField])
@pytest.mark.parametrize(
    "text",
    [
        "mutation { a: add(n: 1) { total then } b: add(n: 2) { total self { then } } c: later(n: 3) { total } }",
        "mutation { c: later(n: 3) { total } a: add(n: 1) { then } }",
        "mutation { a: add(n: 1) { total } b: fail(n: 2) { total } c: add(n: 3) { total then } }",
        "mutation { a: add(n: 1) { total } b: must(n: -1) c: add(n: 3) { total } }",
        "mutation { b: must(n: 4) a: add(n: 1) { total } }",
        "mutation { add(n: 1) { total } ...F } fragment F on Mutation { add(n: 1) { self { total } then } }",
        "mutation { a: add(n: 1) @skip(if: true) { total } b: add(n: 2) { total } __typename }",
        'mutation { a: add(n: "x") { total } b: add(n: 2) { total } }',
        "mutation ($n: Int!) { a: add(n: $n) { total } b: add(n: 2) { total } }",
    ],
)
async def test_mutations_are_serial(kind, text):
    """Each begins when the selection of the one before is complete, and is executed once."""
    (schema, state), (other, expected_state) = writes(), writes()
    if kind is not None:
        declare(schema, kind)
        schema.mutation_type.fields["must"].extensions.clear()
        schema.mutation_type.fields["fail"].extensions.clear()
    both = engines(schema)

    result = await executed(both.compiled, both.compiled.prepare(text), {"n": 7})
    expected = await executed(Pipeline(other), without_plans(Pipeline(other).prepare(text)), {"n": 7})

    if not any(error.startswith("NotImmediate") for error in result.unforeseen):
        assert_agreement(result, expected, kind, text)
        assert_sound(both)
        assert (state.done, state.total) == (expected_state.done, expected_state.total)
