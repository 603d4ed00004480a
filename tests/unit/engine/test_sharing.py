"""Equal operations that are executed once."""

import asyncio

import pytest

from dexter_graphql.engine.sharing import Sharing


class Work:
    """Executions that end when they are told to; counts those begun and those cancelled."""

    def __init__(self, outcome="answer"):
        self.outcome = outcome
        self.is_told = asyncio.Event()
        self.executions, self.cancelled = [], 0

    async def __call__(self, execution):
        self.executions.append(execution)
        try:
            await self.is_told.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def sharing():
    return Sharing()


@pytest.fixture(params=[False, True], ids=["stays", "may leave"])
def may_leave(request):
    """Whether whoever asks may be gone before the answer is there."""
    return request.param


async def waiting(sharing, work, *keys, may_leave=True):
    """An operation for each key, named by its place, all of them waiting."""
    asked = [sharing.answer(key, str(place), work, may_leave=may_leave) for place, key in enumerate(keys)]
    tasks = [asyncio.ensure_future(one) for one in asked]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


def under_way(sharing):
    """How many executions others may join."""
    [figure] = sharing.collect()
    return figure.value


async def test_equal_operations_are_executed_once(sharing, work, may_leave):
    """All get the answer, and those that joined are told whose it was."""
    tasks = await waiting(sharing, work, "a", "a", "a", "b", may_leave=may_leave)
    assert under_way(sharing) == 2

    work.is_told.set()

    assert await asyncio.gather(*tasks) == [("answer", None), ("answer", "0"), ("answer", "0"), ("answer", None)]
    assert [one.has_company() for one in work.executions] == [True, False]
    assert under_way(sharing) == 0


async def test_answer_reaches_nobody_later(sharing, work, may_leave):
    """What is over is not joined."""
    work.is_told.set()

    await sharing.answer("a", "first", work, may_leave=may_leave)
    await sharing.answer("a", "second", work, may_leave=may_leave)

    assert len(work.executions) == 2


@pytest.mark.parametrize("gone", [0, 1, 2])
async def test_whoever_leaves_harms_nobody(sharing, work, gone):
    """The first one may go as well as the last; the others get their answer."""
    tasks = await waiting(sharing, work, "a", "a", "a")

    tasks[gone].cancel()
    await asyncio.wait([tasks[gone]])
    work.is_told.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert [one[0] for place, one in enumerate(answers) if place != gone] == ["answer", "answer"]
    assert isinstance(answers[gone], asyncio.CancelledError)
    assert (len(work.executions), work.cancelled) == (1, 0)


async def test_execution_ends_with_the_last(sharing, work):
    """When nobody waits any more nothing goes on, and whoever comes then begins anew."""
    tasks = await waiting(sharing, work, "a", "a")

    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert under_way(sharing) == 0
    [later] = await waiting(sharing, work, "a")
    work.is_told.set()

    assert await later == ("answer", None)
    assert (len(work.executions), work.cancelled) == (2, 1)


async def test_leader_that_is_cancelled_all_the_same_leaves_the_work_to_another(sharing, work):
    """Whoever waited is answered: one of them begins anew, the others join it."""
    tasks = await waiting(sharing, work, "a", "a", "a", may_leave=False)

    tasks[0].cancel()
    await asyncio.wait(tasks[:1])
    for _ in range(5):
        await asyncio.sleep(0)
    work.is_told.set()

    assert await asyncio.gather(*tasks[1:]) == [("answer", None), ("answer", "1")]
    assert (len(work.executions), work.cancelled, under_way(sharing)) == (2, 1, 0)


@pytest.mark.parametrize("joiner", [False, True])
async def test_leader_works_on_when_all_others_left(sharing, work, joiner):
    """Whoever joins and leaves does not end what the leader still waits for."""
    [leader] = await waiting(sharing, work, "a", may_leave=False)
    [other] = await waiting(sharing, work, "a", may_leave=joiner)

    other.cancel()
    await asyncio.wait([other])
    work.is_told.set()

    assert await leader == ("answer", None)
    assert work.cancelled == 0


async def test_exception_reaches_all_who_waited(sharing, may_leave):
    """An exception is an answer, too; the next one tries again."""
    work = Work(ValueError("broken"))
    tasks = await waiting(sharing, work, "a", "a", may_leave=may_leave)

    work.is_told.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    work.outcome = "answer"

    assert [str(answer) for answer in answers] == ["broken", "broken"]
    assert await sharing.answer("a", "later", work, may_leave=may_leave) == ("answer", None)


async def test_exception_that_nobody_waited_for_is_no_news(sharing):
    """An execution that fails while it is cancelled leaves no complaint behind."""
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))

    async def stubborn(_execution):
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError("on the way out")

    [task] = await waiting(sharing, stubborn, "a")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0)

    assert (complaints, under_way(sharing)) == ([], 0)


@pytest.mark.parametrize(("keys", "executed", "joinable"), [("ab", 2, 2), ("abc", 3, 2), ("abcc", 4, 2)])
async def test_so_many_executions_can_be_joined(work, keys, executed, joinable, may_leave):
    """Above the limit operations are executed by themselves."""
    sharing = Sharing(max_executions=2)

    tasks = await waiting(sharing, work, *keys, may_leave=may_leave)

    assert (len(work.executions), under_way(sharing)) == (executed, joinable)
    work.is_told.set()
    assert {answer for answer, _ in await asyncio.gather(*tasks)} == {"answer"}


@pytest.mark.parametrize(("count", "executed"), [(2, 1), (3, 2), (4, 2), (5, 3)])
async def test_so_many_wait_for_one_execution(work, count, executed, may_leave):
    """Above the limit the next execution begins, which others join."""
    sharing = Sharing(max_company=2)

    tasks = await waiting(sharing, work, *("a" * count), may_leave=may_leave)

    assert len(work.executions) == executed
    work.is_told.set()
    assert {answer for answer, _ in await asyncio.gather(*tasks)} == {"answer"}
    assert under_way(sharing) == 0
