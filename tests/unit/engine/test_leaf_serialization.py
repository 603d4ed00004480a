"""Serialisation of every kind of value by every leaf type: in fields, in lists, nullable and not."""

import math
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction

import msgspec
import pytest
from graphql import GraphQLError

from support.small import agreed, small

FORMS = ["is", "must", "list"]
SCALARS = ["Int", "Float", "String", "Boolean", "ID", "Color", "Odd"]


class Whole(int):
    """A subclass of int."""


class Text(str):
    """A subclass of str."""

    __slots__ = ()


class Real(float):
    """A subclass of float."""


class Number(IntEnum):
    """An enum of numbers."""

    ONE = 1


class Word(StrEnum):
    """An enum of words."""

    RED = "RED"


class Color(Enum):
    """An enum of mixed values."""

    RED = 1


class Said:
    """An object with `__str__`."""

    def __str__(self):
        return "said"


class Unsaid:
    """An object without `__str__`."""

    def __str__(self):
        raise ValueError("no text")


VALUES = [
    *(0, 1, -1, True, False, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**53, 2**53 + 1, 2**63, 2**64, 10**30),
    *(0.0, -0.0, 1.0, 1.5, 0.1, 1e20, 1e300, -1e-300, 2.0**31, math.nan, math.inf, -math.inf),
    *("", "1", "1.0", "a", "RED", "GREEN", "NaN", "\N{SNOWMAN}", "\x00", "\ud800", "a" * 5000, "-0", " 1 ", "true"),
    *(b"", b"bytes", bytearray(b"x"), memoryview(b"x"), None, [], [1], (), {}, {"a": 1}, {1}, range(2)),
    *(Whole(3), Whole(2**40), Text("t"), Text("RED"), Real(1.5), Real(math.nan), Number.ONE, Word.RED, Color.RED),
    *(Decimal(1), Decimal("1.5"), Decimal("NaN"), Fraction(1, 2), Fraction(4, 2), 1j, datetime(2026, 1, 1, tzinfo=UTC)),
    *(
        Said(),
        Unsaid(),
        ValueError("as a value"),
        GraphQLError("of its own"),
        msgspec.Raw(b"1"),
        msgspec.UNSET,
    ),
]


USUAL = [
    0,
    True,
    2**31 - 1,
    2**31,
    -(2**31) - 1,
    2**64,
    -0.0,
    1.5,
    1e300,
    math.nan,
    "",
    "RED",
    "1",
    "\N{SNOWMAN}",
    "\ud800",
]
"""Values that a scalar may take as they are."""


def odd(scalar):
    """A scalar that accepts some values, converts some, and refuses others."""

    def serialize(value):
        if isinstance(value, str):
            raise GraphQLError(f"no text: {value[:3]}", extensions={"code": "ODD"})
        if isinstance(value, float):
            raise ValueError("no float")  # noqa: TRY004  # any exception is a refusal
        return None if isinstance(value, bytes) else value if isinstance(value, (int, list, dict)) else str(value)

    scalar.coerce_output_value = serialize


SDL = f"""
  scalar Odd
  enum Color {{ RED GREEN }}
  type Query {{ item: Item, items: [Item] }}
  type Item {{ {" ".join(f"is{kind}: {kind}, must{kind}: {kind}!, list{kind}: [{kind}]" for kind in SCALARS)} }}
"""


def item(value, kinds=SCALARS):
    """An object whose leaves all have that value."""
    return {f"{form}{kind}": [value, None] if form == "list" else value for form in FORMS for kind in kinds}


@pytest.fixture(scope="module")
def objects():
    """The current values of the schema."""
    return []


@pytest.fixture(scope="module")
def schema(objects):
    """A schema over those objects."""
    return small(SDL, types={"Odd": odd}, item=lambda: objects[0], items=lambda: objects)


@pytest.mark.parametrize("kind", SCALARS)
async def test_leaves_are_serialized_or_refused(schema, objects, kind):
    """As by graphql-core, with its messages: numbers at their limits, texts, subclasses and other objects."""
    objects[:] = [{}, *map(item, VALUES), None]

    await agreed(schema, f"{{ items {{ is{kind} list{kind} }} strict: items {{ is{kind} must{kind} }} }}")


@pytest.mark.parametrize("value", USUAL, ids=repr)
async def test_columns_of_equal_values(schema, objects, value):
    """A column of one value takes the fast path or the slow one."""
    objects[:] = [item(value)]

    await agreed(schema, f"{{ items {{ {' '.join(f'is{kind} list{kind}' for kind in SCALARS)} }} }}")


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("Int", True, 1),
        ("Int", 1.0, 1),
        ("Int", "1", 1),
        ("Int", 2**31, None),
        ("Int", 1.5, None),
        ("Float", True, 1.0),
        ("Float", 1, 1.0),
        ("Float", math.nan, None),
        ("String", 1, "1"),
        ("String", True, "true"),
        ("String", 1.5, "1.5"),
        ("String", {}, None),
        ("Boolean", 1, True),
        ("Boolean", 0.0, False),
        ("Boolean", "true", None),
        ("ID", 1, "1"),
        ("ID", 1.5, None),
        ("Color", "RED", "RED"),
        ("Color", "BLUE", None),
        ("Odd", b"", None),
    ],
)
async def test_leaf_is_this(schema, objects, kind, value, written):
    """The rules of the specification by example; an invalid value is null with an error."""
    objects[:] = [item(value)]

    result = await agreed(schema, f"{{ item {{ is{kind} }} }}")

    assert result.data == {"item": {f"is{kind}": written}}
    assert len(result.errors) == (written is None)


@pytest.mark.parametrize(
    "values", [[1, "2", True], ["1", 1.5], [1, None, "x"], [2**31, 1, "a", 2**31], [True, 1, 0], [Whole(1), 2]]
)
@pytest.mark.parametrize("kind", SCALARS)
async def test_columns_of_many_kinds(schema, objects, kind, values):
    """An invalid value does not affect its neighbours."""
    objects[:] = [item(value, [kind]) for value in values]

    await agreed(schema, f"{{ items {{ is{kind} }} both: items {{ is{kind} must{kind} }} }}")
