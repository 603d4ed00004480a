"""Retries: which failures, how often, after which waits, and within which budget."""

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
    InternalError,
    NotFound,
    RateLimited,
    TruncatedResponse,
    Unavailable,
    UpstreamTimeout,
    WriteOutcome,
)
from dexter_graphql.sentry.stages.retry import (
    BASE_S,
    BURST_S,
    CREDENTIAL_SHARE,
    FLOOR_PER_S,
    MAX_RETRIES,
    Retry,
    RetryBudget,
)
from support.upstream import EPOCH_S, FakeTransport, MovedClock, a_call, a_reply, raised

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
    return RetryBudget(clock)


@pytest.fixture
def retry(clock, budget):
    return Retry(clock, Random(1), budget)


def failing(*errors):
    """A transport that fails with these errors and then answers."""
    left = list(errors)
    return FakeTransport(lambda _: raised(left.pop(0)) if left else a_reply())


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("call", [a_call(), WRITE], ids=["read", "write"])
async def test_passing_failures(retry, error, call):
    """A passing failure is retried, and the reply counts the retries."""
    transport = failing(error, error)

    reply = await retry(call, transport)

    assert (reply.retries, len(transport.calls)) == (2, 3)


@pytest.mark.parametrize("error", LASTING, ids=lambda error: type(error).__name__)
async def test_lasting_failures(retry, error):
    """A lasting failure is not retried."""
    transport = failing(error)

    with pytest.raises(type(error)):
        await retry(a_call(), transport)

    assert len(transport.calls) == 1


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
async def test_writes_that_would_be_done_twice(retry, error):
    """A write that is not idempotent is sent once."""
    transport = failing(error)

    with pytest.raises(type(error)):
        await retry(a_call(method="POST", is_idempotent=False), transport)

    assert len(transport.calls) == 1


async def test_number_of_tries(retry):
    """The failure of the last attempt is raised."""
    transport = FakeTransport(lambda _: raised(Unavailable("ill")))

    with pytest.raises(Unavailable):
        await retry(a_call(), transport)

    assert len(transport.calls) == 1 + MAX_RETRIES


async def test_waits_grow(retry, clock):
    """Each wait is random, up to twice the bound of the last one."""
    times = []
    transport = FakeTransport(lambda _: times.append(clock.time()) or raised(Unavailable("ill")))

    with pytest.raises(Unavailable):
        await retry(a_call(), transport)

    waits = [after - before for before, after in pairwise(times)]
    assert all(0 <= wait <= BASE_S * 2**number for number, wait in enumerate(waits))
    assert len(set(waits)) == MAX_RETRIES


async def test_deadlines_end_it(retry, clock):
    """No wait outlasts the deadline; a rate limit that would is raised at once."""
    busy, ill = failing(RateLimited("busy", retry_after=5)), FakeTransport(lambda _: raised(Unavailable("ill")))

    with pytest.raises(RateLimited):
        await retry(a_call(deadline=EPOCH_S + 5), busy)
    with pytest.raises(Unavailable):
        await retry(a_call(deadline=EPOCH_S), ill)

    assert (len(busy.calls), len(ill.calls), clock.time()) == (1, 1, EPOCH_S)


async def test_rate_limits_wait_elsewhere(retry, clock):
    """The limiter delays the next attempt; this stage does not wait as well."""
    await retry(a_call(), failing(RateLimited("busy", retry_after=5)))

    assert clock.time() == EPOCH_S


async def test_budget_is_a_tenth_of_traffic(retry, budget, clock):
    """When everything fails, retries are a tenth of the calls once the saved ones are spent."""
    ill = FakeTransport(lambda _: raised(Unavailable("ill")))
    while budget.take("alice"):
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
    """A clock that does not move while waiting."""

    def __init__(self, clock):
        super().__init__(clock.time())

    async def sleep(self, seconds):
        pass


async def test_floor_of_the_budget(budget, clock):
    """A number of retries per second is always allowed, and a few seconds of them can be saved up."""
    while budget.take("alice"):
        pass

    clock.move(1)
    after_a_second = sum(budget.take("alice") for _ in range(100))
    clock.move(3600)
    after_an_hour = sum(budget.take("alice") for _ in range(100))

    own_floor = FLOOR_PER_S * CREDENTIAL_SHARE
    assert (after_a_second, after_an_hour) == (own_floor, own_floor * BURST_S)


async def test_one_credential_leaves_retries_to_others(budget):
    """A credential whose calls all fail spends at most its own share of the budget."""
    while budget.take("alice"):
        pass

    left = sum(budget.take(f"user{number}") for number in range(1000))

    assert left == FLOOR_PER_S * BURST_S * (1 - CREDENTIAL_SHARE)
    assert repr(budget) == "0.0 retries left"


@pytest.mark.parametrize("status", [400, 401, 403, 407])
async def test_pages_with_a_client_error_are_not_retried(retry, status):
    """An HTML page with a 4xx status would come again."""
    transport = failing(Unavailable("page", status=status))

    with pytest.raises(Unavailable):
        await retry(a_call(), transport)

    assert len(transport.calls) == 1


async def test_internal_errors_are_retried_once(retry):
    """A 500 with an `errorId` is Sentry's failure on this request: one more attempt, not four."""
    transport = failing(*[InternalError("Sentry answered 500", status=500)] * 5)

    with pytest.raises(InternalError) as error:
        await retry(a_call(), transport)

    assert (len(transport.calls), error.value.retries) == (2, 1)


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

    assert (await retry(a_call(), FakeTransport(next_answer))).retries == 2
