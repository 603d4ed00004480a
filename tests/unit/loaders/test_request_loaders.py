"""Loaders of one request: which keys are loaded together, and that none is loaded twice."""

import asyncio
from datetime import UTC, datetime

import pytest

from dexter_graphql.loaders.base import bulk
from dexter_graphql.loaders.request_loaders import RequestLoaders
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.errors import InvalidValue, Unavailable
from support.upstream import raised

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SELECTION, OTHER_SELECTION = object(), object()


class Recorded:
    """A loader that answers each key with itself in capitals, and records the keys of its batches."""

    def __init__(self, *, is_shared=False, answer=str.upper):
        self.batches = []
        self._answer = answer
        self.loader = bulk(target="Thing", uses=(), is_shared=is_shared)(self._load)

    async def _load(self, keys, _load_context):
        self.batches.append(list(keys))
        await asyncio.sleep(0)
        return {key: self._answer(key) for key in keys if key != "missing"}


class TurnClock:
    """Counts the turns of the event loop."""

    def __enter__(self):
        self.turn = 0
        self._loop = asyncio.get_running_loop()
        self._handle = self._loop.call_soon(self._tick)
        return self

    def __exit__(self, *_error):
        self._handle.cancel()

    def _tick(self):
        self.turn += 1
        self._handle = self._loop.call_soon(self._tick)


@pytest.fixture
def loaders():
    """The loaders of a request; the loaders of these tests use none of the services."""
    call_context = CallContext(Upstream("test", "token"), NOW.timestamp(), CallBudget(1))
    return RequestLoaders(None, None, call_context, None, now=NOW)


async def test_level_is_one_batch_without_repetition(loaders):
    """Each key of a level is loaded once; what stands in the place of a key is its own result."""
    recorded, invalid = Recorded(), InvalidValue("no id")

    results = await loaders.load_level(recorded.loader, ["a", None, "missing", invalid, "a", "b"], None, SELECTION)

    assert results == ["A", None, None, invalid, "A", "B"]
    assert recorded.batches == [["a", "missing", "b"]]


async def test_levels_share_the_keys_of_one_field(loaders):
    """A key that another level of the field has loaded, or is loading, is not loaded again; other fields load it."""
    recorded = Recorded()

    results = await asyncio.gather(
        loaders.load_level(recorded.loader, ["a", "b"], None, SELECTION),
        loaders.load_level(recorded.loader, ["b", "c"], None, SELECTION),
    )
    again = await loaders.load_level(recorded.loader, ["c", "a"], None, SELECTION)
    await loaders.load_level(recorded.loader, ["a"], None, OTHER_SELECTION)
    await loaders.load_level(recorded.loader, ["a"], "options", SELECTION)

    assert (results, again) == ([["A", "B"], ["B", "C"]], ["C", "A"])
    assert recorded.batches == [["a", "b"], ["c"], ["a"], ["a"]]


async def test_rows_and_levels_share_keys(loaders):
    """What graphql-core asks for row by row is not loaded again for a level, nor the other way round."""
    recorded = Recorded()
    arguments = (recorded.loader, ["a"], None, SELECTION)
    later = Recorded()
    await loaders.load_level(*arguments)
    await loaders.load_all(later.loader, ["a"], None, SELECTION)

    assert await loaders.load_all(*arguments) == ["A"]
    assert await loaders.load_level(later.loader, ["a"], None, SELECTION) == ["A"]
    assert (recorded.batches, later.batches) == ([["a"]], [["a"]])


async def test_shared_loader_gathers_levels(loaders):
    """Levels of several fields that use a shared loader at the same time are one batch."""
    recorded = Recorded(is_shared=True)

    await asyncio.gather(
        loaders.load_level(recorded.loader, ["a"], None, SELECTION),
        loaders.load_level(recorded.loader, ["b"], None, OTHER_SELECTION),
    )

    assert recorded.batches == [["a", "b"]]


async def test_failed_level_fails_each_key(loaders):
    """An exception of the loader is the result of all keys, also for the level that waits for them."""
    error = Unavailable("down")
    recorded = Recorded(answer=lambda _key: raised(error))

    results = await asyncio.gather(
        loaders.load_level(recorded.loader, ["a", "b"], None, SELECTION),
        loaders.load_level(recorded.loader, ["b"], None, SELECTION),
    )

    assert results == [[error, error], [error]]
    assert error.__traceback__ is None


async def test_written_keys_are_loaded_again(loaders):
    """After a write, levels load their keys again."""
    recorded = Recorded()
    arguments = (recorded.loader, ["a"], None, SELECTION)
    await loaders.load_level(*arguments)
    loaders.clear()
    await loaders.load_level(*arguments)

    assert recorded.batches == [["a"], ["a"]]


@pytest.mark.parametrize("calls", [0, 1])
async def test_level_keeps_the_time_of_a_batch(loaders, calls):
    """A loader is called in the same turn of the event loop for a level as for rows; what it has, comes then, too."""
    turns = []

    async def load(keys, load_context):
        turns.append(clock.turn)
        load_context.call_context.stats.upstream_calls += calls
        return {key: key for key in keys}

    async def measure(load_keys):
        turns.clear()
        started = clock.turn
        await load_keys(bulk(target="Thing", uses=(), is_shared=False)(load), ["a"], None, SELECTION)
        return [turn - started for turn in (*turns, clock.turn)]

    with TurnClock() as clock:
        (called, answered), level = await measure(loaders.load_all), await measure(loaders.load_level)

    assert level == [called, called if calls else answered]
