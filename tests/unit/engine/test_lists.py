"""Lists with nullable and non-null items: which values are null, and which are errors."""

import pytest

from support.small import agreed, small

KINDS = ["[Int]", "[Int]!", "[Int!]", "[Int!]!"]


def raises():
    """A resolver that fails."""
    raise ValueError("no list")


async def later(value):
    """The value, asynchronously."""
    return value


async def fails():
    """An item that fails asynchronously."""
    raise ValueError("no item")


async def one_by_one(*values):
    """An asynchronous iterable."""
    for value in values:
        yield value


def completed(kind, items):
    """The list and the number of errors, from the rules of the specification; an item that is an exception fails."""
    are_bad = [isinstance(item, Exception) for item in items]
    are_null = [bad or item is None for bad, item in zip(are_bad, items, strict=True)]
    if "Int!" not in kind:
        return [None if null else item for null, item in zip(are_null, items, strict=True)], sum(are_bad)
    return (None, 1) if any(are_null) else (items, 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("items", [[], [1, 2], [1, None, 2], [None], [1, ValueError("x"), 2], [ValueError("x"), None]])
@pytest.mark.parametrize("make", [lambda items: items, tuple, iter, later])
async def test_null_and_failed_items(kind, items, make):
    """A failed non-null item nulls its list, and a non-null list nulls its parent."""
    result = await agreed(small(f"type Query {{ a: {kind}, b: Int }}", a=lambda: make(items), b=1), "{ a b }")

    expected, errors = completed(kind, items)
    is_lost = expected is None and kind.endswith("!")
    assert (result.data, len(result.errors)) == (None if is_lost else {"a": expected, "b": 1}, errors)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [lambda: None, raises, lambda: ValueError("as a value"), lambda: later(None), fails])
async def test_missing_list(kind, value):
    """Null or an error instead of a list."""
    result = await agreed(small(f"type Query {{ a: {kind}, b: Int }}", a=value, b=1), "{ a b }")

    assert result.data == (None if kind.endswith("!") else {"a": None, "b": 1})


@pytest.mark.parametrize("kind", KINDS)
async def test_awaitable_items(kind):
    """Each item may resolve or fail later."""
    schema = small(f"type Query {{ a: {kind} }}", a=lambda: [later(1), 2, later(None)])
    failing = small(f"type Query {{ a: {kind} }}", a=lambda: [later(1), fails(), 3])

    result, failed = await agreed(schema, "{ a }"), await agreed(failing, "{ a }")

    assert result.data in ({"a": [1, 2, None]}, {"a": None}, None)
    assert [path for path, _ in failed.errors] == [["a", 1]]


@pytest.mark.parametrize("make", [set, frozenset, dict.fromkeys, lambda items: (n for n in items), range])
async def test_iterables_are_lists(make):
    """Sets, keys, generators and ranges."""
    items = 3 if make is range else [0, 1, 2]

    result = await agreed(small("type Query { a: [Int!]! }", a=lambda: make(items)), "{ a }")

    assert result.data == {"a": [0, 1, 2]} or result.errors


async def test_asynchronous_iterables_are_lists():
    """They are read to their end, also when items fail."""
    schema = small(
        "type Query { a: [Int], b: [Int!], c: [Item] } type Item { n: Int! }",
        a=lambda: one_by_one(1, None, 3),
        b=lambda: one_by_one(1, None),
        c=lambda: one_by_one({"n": 1}, {"n": None}, {"n": 3}),
    )

    result = await agreed(schema, "{ a b c { n } }")

    assert result.data == {"a": [1, None, 3], "b": None, "c": [{"n": 1}, None, {"n": 3}]}


@pytest.mark.parametrize("value", ["text", b"bytes", 7, 1.5, True, object()])
async def test_other_values_are_errors(value):
    """Text is iterable and is no list."""
    result = await agreed(
        small("type Query { a: [String], b: [Item] } type Item { n: Int }", a=value, b=value), "{ a b { n } }"
    )

    assert result.data == {"a": None, "b": None}
    assert len(result.errors) == 2


@pytest.mark.parametrize(
    "rows", [[[1], None, [2, 3]], [[1, None], [2]], [[], [[]]], [[1], 7], [(4,), [ValueError("x")]], None]
)
@pytest.mark.parametrize("kind", ["[[Int]]", "[[Int!]]", "[[Int!]!]", "[[Int]!]!"])
async def test_lists_of_lists(kind, rows):
    """Nulls are propagated on each level."""
    await agreed(small(f"type Query {{ a: {kind} }}", a=lambda: rows), "{ a }")


@pytest.mark.parametrize(
    "rows", [[], [{"n": 1}], [None, {"n": 2}], [{"n": None}, {"n": 1}], [{}, 7, {"n": ValueError("x")}], ({"n": 3},)]
)
@pytest.mark.parametrize("kind", ["[Item]", "[Item!]", "[Item]!", "[[Item!]]"])
@pytest.mark.parametrize("leaf", ["Int", "Int!"])
async def test_lists_of_objects(kind, leaf, rows):
    """A failed non-null leaf nulls its object, and a non-null object nulls its list."""
    value = [rows, None, rows] if kind.startswith("[[") else rows

    await agreed(
        small(f"type Query {{ a: {kind} }} type Item {{ n: {leaf}, m: Int, again: [Item] }}", a=lambda: value),
        "{ a { n again { n } m } b: a { __typename } }",
    )
