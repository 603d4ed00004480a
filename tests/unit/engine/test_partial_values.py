"""Values with the errors of parts that they lack: the value stands, and its errors are at the path of its field."""

import asyncio

import pytest

from dexter_graphql.engine.failures import PartialValue
from support.small import agreed, small

SDL = """
  type Query { top: Level, tops: [Level] }
  type Level { names: [String], namesMust: [String!]!, text: String!, nothing: Int, level: Level, levels: [Level!]!
    later: [String], bad: Int! }
"""
ERRORS = [ValueError("first"), ValueError("second")]


class Level:
    """An object whose members are partial."""

    names = PartialValue(["a"], ERRORS)
    namesMust = PartialValue([], ERRORS[:1])  # noqa: N815  # the name of a field
    text = PartialValue("t", ERRORS[:1])
    nothing = PartialValue(None, ERRORS[:1])
    bad = None

    @property
    def level(self):
        return PartialValue(Level(), ERRORS[:1])

    @property
    def levels(self):
        return PartialValue([Level(), Level()], ERRORS[:1])

    async def later(self, _info):
        await asyncio.sleep(0)
        return PartialValue(["b"], ERRORS[:1])


@pytest.fixture
def schema():
    """A schema over partial values."""
    return small(SDL, top=Level, tops=lambda: PartialValue([Level(), Level()], ERRORS[:1]))


@pytest.mark.parametrize(
    ("field", "value", "messages"),
    [
        ("names", ["a"], ["first", "second"]),
        ("namesMust", [], ["first"]),
        ("text", "t", ["first"]),
        ("nothing", None, ["first"]),
        ("later", ["b"], ["first"]),
    ],
)
async def test_value_stands_beside_its_errors(schema, field, value, messages):
    """Each error is at the path of the field."""
    result = await agreed(schema, f"{{ top {{ {field} }} }}")

    assert result.data == {"top": {field: value}}
    assert result.errors == [(["top", field], message) for message in messages]


async def test_objects_in_partial_values_are_completed(schema):
    """Objects and lists of objects are completed as usual, with the errors of what is below them."""
    result = await agreed(schema, "{ top { level { text } } tops { levels { nothing } } }")

    levels = {"levels": [{"nothing": None}, {"nothing": None}]}
    assert result.data == {"top": {"level": {"text": "t"}}, "tops": [levels, levels]}
    lists = [["tops", index, "levels"] for index in range(2)]
    paths = [["top", "level"], ["top", "level", "text"], ["tops"], *lists]
    paths += [[*path, index, "nothing"] for path in lists for index in range(2)]
    assert sorted(map(str, (path for path, _ in result.errors))) == sorted(map(str, paths))


async def test_errors_below_null_are_not_required(schema):
    """An object that fails for another reason is null with that reason, on every engine."""
    result = await agreed(schema, "{ top { text bad } }")

    assert result.data == {"top": None}
    assert (["top", "bad"], "Cannot return null for non-nullable field Level.bad.") in result.errors
