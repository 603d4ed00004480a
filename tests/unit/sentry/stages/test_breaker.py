"""When Sentry is asked no more, and when it is asked again."""

import asyncio

import msgspec
import pytest

from dexter_graphql.sentry.errors import (
    BadRequest,
    CircuitOpen,
    DeadlineExceeded,
    NotFound,
    RateLimited,
    SentryError,
    TruncatedResponse,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.stages.breaker import Breaker, BreakerConfig
from support.upstream import FakeWire, MovedClock, a_call, a_reply, raised

LIMITS = BreakerConfig()
OPEN = "<Breaker issues of https://sentry.io open>"


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def breaker(clock):
    return Breaker(clock, LIMITS)


def ill():
    """A wire behind which nothing answers."""
    return FakeWire(lambda _: raised(Unavailable("ill")))


async def tried(breaker, wire, times, call=None):
    """Calls that may fail, one after the other."""
    for _ in range(times):
        try:
            await breaker(call or a_call(), wire)
        except SentryError as error:
            last = error
        else:
            last = None
    return last


@pytest.mark.parametrize("error", [Unavailable("ill"), UpstreamTimeout("slow"), TruncatedResponse("cut")])
async def test_illness_opens(breaker, error):
    """After enough failures nothing is asked any more, and the refusal comes at once."""
    wire = FakeWire(lambda _: raised(error))
    await tried(breaker, wire, LIMITS.min_calls)

    last = await tried(breaker, wire, 5)

    assert (type(last), len(wire.calls), repr(breaker)) == (CircuitOpen, LIMITS.min_calls, OPEN)


@pytest.mark.parametrize("error", [BadRequest("what"), NotFound("where"), RateLimited("busy", retry_after=1)])
async def test_refusals_are_no_illness(breaker, error):
    """What Sentry understood and refused says that it is well."""
    await tried(breaker, FakeWire(lambda _: raised(error)), 100)

    assert repr(breaker) == "<Breaker all closed>"


@pytest.mark.parametrize(("failures", "is_open"), [(9, False), (10, True)])
async def test_share_of_failures(breaker, failures, is_open):
    """Half of the calls must fail, no fewer."""
    await tried(breaker, FakeWire(), LIMITS.min_calls - failures)

    await tried(breaker, ill(), failures)

    assert (repr(breaker) == OPEN) == is_open


async def test_few_failures_say_nothing(breaker):
    """One call fewer than the least number of calls opens nothing."""
    await tried(breaker, ill(), LIMITS.min_calls - 1)

    assert breaker.states() == {}


async def test_old_failures_are_forgotten(breaker, clock):
    """Failures of another time do not add up."""
    await tried(breaker, ill(), LIMITS.min_calls - 1)
    clock.move(LIMITS.window_s + 0.1)

    await tried(breaker, ill(), LIMITS.min_calls - 1)

    assert breaker.states() == {}


@pytest.mark.parametrize(("took_s", "waited_s", "is_open"), [(10.0, 0.0, True), (9.9, 0.0, False), (15.0, 5.1, False)])
async def test_slow_calls(breaker, clock, took_s, waited_s, is_open):
    """Calls that take too long open it too; what they waited for a permit is not Sentry's."""

    def slow(_):
        clock.move(took_s)
        return msgspec.structs.replace(a_reply(), waited_s=waited_s)

    patient = Breaker(clock, config(window_s=1000.0))
    await tried(patient, FakeWire(slow), LIMITS.min_calls)

    assert (repr(patient) == OPEN) == is_open


def config(**changes):
    """The usual tolerance with these members changed."""
    return BreakerConfig(**changes)


async def test_probes_close(breaker, clock):
    """After the pause a few calls are let through; when all of them succeed everything is asked again."""
    await tried(breaker, ill(), LIMITS.min_calls)
    clock.move(LIMITS.open_s)
    half = breaker.states()

    await tried(breaker, FakeWire(), LIMITS.probes - 1)
    before = breaker.states()
    await tried(breaker, FakeWire(), 1)

    assert (list(half.values()), list(before.values()), breaker.states()) == (["half-open"], ["half-open"], {})


async def test_failed_probe_opens_again(breaker, clock):
    """One failure among the probes, and the pause begins anew."""
    await tried(breaker, ill(), LIMITS.min_calls)
    clock.move(LIMITS.open_s)
    await tried(breaker, FakeWire(), 1)

    wire = ill()
    await tried(breaker, wire, 5)

    assert (len(wire.calls), repr(breaker)) == (1, OPEN)


async def test_probes_are_few(breaker, clock):
    """While probes are under way nobody else is let through; a probe that is given up makes room."""
    await tried(breaker, ill(), LIMITS.min_calls)
    clock.move(LIMITS.open_s)
    never = asyncio.Event()
    wire = FakeWire(lambda _: never.wait())
    probes = [asyncio.ensure_future(breaker(a_call(), wire)) for _ in range(LIMITS.probes)]
    await asyncio.sleep(0)

    refused = await tried(breaker, wire, 1)
    probes[0].cancel()
    await asyncio.gather(probes[0], return_exceptions=True)
    await tried(breaker, FakeWire(lambda _: raised(DeadlineExceeded("late"))), 1)
    still = breaker.states()
    answered = await tried(breaker, FakeWire(), 1)

    assert (type(refused), list(still.values()), answered) == (CircuitOpen, ["half-open"], None)
    for probe in probes:
        probe.cancel()
    await asyncio.gather(*probes, return_exceptions=True)


async def test_circuits_are_apart(breaker):
    """One family of endpoints, or one region, being ill says nothing of the others."""
    await tried(breaker, ill(), LIMITS.min_calls)

    others = [a_call(endpoint="projects.list"), a_call(host="https://us.sentry.io")]

    assert [await tried(breaker, FakeWire(), 1, call) for call in others] == [None, None]
    assert type(await tried(breaker, FakeWire(), 1, a_call(endpoint="issues.detail"))) is CircuitOpen


async def closed_again(breaker, clock, *, answered=40):
    """A circuit that was ill after so many answers, and is well."""
    well = FakeWire(lambda _: a_reply())
    await tried(breaker, well, answered)
    while repr(breaker) != OPEN:
        await tried(breaker, ill(), 1)
    await clock.sleep(LIMITS.open_s)
    await tried(breaker, well, LIMITS.probes)
    return well


async def test_calls_take_turns_after_an_illness(breaker, clock):
    """All that grew old meanwhile does not come at once, but half as fast again as before."""
    began = clock.time()
    wire = await closed_again(breaker, clock)
    back = clock.time()
    pace = 40 * LIMITS.pace / max(1.0, back - LIMITS.open_s - began)

    await asyncio.gather(*(breaker(a_call(deadline=back + 600), wire) for _ in range(10)))

    assert clock.time() - back == pytest.approx(9 / pace)


async def test_turns_end(breaker, clock):
    """After a while nobody waits any more."""
    wire = await closed_again(breaker, clock)
    await clock.sleep(LIMITS.calm_s)
    calm = clock.time()

    await asyncio.gather(*(breaker(a_call(deadline=calm + 600), wire) for _ in range(10)))

    assert clock.time() == calm


async def test_turns_that_come_too_late(breaker, clock):
    """Who would wait for half of the time that is left is refused at once, so that a spare answer can be given."""
    wire = await closed_again(breaker, clock)
    now = clock.time()

    found = await asyncio.gather(
        *(breaker(a_call(deadline=now + 0.1), wire) for _ in range(10)), return_exceptions=True
    )

    assert isinstance(found[-1], CircuitOpen)
    assert clock.time() - now < 0.1
