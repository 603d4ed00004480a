"""Subscriptions: each event is executed like a query, and fails alone."""

import asyncio

import pytest
from graphql import build_schema

from dexter_graphql.engine.pipeline import Pipeline
from support.engines import assert_sound, differences, engines
from support.small import BatchedField, ImmediateField, declare, subscribed, without_plans

SDL = """
  type Query { a: Int }
  type Subscription { event(n: Int = 1): Event, must: Event!, count: Int }
  type Event { n: Int, later: Int, must: Int!, item: Event, items: [Event] }
"""


async def later(value):
    """The value, asynchronously."""
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


EVENTS = [
    {"event": {"n": 1, "later": lambda _: later(2), "must": 3, "items": [{"n": 4, "must": 5}, None]}},
    {"event": {"n": "x", "later": lambda _: later(ValueError("later")), "must": None}},
    {"event": None, "must": None, "count": "7"},
    {"event": lambda _info, n: {"n": n, "item": {"n": n + 1, "must": 0}}},
    {"event": ValueError("as a value")},
    ValueError("the event itself"),
    None,
    {"event": lambda *_, **__: 1 / 0, "count": 2**40},
    7,
    {"count": lambda _: later(9), "must": {"must": 1}},
]


async def stream(_root, _info, **_arguments):
    """All events."""
    for event in EVENTS:
        await asyncio.sleep(0)
        yield event


async def broken(_root, _info, **_arguments):
    """Two events and an error."""
    for event in EVENTS[:2]:
        yield event
    raise ValueError("it broke")


async def refused(_root, _info, **_arguments):
    """Something that is no stream."""
    raise ValueError("not for you")


def no_stream(_root, _info, **_arguments):
    """An exception when the stream is created."""
    return [1]


def schema(source):
    """A schema with that source of events."""
    built = build_schema(SDL, assume_valid_sdl=True)
    for field in built.subscription_type.fields.values():
        field.subscribe = source
    return built


@pytest.mark.parametrize("kind", [None, ImmediateField, BatchedField])
@pytest.mark.parametrize("source", [stream, broken, refused, no_stream])
@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("subscription { event { n } }", None),
        ("subscription { event { n later must item { n must } items { n must } __typename } }", None),
        ("subscription ($n: Int) { e: event(n: $n) { n item { n } } }", {"n": 5}),
        ("subscription ($n: Int, $x: Boolean!) { event(n: $n) { n item @skip(if: $x) { n } } }", {"x": True}),
        ("subscription ($n: Int!) { event(n: $n) { n } }", {"n": "x"}),
        ("subscription { must { must later } }", None),
        ("subscription { count }", None),
    ],
)
async def test_items_are_those_of_graphql_core(kind, source, text, variables):
    """The same items in the same order, each with its own errors; also where a stream ends or cannot begin."""
    wanted = await outcomes(Pipeline(schema(source)), text, variables)
    declared = schema(source)
    if kind is not None:
        declare(declared, kind)
    both = engines(declared)

    result = await outcomes(both.compiled, text, variables)

    assert len(result) == len(wanted)
    for item, expected in zip(result, wanted, strict=True):
        if isinstance(item, str):
            assert item == expected
        elif not any(error.startswith("NotImmediate") for error in item.unforeseen):
            assert differences(item, expected) == []
    assert_sound(both)


async def outcomes(pipeline, text, variables):
    """The outcomes of all items, and the error that ended the stream."""
    result = []
    try:
        result += [item async for item in subscribed(pipeline, without_plans(pipeline.prepare(text)), variables)]
    except ValueError as error:
        result.append(str(error))
    return result
