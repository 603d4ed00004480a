"""Live queries: when an answer is computed again, and which answers are sent."""

import asyncio
from contextlib import aclosing
from functools import partial
from types import SimpleNamespace

import msgspec
import pytest

from dexter_graphql.engine.pipeline import ExecutionAnswer
from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.tag_watches import TagWatches
from dexter_graphql.server.executor import Refreshed
from dexter_graphql.server.live.live_pace import LivePace
from dexter_graphql.server.live.live_queries import LiveQuery, LiveServices, has_passing_error
from support.command import PATIENCE_S
from support.upstream import MovedClock

DONE = "done"


class Question:
    """A live query whose next answers are given: each is (body, calls) or an ExecutionAnswer."""

    def __init__(self, *answers, rate_limit=None):
        self.clock = MovedClock()
        self.tag_versions = TagVersions(self.clock)
        self.watches = TagWatches(self.tag_versions)
        self.began = []
        self.while_computing = []
        self._answers = list(answers)
        pace = LivePace(self.clock, 0.1, lambda _key: rate_limit)
        caller, upstream = SimpleNamespace(subject="a"), SimpleNamespace(key="alice")
        execution = SimpleNamespace(identity=SimpleNamespace(caller=caller, upstream=upstream))
        self._query = LiveQuery(
            execution, "key", LiveServices(self._refresh, self.watches, pace, partial(asyncio.sleep, 0), self.clock)
        )

    async def _refresh(self, _execution, _callers):
        self.began.append(self.clock.monotonic())
        await asyncio.sleep(0)
        if self.while_computing:
            self.tag_versions.invalidate(self.while_computing.pop(0))
        answer, calls = self._answers.pop(0)
        return Refreshed(answer if isinstance(answer, ExecutionAnswer) else answer_of(answer), frozenset("ab"), calls)

    def follow(self):
        return aclosing(self._query.answers(None, list))

    async def settle(self):
        """Let everything happen that needs no further invalidation."""
        for _ in range(50):
            await asyncio.sleep(0)

    def touch(self, *tags):
        self.tag_versions.invalidate(tags or ["a"])


def answer_of(text):
    return ExecutionAnswer(msgspec.json.encode({"data": text}))


def failed(*, retryable):
    """An answer with an error."""
    error = {"message": "…", "extensions": {"code": "UPSTREAM_UNAVAILABLE", "retryable": retryable}}
    body = msgspec.json.encode({"errors": [error], "data": None})
    return ExecutionAnswer(body, codes=("UPSTREAM_UNAVAILABLE",))


async def take(answers, count, touch=lambda: None):
    """The data of the next answers; `touch` is called before all but the first."""
    texts = []
    for number in range(count):
        if number:
            touch()
        answer = await asyncio.wait_for(anext(answers), PATIENCE_S)
        texts.append(msgspec.json.decode(answer.answer.body)["data"])
    return texts


async def test_answer_comes_again_when_it_was_touched():
    """The first answer at once, the next ones after invalidations of its tags."""
    question = Question(("one", 1), ("two", 1), ("three", 1))

    async with question.follow() as answers:
        texts = await take(answers, 3, question.touch)

    assert texts == ["one", "two", "three"]


@pytest.mark.parametrize("count", [1, 5])
async def test_refreshes_begin_a_second_apart(count):
    """However often the answer is touched."""
    question = Question(("one", 1), ("two", 1), ("three", 1))

    async with question.follow() as answers:
        await take(answers, 3, lambda: [question.touch() for _ in range(count)])

    assert [later - earlier for earlier, later in zip(question.began, question.began[1:], strict=False)] == [1.0, 1.0]


async def test_equal_answer_is_not_sent():
    """A refresh that brought nothing new is silent; it is looked for once more when the search index has caught up."""
    question = Question(("one", 1), ("one", 1), ("two", 1))

    async with question.follow() as answers:
        texts = await take(answers, 2, question.touch)

    assert (texts, question.began) == (["one", "two"], [0.0, 1.0, pytest.approx(5.0)])


@pytest.mark.parametrize(("calls", "refreshes"), [(1, 2), (2, 3)])
async def test_second_look(calls, refreshes):
    """One call that shows the change has seen it. Of several calls, others may show the state before it."""
    question = Question(("one", calls), ("two", calls), ("two", calls))

    async with question.follow() as answers:
        await take(answers, 2, question.touch)
        waiting = asyncio.ensure_future(anext(answers))
        await question.settle()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    assert len(question.began) == refreshes


async def test_change_while_computing_is_not_lost():
    """An invalidation while the answer is computed leads to another one, as the answer may be from before it."""
    question = Question(("one", 1), ("two", 1))
    question.while_computing.append(["b"])

    async with question.follow() as answers:
        texts = await take(answers, 2)

    assert texts == ["one", "two"]


async def test_pace_stretches():
    """With four calls a refresh, and one call a second for all, refreshes begin four seconds apart."""
    question = Question(("one", 4), ("two", 4), ("three", 4), ("four", 4), rate_limit=10.0)

    async with question.follow() as answers:
        await take(answers, 4, question.touch)

    assert question.began[-1] - question.began[-2] == pytest.approx(4.0)


async def test_passing_failure_keeps_the_answer():
    """While Sentry fails, the last answer stands, and it is tried again without being touched."""
    question = Question(("one", 1), (failed(retryable=True), 1), ("two", 1))

    async with question.follow() as answers:
        texts = await take(answers, 2, question.touch)

    assert (texts, question.began) == (["one", "two"], [0.0, 1.0, 11.0])


async def test_first_failure_is_sent():
    """Who has no answer yet sees why."""
    question = Question((failed(retryable=True), 1), ("one", 1))

    async with question.follow() as answers:
        texts = await take(answers, 2)

    assert texts == [None, "one"]


async def test_lasting_failure_is_sent():
    """A failure that will not pass by itself is news, and the query goes on."""
    question = Question(("one", 1), (failed(retryable=False), 1), ("two", 1))

    async with question.follow() as answers:
        texts = await take(answers, 3, question.touch)

    assert texts == ["one", None, "two"]


async def test_refused_operation_ends():
    """Nothing was executed, so nothing can change it."""
    refusal = ExecutionAnswer(b'{"errors":[{"message":"too much"}]}', is_request_error=True, codes=("X",))
    question = Question((refusal, 0))

    async with question.follow() as answers:
        collected = [streamed.answer async for streamed in answers]

    assert (collected, len(question.watches)) == ([refusal], 0)


async def test_ended_query_leaves_no_watch():
    """When the last watcher leaves, nothing waits for invalidations."""
    question = Question(("one", 1))

    async with question.follow() as answers:
        await take(answers, 1)

    assert len(question.watches) == 0


@pytest.mark.parametrize("body", [b"", b"[]", b'{"errors": [1]}', b'{"errors": [{"extensions": {}}]}'])
def test_odd_errors_do_not_pass(body):
    """An error without the member counts as lasting."""
    assert not has_passing_error(ExecutionAnswer(body, codes=("X",)))
