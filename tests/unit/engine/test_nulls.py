"""Null propagation from non-null fields: for a null, a raised error and a returned error, now and later."""

import asyncio

import pytest

from support.small import agreed, small

SDL = """
  type Query { top: Level, must: Level! }
  type Level { ok: Int, now: Int, nowMust: Int!, later: Int, laterMust: Int!
    below: Level, belowMust: Level!, levels: [Level], levelsMust: [Level!]!, belowLater: Level, belowLaterMust: Level! }
"""
LEAVES = ["now", "nowMust", "later", "laterMust"]
NESTS = ["below", "belowMust", "levels", "levelsMust", "belowLater", "belowLaterMust"]


class Level:
    """An object whose leaves all fail in one way, as do those of its nested objects."""

    def __init__(self, fail):
        self._fail = fail
        self.ok = 1

    def now(self, _info):
        return self._fail()

    nowMust = now  # noqa: N815  # the name of a field

    async def later(self, _info):
        await asyncio.sleep(0)
        return self._fail()

    laterMust = later  # noqa: N815  # as above

    @property
    def below(self):
        return self

    belowMust = below  # noqa: N815  # as above

    @property
    def levels(self):
        return [self, None, self]

    @property
    def levelsMust(self):  # noqa: N802  # as above
        return [self, self]

    async def belowLater(self, _info):  # noqa: N802  # as above
        await asyncio.sleep(0)
        return self

    belowLaterMust = belowLater  # noqa: N815  # as above


def null():
    """A null."""


def raised():
    """An error."""
    raise ValueError("raised")


def given():
    """An error as a value."""
    return ValueError("given")


@pytest.fixture(params=[null, raised, given])
def schema(request):
    """A schema over levels that fail."""
    return small(SDL, top=lambda: Level(request.param), must=lambda: Level(request.param))


@pytest.mark.parametrize("leaf", LEAVES)
async def test_null_is_propagated_to_the_nullable_field(schema, leaf):
    """A leaf on one level, below each kind of nested field."""
    await agreed(schema, f"{{ {' '.join(f'{nest}: top {{ ok {nest} {{ ok {leaf} }} }}' for nest in NESTS)} }}")


@pytest.mark.parametrize("outer", NESTS)
async def test_null_is_propagated_through_two_levels(schema, outer):
    """Through every kind of nested field, beside a field that succeeds."""
    tops = " ".join(f"{nest}: top {{ ok {outer} {{ ok {nest} {{ nowMust ok }} }} }}" for nest in NESTS)

    result = await agreed(schema, f"{{ {tops} must {{ ok }} }}")

    assert result.data["must"] == {"ok": 1}
    assert all("nowMust" in path for path, _ in result.errors)


@pytest.mark.parametrize("leaf", ["nowMust", "laterMust"])
async def test_null_is_propagated_to_the_root(schema, leaf):
    """`data` is null."""
    result = await agreed(schema, f"{{ top {{ ok }} must {{ belowMust {{ belowMust {{ {leaf} }} }} }} }}")

    assert result.data is None


@pytest.mark.parametrize("pair", ["now later", "later now", "nowMust now", "later laterMust", "nowMust laterMust"])
async def test_two_failures_on_one_level(schema, pair):
    """A nullable and a non-null field fail together."""
    await agreed(schema, f"{{ top {{ {pair} ok below {{ {pair} }} }} }}")


async def test_failures_side_by_side_in_many_levels(schema):
    """Each null is at its own path."""
    nested = " ".join(
        f"{nest} {{ ok now later }} {nest}2: {nest} {{ nowMust }}" for nest in NESTS if "Must" not in nest
    )

    result = await agreed(schema, f"{{ top {{ ok {nested} {' '.join(LEAVES[:1])} }} }}")

    assert result.data["top"]["below2"] is None
    assert result.data["top"]["levels2"] == [None, None, None]
