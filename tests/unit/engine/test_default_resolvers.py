"""Fields without a resolver: keys, attributes, methods and awaitables."""

from collections import UserDict, namedtuple
from types import SimpleNamespace

import pytest
from graphql import GraphQLError

from support.small import agreed, small

SDL = """
  type Query { item: Item, other(n: Int = 1, text: String): String, echo(list: [Int], in: In): String }
  type Item { a: Int, b(n: Int): String, c: Item, class: String, keys: Int }
  input In { x: Int = 3, y: [String!] }
"""


async def later(value):
    """The value, asynchronously."""
    return value


async def failing():
    """An error, asynchronously."""
    raise ValueError("later")


class Attributes:
    """Attributes, properties and methods."""

    a = 1

    def b(self, _info, n=None):
        return f"b of {n}"

    @property
    def c(self):
        raise ValueError("no c")

    def __getattr__(self, name):
        raise AttributeError(name)


class Slots:
    """An object without `__dict__`."""

    __slots__ = ("a",)


class Methods:
    """Every field is a method, synchronous or not, and some fail."""

    async def a(self, _info):
        return 2

    async def b(self, _info, n=0):
        raise GraphQLError(f"no b of {n}", extensions={"code": "MINE"})

    def c(self, _info):
        return self


ITEMS = {
    "dict": {"a": 1, "b": "x", "class": "y", "keys": 3},
    "mapping": UserDict(a=1, b="x", keys=1),
    "namespace": SimpleNamespace(a=1, b="x", **{"class": "z"}),
    "tuple": namedtuple("Pair", "a b")(1, "x"),  # noqa: PYI024  # what people have
    "attributes": Attributes(),
    "slots": Slots(),
    "methods": Methods(),
    "functions": {"a": lambda _info: 5, "b": lambda _info, n=0: f"b {n}", "c": lambda _info: {"a": 7}},
    "failing functions": {"a": lambda _info: 1 / 0, "b": lambda: "no info", "c": lambda _info: ValueError("c")},
    "later": {"a": lambda _: later(1), "b": lambda _, n=0: later("x"), "c": lambda _: later({"a": lambda _: later(2)})},
    "failing later": {"a": lambda _: failing(), "b": lambda _, n: later(ValueError("b")), "c": lambda _: later(None)},
    "item later": lambda: later({"a": 1}),
    "item failing later": failing,
    "number": 7,
    "text": "text",
    "list": [1],
    "error": ValueError("no item"),
    "class": Attributes,
    "nothing": None,
}


@pytest.mark.parametrize("kind", ITEMS)
@pytest.mark.parametrize(
    "text", ["{ item { a } }", "{ item { a b(n: 3) c { a } class keys } }", "{ item { __typename } }"]
)
async def test_value_without_a_resolver(kind, text):
    """The member with the field's name, called with its arguments when it is callable."""
    item = ITEMS[kind]
    make = item if callable(item) and not isinstance(item, type) else lambda: item

    await agreed(small(SDL, item=make), text)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{ other }", None),
        ("{ other(n: 2) }", None),
        ("{ other(n: null, text: null) }", None),
        ("query ($n: Int) { other(n: $n) }", None),
        ("query ($n: Int) { other(n: $n) }", {}),
        ("query ($n: Int) { other(n: $n) }", {"n": None}),
        ("query ($n: Int = 9) { other(n: $n) }", {}),
        ("query ($n: Int = 9, $t: String) { a: other(n: $n, text: $t) b: other(text: $t) }", {"n": 4, "t": "x"}),
        ("query ($n: Int!) { other(n: $n) }", {}),
        ("query ($n: Int) { other(n: $n) }", {"n": "x"}),
        ("query ($n: Int) { other(n: $n) }", {"n": 2**40}),
        ("{ echo(list: [1, null], in: {y: []}) }", None),
        ('{ echo(list: 1, in: {x: null, y: "a"}) }', None),
        ("query ($i: In) { echo(in: $i) }", {"i": {"x": 1, "y": ["a"]}}),
        ("query ($i: In) { echo(in: $i) }", {"i": {"z": 1}}),
        ("query ($i: In) { echo(in: $i) }", {"i": []}),
        ("query ($l: [Int]) { echo(list: $l) }", {"l": 3}),
        ("query ($l: [Int]) { echo(list: $l) }", {"l": [1, "x"]}),
        ("query ($x: Int, $y: String!) { echo(in: {x: $x, y: [$y]}) }", {"y": "b"}),
    ],
)
async def test_arguments(text, variables):
    """Absent, null, by default and by variables; a resolver receives only given arguments."""
    schema = small(SDL, other=lambda **given: repr(given), echo=lambda **given: repr(given))

    await agreed(schema, text, variables)


async def test_fields_that_merge_are_one_field():
    """Their selections are merged in document order."""
    schema = small(SDL, item={"a": 1, "b": "x", "c": {"a": 2, "b": "y", "c": {"a": 3}}})

    result = await agreed(
        schema,
        """{ item { c { a } a } ...F item { b c { b c { a } } } }
           fragment F on Query { item { z: a c { ... on Item { x: b c { __typename } } } } }""",
    )

    assert list(result.data["item"]) == ["c", "a", "z", "b"]
    assert list(result.data["item"]["c"]) == ["a", "x", "c", "b"]
    assert list(result.data["item"]["c"]["c"]) == ["__typename", "a"]
