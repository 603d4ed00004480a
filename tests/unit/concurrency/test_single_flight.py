"""Callers that share one execution."""

import asyncio

import pytest

from dexter_graphql.concurrency.single_flight import SingleFlight


class Work:
    """Executions that end when `may_end` is set; counts those that began and those that were cancelled."""

    def __init__(self, outcome="result"):
        self.outcome = outcome
        self.may_end = asyncio.Event()
        self.flights, self.cancelled = [], 0

    async def __call__(self, flight):
        self.flights.append(flight)
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class LeaderPoor(Exception):
    """An error that concerns the leader alone."""


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def single_flight():
    return SingleFlight(leader_errors=(LeaderPoor,))


@pytest.fixture(params=[False, True], ids=["task", "inline"])
def inline(request):
    """Whether leaders execute in their own task."""
    return request.param


async def started(single_flight, work, *keys, inline=False, remaining_s=None):
    """A task for each key, all of them waiting."""
    tasks = [
        asyncio.ensure_future(single_flight.run(key, work, inline=inline, remaining_s=remaining_s)) for key in keys
    ]
    await settled()
    return tasks


async def settled():
    """Let everything happen that does not wait for a result."""
    for _ in range(10):
        await asyncio.sleep(0)


async def results(tasks):
    """What the tasks gave or raised."""
    return await asyncio.gather(*tasks, return_exceptions=True)


class TestSharing:
    """Who gets which result."""

    async def test_equal_keys_are_executed_once(self, single_flight, work, inline):
        """All callers get the result and whether another one was the leader."""
        tasks = await started(single_flight, work, "a", "a", "a", "b", inline=inline)
        in_progress = repr(single_flight)

        work.may_end.set()

        assert await results(tasks) == [("result", False), ("result", True), ("result", True), ("result", False)]
        assert [(flight.has_followers(), flight.followers) for flight in work.flights] == [(True, 2), (False, 0)]
        assert (in_progress, len(single_flight)) == ("<SingleFlight 2 under way>", 0)

    async def test_result_reaches_no_later_caller(self, single_flight, work, inline):
        """The next caller begins another execution."""
        work.may_end.set()

        await single_flight.run("a", work, inline=inline)
        await single_flight.run("a", work, inline=inline)

        assert len(work.flights) == 2

    async def test_exceptions_reach_all_who_waited(self, single_flight, inline):
        """And no later caller."""
        work = Work(ValueError("broken"))
        tasks = await started(single_flight, work, "a", "a", "a", inline=inline)

        work.may_end.set()
        errors = await results(tasks)
        work.outcome = "result"

        assert [str(error) for error in errors] == ["broken"] * 3
        assert await single_flight.run("a", work, inline=inline) == ("result", False)

    async def test_leaders_of_both_kinds_take_followers_of_both_kinds(self, single_flight, work, inline):
        """How a caller would have executed does not matter when it follows."""
        tasks = await started(single_flight, work, "a", inline=inline)
        tasks += await started(single_flight, work, "a", inline=not inline)

        work.may_end.set()

        assert await results(tasks) == [("result", False), ("result", True)]


class TestLeaving:
    """Callers that are cancelled."""

    @pytest.mark.parametrize("leaving", [0, 1, 2])
    async def test_others_get_their_result(self, single_flight, work, leaving):
        """The leader may leave as well as a follower; the execution goes on."""
        tasks = await started(single_flight, work, "a", "a", "a")

        tasks[leaving].cancel()
        await settled()
        work.may_end.set()
        outcomes = await results(tasks)

        assert [outcome[0] for place, outcome in enumerate(outcomes) if place != leaving] == ["result", "result"]
        assert isinstance(outcomes[leaving], asyncio.CancelledError)
        assert (len(work.flights), work.cancelled) == (1, 0)

    async def test_last_one_cancels_the_execution(self, single_flight, work):
        """The next caller begins another one at once."""
        tasks = await started(single_flight, work, "a", "a")

        tasks[0].cancel()
        await settled()
        cancelled_by_the_first = work.cancelled
        tasks[1].cancel()
        await results(tasks)
        in_progress = len(single_flight)
        later = await started(single_flight, work, "a")
        work.may_end.set()

        assert (cancelled_by_the_first, in_progress) == (0, 0)
        assert await results(later) == [("result", False)]
        assert (len(work.flights), work.cancelled) == (2, 1)

    async def test_follower_replaces_an_inline_leader(self, single_flight, work):
        """One of the followers executes, and the others follow it."""
        tasks = await started(single_flight, work, "a", "a", "a", inline=True)

        tasks[0].cancel()
        await settled()
        work.may_end.set()

        assert await results(tasks[1:]) == [("result", False), ("result", True)]
        assert (len(work.flights), work.cancelled, len(single_flight)) == (2, 1, 0)

    async def test_inline_leader_goes_on_without_followers(self, single_flight, work, inline):
        """A follower that leaves does not cancel what the leader waits for."""
        leader = await started(single_flight, work, "a", inline=True)
        [follower] = await started(single_flight, work, "a", inline=inline)

        follower.cancel()
        await settled()
        work.may_end.set()

        assert await results(leader) == [("result", False)]
        assert work.cancelled == 0

    async def test_exception_without_callers_is_not_reported(self, single_flight):
        """An execution that fails while it is cancelled leaves no message in the log."""
        messages = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: messages.append(context))

        async def stubborn(_flight):
            try:
                await asyncio.Event().wait()
            finally:
                raise ValueError("while it was cancelled")

        [task] = await started(single_flight, stubborn, "a")
        task.cancel()
        await results([task])
        await settled()

        assert (messages, len(single_flight)) == ([], 0)

    async def test_caller_that_leaves_when_the_result_is_there_is_cancelled_alone(self, single_flight, work):
        """Cancelling a caller between the end of the execution and its own turn disturbs no other."""
        tasks = await started(single_flight, work, "a", "a")

        work.may_end.set()
        await asyncio.sleep(0)
        tasks[0].cancel()
        outcomes = await results(tasks)

        assert isinstance(outcomes[0], asyncio.CancelledError)
        assert (outcomes[1], work.cancelled) == (("result", True), 0)


