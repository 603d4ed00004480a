"""Errors: paths through aliases, lists and fragments, locations in the document, and extensions."""

import pytest
from graphql import GraphQLError
from graphql.language import Source

from support.small import agreed, small

SDL = """
  type Query { item: Item, items: [Item], grid: [[Item]], echo(n: Int!): Int, must: Must }
  type Item { ok: Int, fails: Int, later: Int, item: Item, items: [Item] }
  type Must { item: Item! }
"""


class Item:
    """An item with failing fields."""

    ok = 1

    def __init__(self, depth=2):
        self._depth = depth

    def fails(self, _info):
        raise ValueError(f"at {self._depth}")

    async def later(self, _info):
        raise LookupError(f"later at {self._depth}")

    @property
    def item(self):
        return Item(self._depth - 1) if self._depth else None

    @property
    def items(self):
        return [self.item, None, self.item]


@pytest.fixture
def schema():
    """A schema over such items."""
    return small(
        SDL,
        item=Item,
        items=lambda: [Item(), Item(1)],
        grid=lambda: [[Item()], None, [None, Item(0)]],
        echo=lambda n: n,
        must=lambda: {"item": None},
    )


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("{ item { fails } }", [["item", "fails"]]),
        ("{ x: item { y: fails ok } }", [["x", "y"]]),
        ("{ x: item { y: later z: fails } }", [["x", "y"], ["x", "z"]]),
        ("{ a: items { b: fails } }", [["a", 0, "b"], ["a", 1, "b"]]),
        ("{ grid { fails } }", [["grid", 0, 0, "fails"], ["grid", 2, 1, "fails"]]),
        ("{ item { s: items { t: item { u: later } } } }", [["item", "s", 0, "t", "u"], ["item", "s", 2, "t", "u"]]),
        ("{ ...F } fragment F on Query { item { ...G } } fragment G on Item { g: fails }", [["item", "g"]]),
        ("{ item { fails } x: item { fails ... { fails } } }", [["item", "fails"], ["x", "fails"]]),
        ("{ must { item { ok } } }", [["must", "item"]]),
    ],
)
async def test_path_has_response_keys_and_indices(schema, text, paths):
    """Paths have aliases; a merged field fails once."""
    result = await agreed(schema, text)

    assert [path for path, _ in result.errors] == sorted(paths, key=repr)


@pytest.mark.parametrize(
    "text",
    [
        "{ item { fails ... { fails } ...F } item { fails } } fragment F on Item { fails }",
        "{\n  item {\n    later\n  }\n  ...F\n}\nfragment F on Query {\n  item { later }\n}",
        "{ must { item { ok } } must { item { fails } } }",
        "query ($n: Int!) { echo(n: $n) item { x: fails } }",
        '{ echo(n: "x") item { fails } }',
        "{ echo item { fails } }",
    ],
)
async def test_locations_are_all_nodes_of_the_field(schema, text):
    """Each node of a merged field is a location."""
    await agreed(schema, text)


ERRORS = {
    "plain": ValueError("plain"),
    "empty": ValueError(),
    "several": ValueError("one", 2),
    "key": KeyError("key"),
    "long": RuntimeError("long" * 1000),
    "with extensions": GraphQLError("coded", extensions={"code": "MINE", "list": [1, {"a": None}]}),
    "with a path": GraphQLError("elsewhere", path=["else", 1, "where"]),
    "with places": GraphQLError("placed", source=Source("{ other }"), positions=[2]),
    "around another": GraphQLError("outer", original_error=LookupError("inner")),
    "assertion": AssertionError("not so"),
    "stop": StopAsyncIteration("stop"),
    "timeout": TimeoutError(),
    "odd text": ValueError("\ud800\x00\N{SNOWMAN}"),
}


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("is_raised", [True, False])
@pytest.mark.parametrize("is_later", [True, False])
async def test_attributes_of_the_error_are_kept(kind, is_raised, is_later):
    """Raised or returned, now or later: its message, extensions, path and locations."""

    def now(_info=None):
        if is_raised:
            raise ERRORS[kind]
        return ERRORS[kind]

    async def later(_info=None):
        return now()

    make = later if is_later else now
    schema = small(SDL, item=lambda: {"fails": make, "ok": 1, "item": make}, items=lambda: [{"fails": make}], grid=make)

    await agreed(schema, "{ item { fails ok item { ok } } x: items { y: fails } grid { ok } }")
