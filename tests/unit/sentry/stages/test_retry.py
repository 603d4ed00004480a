"""What is tried again: which failures, how often, after which waits, and at whose expense."""

from itertools import pairwise
from random import Random

import pytest

from dexter_graphql.sentry.call import Reply
from dexter_graphql.sentry.errors import (
    BadRequest,
    BadResponse,
    BudgetExhausted,
    CircuitOpen,
    DeadlineExceeded,
    Gone,
    NotFound,
    RateLimited,
    TruncatedResponse,
    Unavailable,
    UpstreamTimeout,
    WriteOutcome,
)
from dexter_graphql.sentry.stages.retry import BASE_S, FLOOR_PER_S, MAX_RETRIES, Retry, retry_budget
from support.upstream import EPOCH_S, FakeWire, MovedClock, a_call, a_reply, raised

PASSING = [Unavailable("ill"), UpstreamTimeout("slow"), TruncatedResponse("cut"), RateLimited("busy", retry_after=1)]
LASTING = [
    BadRequest("what"),
    NotFound("where"),
    Gone("brownout"),
    CircuitOpen("open"),
    BadResponse("large"),
    DeadlineExceeded("late"),
    BudgetExhausted(3),
]
WRITE = a_call(method="PUT", body=b"{}")


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def budget(clock):
    return retry_budget(clock)


@pytest.fixture
def retry(clock, budget):
    return Retry(clock, Random(1), budget)


def failing(*errors):
    """A wire that fails so many times and then answers."""
    left = list(errors)
    return FakeWire(lambda _: raised(left.pop(0)) if left else a_reply())


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("call", [a_call(), WRITE], ids=["read", "write"])
async def test_passing_failures(retry, error, call):
    """What passes is tried again, and the answer says how often."""
    wire = failing(error, error)

    reply = await retry(call, wire)

    assert (reply.retries, len(wire.calls)) == (2, 3)


@pytest.mark.parametrize("error", LASTING, ids=lambda error: type(error).__name__)
async def test_lasting_failures(retry, error):
    """What another try would not change is not tried again."""
    wire = failing(error)

    with pytest.raises(type(error)):
        await retry(a_call(), wire)

    assert len(wire.calls) == 1


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
async def test_writes_that_would_be_done_twice(retry, error):
    """A write that is not idempotent is sent once, whatever happens."""
    wire = failing(error)

    with pytest.raises(type(error)):
        await retry(a_call(method="POST", is_idempotent=False), wire)

    assert len(wire.calls) == 1


async def test_number_of_tries(retry):
    """After the last try the failure is the caller's."""
    wire = FakeWire(lambda _: raised(Unavailable("ill")))

    with pytest.raises(Unavailable):
        await retry(a_call(), wire)

    assert len(wire.calls) == 1 + MAX_RETRIES


async def test_waits_grow(retry, clock):
    """Each wait is somewhere between nothing and twice the last one's bound."""
    times = []
    wire = FakeWire(lambda _: times.append(clock.time()) or raised(Unavailable("ill")))

    with pytest.raises(Unavailable):
        await retry(a_call(), wire)

    waits = [after - before for before, after in pairwise(times)]
    assert all(0 <= wait <= BASE_S * 2**number for number, wait in enumerate(waits))
    assert len(set(waits)) == MAX_RETRIES


async def test_deadlines_end_it(retry, clock):
    """No wait outlasts the deadline; a rate limit that would is told at once."""
    busy, ill = failing(RateLimited("busy", retry_after=5)), FakeWire(lambda _: raised(Unavailable("ill")))

    with pytest.raises(RateLimited):
        await retry(a_call(deadline=EPOCH_S + 5), busy)
    with pytest.raises(Unavailable):
        await retry(a_call(deadline=EPOCH_S), ill)

    assert (len(busy.calls), len(ill.calls), clock.time()) == (1, 1, EPOCH_S)


async def test_rate_limits_wait_elsewhere(retry, clock):
    """The limiter holds the next try; this stage does not wait as well."""
    await retry(a_call(), failing(RateLimited("busy", retry_after=5)))

    assert clock.time() == EPOCH_S


async def test_budget_is_a_tenth_of_traffic(retry, budget, clock):
    """When everything fails, retries use up what is spared and then what calls pay in: a tenth."""
    ill = FakeWire(lambda _: raised(Unavailable("ill")))
    while budget.take():
        pass

    for _ in range(100):
        with pytest.raises(Unavailable):
            await retry(a_call(deadline=clock.time() + 1e-9), ill)
    assert len(ill.calls) == 100
    for _ in range(100):
        with pytest.raises(Unavailable):
            await Retry(Standing(clock), Random(1), budget)(a_call(deadline=clock.time() + 60), ill)

    assert len(ill.calls) - 200 <= 20


class Standing(MovedClock):
    """Does not move when somebody sleeps."""

    def __init__(self, clock):
        super().__init__(clock.time())

    async def sleep(self, seconds):
        pass


async def test_floor_of_the_budget(budget, clock):
    """So many retries per second are free, and a few seconds of them are kept."""
    while budget.take():
        pass

    clock.move(1)
    after_a_second = sum(budget.take() for _ in range(100))
    clock.move(3600)
    after_an_hour = sum(budget.take() for _ in range(100))

    assert (after_a_second, after_an_hour) == (FLOOR_PER_S, FLOOR_PER_S * 5)
    assert repr(budget) == "<TokenBucket 0.0 of 50>"


def error_with(outcome, kind=Unavailable):
    """An error of a write with this outcome."""
    error = kind("x")
    error.set_outcome(outcome, is_repeatable=True)
    return error


@pytest.mark.parametrize(
    ("outcomes", "outcome"),
    [
        ([WriteOutcome.NOT_SENT] * (MAX_RETRIES + 1), WriteOutcome.NOT_SENT),
        ([WriteOutcome.UNKNOWN] + [WriteOutcome.NOT_SENT] * MAX_RETRIES, WriteOutcome.UNKNOWN),
        ([WriteOutcome.NOT_SENT] * MAX_RETRIES + [WriteOutcome.UNKNOWN], WriteOutcome.UNKNOWN),
    ],
)
async def test_outcome_of_all_attempts(retry, outcomes, outcome):
    """A write that any attempt may have applied has an unknown outcome, whatever became of the last attempt."""
    with pytest.raises(Unavailable) as caught:
        await retry(WRITE, failing(*map(error_with, outcomes)))

    assert caught.value.outcome is outcome


async def test_refusal_after_an_unknown_outcome(retry):
    """A write that was lost and is refused when it is repeated may have been applied by the first attempt."""
    with pytest.raises(NotFound) as caught:
        await retry(WRITE, failing(error_with(WriteOutcome.UNKNOWN), NotFound("Gone")))

    assert str(caught.value) == "Gone. Sentry may or may not have applied this change"


async def test_repeats_of_the_transport_count(retry):
    """Repeats on a new connection are added to those of this stage."""
    answers = [Unavailable("x"), a_reply(retries=1)]

    def next_answer(_):
        answer = answers.pop(0)
        return answer if isinstance(answer, Reply) else raised(answer)

    assert (await retry(a_call(), FakeWire(next_answer))).retries == 2