class TestTime:
    """How long callers wait."""

    @pytest.mark.parametrize("remaining", [0, -5])
    async def test_each_caller_has_its_own_time(self, single_flight, work, inline, remaining):
        """One that has none left gets a TimeoutError; the flight goes on for the others."""
        leader = await started(single_flight, work, "a", inline=inline)
        with pytest.raises(TimeoutError):
            await single_flight.run("a", work, remaining_s=lambda: remaining)

        work.may_end.set()

        assert await results(leader) == [("result", False)]
        assert work.cancelled == 0

    async def test_leader_has_its_own_time_as_well(self, single_flight, work):
        """A leader whose time is over leaves the execution to its followers."""
        leader = asyncio.ensure_future(single_flight.run("a", work, remaining_s=lambda: 0))
        follower = asyncio.ensure_future(single_flight.run("a", work))

        with pytest.raises(TimeoutError):
            await leader
        work.may_end.set()

        assert await follower == ("result", True)
        assert work.cancelled == 0

    async def test_execution_ends_with_the_last_time(self, single_flight, work):
        """When all time is over, the execution is cancelled."""
        tasks = await started(single_flight, work, "a", "a", remaining_s=lambda: 0)

        outcomes = await results(tasks)
        await settled()

        assert [type(outcome) for outcome in outcomes] == [TimeoutError] * 2
        assert (work.cancelled, len(single_flight)) == (1, 0)


class TestLeaderErrors:
    """Errors that concern the leader alone."""

    async def test_followers_try_again_once(self, single_flight, inline):
        """One of them becomes the leader, the others follow it."""
        work = Work(LeaderPoor())
        first = await started(single_flight, work, "a", inline=inline)
        rich = Work()
        others = await started(single_flight, rich, "a", "a", inline=inline)

        work.may_end.set()
        await settled()
        rich.may_end.set()

        assert [type(error) for error in await results(first)] == [LeaderPoor]
        assert await results(others) == [("result", False), ("result", True)]
        assert (len(work.flights), len(rich.flights)) == (1, 1)

    async def test_each_caller_gets_its_own_error_in_the_end(self, single_flight, inline):
        """Every caller has tried itself."""
        work = Work(LeaderPoor())
        tasks = await started(single_flight, work, "a", "a", "a", inline=inline)

        work.may_end.set()

        assert [type(error) for error in await results(tasks)] == [LeaderPoor] * 3
        assert (len(work.flights), len(single_flight)) == (3, 0)

    async def test_follower_without_time_does_not_try_again(self, single_flight):
        """It gets the leader's error: there is no time left to do better."""
        work, left_s = Work(LeaderPoor()), [10, 0]
        leader = await started(single_flight, work, "a")
        follower = await started(single_flight, work, "a", remaining_s=lambda: left_s.pop(0))

        work.may_end.set()

        assert [type(error) for error in await results(leader + follower)] == [LeaderPoor] * 2
        assert len(work.flights) == 1


class TestBounds:
    """How many flights and callers."""

    @pytest.mark.parametrize(("keys", "executed", "joinable"), [("ab", 2, 2), ("abc", 3, 2), ("abcc", 4, 2)])
    async def test_flights_are_bounded(self, work, keys, executed, joinable, inline):
        """Above the limit each caller executes alone."""
        single_flight = SingleFlight(max_flights=2)

        tasks = await started(single_flight, work, *keys, inline=inline)

        assert (len(work.flights), len(single_flight)) == (executed, joinable)
        work.may_end.set()
        assert set(await results(tasks)) == {("result", False)}
        assert len(single_flight) == 0

    @pytest.mark.parametrize(("count", "executed"), [(2, 1), (3, 2), (4, 2), (5, 3)])
    async def test_callers_of_a_flight_are_bounded(self, work, count, executed, inline):
        """Above the limit another flight begins, which later callers join; the first one still ends well."""
        single_flight = SingleFlight(max_callers=2)

        tasks = await started(single_flight, work, *("a" * count), inline=inline)

        assert (len(work.flights), len(single_flight)) == (executed, 1)
        work.may_end.set()
        assert {result for result, _ in await results(tasks)} == {"result"}
        assert len(single_flight) == 0
