"""@skip and @include on fields and fragments, with literals and variables."""

from itertools import product

import pytest

from support.small import agreed, small

SDL = "type Query { a: String, b: String, item: Item } type Item { a: String, b: String, item: Item }"
ITEM = {"a": "a", "b": "b", "item": {"a": "c", "b": "d", "item": None}}


@pytest.fixture
def schema():
    """A schema of texts."""
    return small(SDL, a="a", b="b", item=ITEM)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{ a b @skip(if: true) }", ["a"]),
        ("{ a b @skip(if: false) }", ["a", "b"]),
        ("{ a b @include(if: false) }", ["a"]),
        ("{ a @include(if: true) b @skip(if: true) @include(if: true) }", ["a"]),
        ("{ b @include(if: false) @skip(if: false) a }", ["a"]),
        ("{ a @skip(if: true) b @skip(if: true) }", []),
        ("{ a ... @skip(if: true) { b } }", ["a"]),
        ("{ a ... on Query @include(if: false) { b } ... @include(if: true) { b } }", ["a", "b"]),
        ("{ a ...F @skip(if: true) ...F } fragment F on Query { b }", ["a", "b"]),
        ("{ a ...F @include(if: false) } fragment F on Query { b }", ["a"]),
        ("{ a @skip(if: true) a b a @include(if: false) }", ["a", "b"]),
        ("{ ...F ...F @skip(if: true) } fragment F on Query { a @skip(if: true) b }", ["b"]),
        ("{ __typename @skip(if: true) a }", ["a"]),
    ],
)
async def test_skipped_field_has_no_key(schema, text, names):
    """A merged field is there when one of its nodes is, in the order of the included nodes."""
    result = await agreed(schema, text)

    assert list(result.data) == names


FLAGS = """query ($x: Boolean!, $y: Boolean = true) {
  a @include(if: $x) b @skip(if: $y) item @include(if: $y) { a @skip(if: $x) ...F @include(if: $x) item { ...F } }
  item { ... @skip(if: $y) { item { b } } again: b }
} fragment F on Item { b @skip(if: $y) item @include(if: $x) { a } }"""


@pytest.mark.parametrize("variables", [{"x": x, "y": y} for x, y in product([True, False], repeat=2)])
async def test_conditions_by_variables(schema, variables):
    """Each outcome selects something else."""
    await agreed(schema, FLAGS, variables)


@pytest.mark.parametrize(
    "variables", [None, {}, {"x": None}, {"x": "true"}, {"x": 1}, {"x": True, "y": None}, {"x": False}]
)
async def test_missing_and_invalid_conditions(schema, variables):
    """Missing values are the default or an error."""
    await agreed(schema, FLAGS, variables)


@pytest.mark.parametrize("variables", [{"y": None}, {"y": False}, {}])
@pytest.mark.parametrize(
    "text",
    [
        "query ($y: Boolean = true) { a @skip(if: $y) b }",
        "query ($y: Boolean = true) { a item { a @skip(if: $y) b } }",
        "query ($y: Boolean = true) { a item { a item { ... @include(if: $y) { b } } } }",
    ],
)
async def test_null_condition(schema, text, variables):
    """A variable with a default may be given null, which no condition accepts."""
    await agreed(schema, text, variables)
