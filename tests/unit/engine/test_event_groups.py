"""Groups of events: which are executed together, and what becomes of an event that is being awaited."""

import asyncio
from contextlib import aclosing

import pytest

from dexter_graphql.engine.event_groups import MAX_EVENTS, event_groups


class Failure(Exception):
    """What a source raises."""


async def numbers(count, *, then=None):
    """Numbers, all there at once, and then an exception."""
    for number in range(count):
        yield number
    if then is not None:
        raise then


async def all_groups(events, *, is_grouped=True):
    """All groups of these events."""
    return [group async for group in event_groups(events, lambda: is_grouped)]


async def test_events_that_are_there_are_one_group():
    """Up to the size of a group."""
    assert await all_groups(numbers(3)) == [[0, 1, 2]]
    assert [len(group) for group in await all_groups(numbers(MAX_EVENTS + 1))] == [MAX_EVENTS, 1]


async def test_events_are_single_where_a_group_saves_nothing():
    """None of them is waited for."""
    assert await all_groups(numbers(3), is_grouped=False) == [[0], [1], [2]]


async def test_group_does_not_wait_for_an_event_that_does_not_come():
    """The events that are there are answered after the window; the next event begins the next group."""
    more = asyncio.Event()

    async def events():
        yield 0
        yield 1
        await more.wait()
        yield 2

    async with aclosing(event_groups(events(), lambda: True)) as groups:
        first = await anext(groups)
        more.set()
        second = await anext(groups)

    assert (first, second) == ([0, 1], [2])


async def test_exception_follows_the_events_before_it():
    """A source that fails loses none of its events."""
    groups = event_groups(numbers(2, then=Failure()), lambda: True)

    assert await anext(groups) == [0, 1]
    with pytest.raises(Failure):
        await anext(groups)


async def test_closing_ends_the_source():
    """Also while the next event is being awaited."""
    ended = []

    async def events():
        try:
            yield 0
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    groups = event_groups(events(), lambda: True)
    await anext(groups)
    await groups.aclose()

    assert ended == [True]
