"""Circuit breaker: when calls are stopped, for whom, and when they are resumed."""

import asyncio

import msgspec
import pytest

from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.errors import (
    BadRequest,
    BadResponse,
    CircuitOpen,
    DeadlineExceeded,
    InternalError,
    NotFound,
    RateLimited,
    SentryError,
    TruncatedResponse,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.stages.breaker import Breaker
from dexter_graphql.sentry.stages.circuit import BreakerConfig
from support.upstream import FakeTransport, MovedClock, a_call, a_reply, raised

LIMITS = BreakerConfig()
OPEN = "<Breaker issues of https://sentry.io open>"
OWN_OPEN = "<Breaker issues of https://sentry.io for 1 credentials>"


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def breaker(clock):
    return Breaker(clock, LIMITS)


def ill():
    """A transport that cannot reach Sentry."""
    return FakeTransport(lambda _: raised(Unavailable("ill")))


async def tried(breaker, transport, times, call=None):
    """Make calls one after the other; returns the last error."""
    for _ in range(times):
        try:
            await breaker(call or a_call(), transport)
        except SentryError as error:
            last = error
        else:
            last = None
    return last


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Unavailable("unreachable"), OPEN),
        (Unavailable("Sentry answered 503", status=503), OWN_OPEN),
        (Unavailable("page", status=200), OWN_OPEN),
        (UpstreamTimeout("slow"), OWN_OPEN),
        (TruncatedResponse("cut"), OWN_OPEN),
        (BadResponse("large"), OWN_OPEN),
    ],
)
async def test_failures_open(breaker, error, state):
    """After enough failures nothing is sent: for all when Sentry is unreachable, else for this credential."""
    transport = FakeTransport(lambda _: raised(error))
    await tried(breaker, transport, LIMITS.min_calls)

    last = await tried(breaker, transport, 5)

    assert (type(last), len(transport.calls), repr(breaker)) == (CircuitOpen, LIMITS.min_calls, state)


@pytest.mark.parametrize(
    "error",
    [
        BadRequest("what"),
        NotFound("where"),
        RateLimited("busy", retry_after=1),
        RateLimited("no permit", retry_after=1, status=None),
        UpstreamTimeout("408", status=408),
        InternalError("Sentry answered 500", status=500),
        *(Unavailable("page", status=status) for status in (400, 401, 403, 407, 499)),
    ],
)
async def test_refusals_are_no_failures(breaker, error):
    """4xx answers, HTML or not, and a 500 with an `errorId` come from a server that works."""
    await tried(breaker, FakeTransport(lambda _: raised(error)), 100)

    assert repr(breaker) == "<Breaker all closed>"


@pytest.mark.parametrize(("failures", "is_open"), [(9, False), (10, True)])
async def test_share_of_failures(breaker, failures, is_open):
    """Half of the calls must fail, no fewer."""
    await tried(breaker, FakeTransport(), LIMITS.min_calls - failures)

    await tried(breaker, ill(), failures)

    assert (repr(breaker) == OPEN) == is_open


async def test_few_failures_say_nothing(breaker):
    """One call fewer than the minimum opens no circuit."""
    await tried(breaker, ill(), LIMITS.min_calls - 1)

    assert breaker.states() == {}


async def test_old_failures_are_forgotten(breaker, clock):
    """Failures outside of the window do not count."""
    await tried(breaker, ill(), LIMITS.min_calls - 1)
    clock.move(LIMITS.window_s + 0.1)

    await tried(breaker, ill(), LIMITS.min_calls - 1)

    assert breaker.states() == {}


@pytest.mark.parametrize(("took_s", "waited_s", "is_open"), [(10.0, 0.0, True), (9.9, 0.0, False), (15.0, 5.1, False)])
async def test_slow_calls(breaker, clock, took_s, waited_s, is_open):
    """Slow calls open a circuit, too; the time spent waiting for a permit does not count."""

    def slow(_):
        clock.move(took_s)
        return msgspec.structs.replace(a_reply(), waited_s=waited_s)

    patient = Breaker(clock, config(window_s=1000.0))
    await tried(patient, FakeTransport(slow), LIMITS.min_calls)

    assert (repr(patient) == OWN_OPEN) == is_open


def config(**changes):
    """The default thresholds with these members changed."""
    return BreakerConfig(**changes)


async def test_probes_close(breaker, clock):
    """After the pause a few calls are let through; when all of them succeed the circuit closes."""
    await tried(breaker, ill(), LIMITS.min_calls)
    clock.move(LIMITS.open_s)
    half = breaker.states()

    await tried(breaker, FakeTransport(), LIMITS.probes - 1)
    before = breaker.states()
    await tried(breaker, FakeTransport(), 1)

    assert (list(half.values()), list(before.values()), breaker.states()) == (["half-open"], ["half-open"], {})


async def test_failed_probe_opens_again(breaker, clock):
    """A failed probe opens the circuit again."""
    await tried(breaker, ill(), LIMITS.min_calls)
    clock.move(LIMITS.open_s)
    await tried(breaker, FakeTransport(), 1)

    transport = ill()
    await tried(breaker, transport, 5)

    assert (len(transport.calls), repr(breaker)) == (1, OPEN)


async def test_probes_are_few(breaker, clock):
    """While probes are under way no other call is let through; a cancelled probe makes room."""
    await tried(breaker, ill(), LIMITS.min_calls)
    clock.move(LIMITS.open_s)
    never = asyncio.Event()
    transport = FakeTransport(lambda _: never.wait())
    probes = [asyncio.ensure_future(breaker(a_call(), transport)) for _ in range(LIMITS.probes)]
    await asyncio.sleep(0)

    refused = await tried(breaker, transport, 1)
    probes[0].cancel()
    await asyncio.gather(probes[0], return_exceptions=True)
    await tried(breaker, FakeTransport(lambda _: raised(DeadlineExceeded("late"))), 1)
    still = breaker.states()
    answered = await tried(breaker, FakeTransport(), 1)

    assert (type(refused), list(still.values()), answered) == (CircuitOpen, ["half-open"], None)
    for probe in probes:
        probe.cancel()
    await asyncio.gather(*probes, return_exceptions=True)


async def test_circuits_are_apart(breaker):
    """An outage of one family of endpoints, or of one region, does not concern the others."""
    await tried(breaker, ill(), LIMITS.min_calls)

    others = [a_call(endpoint="projects.list"), a_call(host="https://us.sentry.io")]

    assert [await tried(breaker, FakeTransport(), 1, call) for call in others] == [None, None]
    assert type(await tried(breaker, FakeTransport(), 1, a_call(endpoint="issues.detail"))) is CircuitOpen


async def closed_again(breaker, clock, *, answered=40):
    """A circuit that has been open after this many answers and is closed again."""
    well = FakeTransport(lambda _: a_reply())
    await tried(breaker, well, answered)
    while repr(breaker) != OPEN:
        await tried(breaker, ill(), 1)
    await clock.sleep(LIMITS.open_s)
    await tried(breaker, well, LIMITS.probes)
    return well


async def test_rate_is_limited_after_an_outage(breaker, clock):
    """After an outage calls are limited to one and a half times the earlier rate."""
    began = clock.time()
    transport = await closed_again(breaker, clock)
    back = clock.time()
    pace = 40 * LIMITS.pace / max(1.0, back - LIMITS.open_s - began)

    await asyncio.gather(*(breaker(a_call(deadline=back + 600), transport) for _ in range(10)))

    assert clock.time() - back == pytest.approx(9 / pace)


async def test_limit_ends(breaker, clock):
    """The limit ends after a while."""
    transport = await closed_again(breaker, clock)
    await clock.sleep(LIMITS.calm_s)
    calm = clock.time()

    await asyncio.gather(*(breaker(a_call(deadline=calm + 600), transport) for _ in range(10)))

    assert clock.time() == calm


async def test_waits_that_are_too_long(breaker, clock):
    """A call that would wait for half of its time left is refused at once, so that a stale answer can be served."""
    transport = await closed_again(breaker, clock)
    now = clock.time()

    results = await asyncio.gather(
        *(breaker(a_call(deadline=now + 0.1), transport) for _ in range(10)), return_exceptions=True
    )

    assert isinstance(results[-1], CircuitOpen)
    assert clock.time() - now < 0.1


def call_of(name):
    """A read with the credential of this user."""
    return a_call(upstream=Upstream(name, f"sntryu_{name}"))


def failing(status=503):
    """A transport whose answers are all failures."""
    return FakeTransport(lambda _: raised(Unavailable(f"Sentry answered {status}", status=status)))


@pytest.mark.parametrize("calls_of_others", [0, 3, 100])
async def test_one_credential_harms_itself_only(breaker, calls_of_others):
    """However many calls of one credential fail, the others are not refused."""
    await tried(breaker, failing(), 500, call_of("alice"))
    results = [await tried(breaker, FakeTransport(), 1, call_of("bob")) for _ in range(calls_of_others)]

    assert set(results) <= {None}
    assert await tried(breaker, FakeTransport(), 1, call_of("bob")) is None
    assert type(await tried(breaker, FakeTransport(), 1, call_of("alice"))) is CircuitOpen


async def test_one_slow_credential_harms_itself_only(clock):
    """Slow answers of one credential open its own circuit."""
    patient = Breaker(clock, config(window_s=10_000.0))

    def slow(_):
        clock.move(LIMITS.slow_s)
        return a_reply()

    await tried(patient, FakeTransport(slow), 100, call_of("alice"))

    assert await tried(patient, FakeTransport(), 1, call_of("bob")) is None


async def test_a_single_failure_of_another_is_no_outage(breaker):
    """One failure of a second credential does not turn a first one's failures into an outage."""
    await tried(breaker, failing(), 1, call_of("bob"))
    await tried(breaker, failing(), 500, call_of("alice"))

    assert breaker.states() == {}


@pytest.mark.parametrize("credentials", [2, 5, 20])
async def test_failures_of_several_credentials_open_for_all(breaker, credentials):
    """Failures that several credentials see are an outage, also for those that have not called yet."""
    for number in range(LIMITS.min_calls):
        await tried(breaker, failing(), 1, call_of(f"user{number % credentials}"))

    assert type(await tried(breaker, FakeTransport(), 1, call_of("new"))) is CircuitOpen


async def test_one_credential_cannot_keep_the_circuit_open(breaker, clock):
    """While the circuit is half open the failure of one credential does not open it again for the others."""
    await tried(breaker, ill(), LIMITS.min_calls)
    clock.move(LIMITS.open_s)
    await tried(breaker, failing(), 1, call_of("alice"))
    again = await tried(breaker, failing(), 1, call_of("alice"))

    results = [await tried(breaker, FakeTransport(), 1, call_of("bob")) for _ in range(LIMITS.probes)]

    assert (type(again), results, breaker.states()) == (CircuitOpen, [None] * LIMITS.probes, {})


async def test_failed_probes_of_two_credentials_open_again(breaker, clock):
    """When a second credential's probe fails as well, the outage goes on."""
    await tried(breaker, ill(), LIMITS.min_calls)
    clock.move(LIMITS.open_s)

    for name in ("alice", "bob"):
        await tried(breaker, failing(), 1, call_of(name))

    assert repr(breaker) == OPEN


async def test_excluded_credentials_may_probe_later(breaker, clock):
    """A credential whose probe failed is let through again after a pause, so that it can recover alone."""
    await tried(breaker, ill(), LIMITS.min_calls)
    clock.move(LIMITS.open_s)
    await tried(breaker, failing(), 1, call_of("alice"))
    clock.move(LIMITS.open_s)

    assert await tried(breaker, FakeTransport(), LIMITS.probes, call_of("alice")) is None
    assert breaker.states() == {}


async def test_metrics_count_both_kinds(breaker):
    """Shared circuits are exported with their state, those of credentials as a number."""
    await tried(breaker, ill(), LIMITS.min_calls)
    await tried(breaker, failing(), LIMITS.min_calls, a_call(endpoint="projects.list"))

    labels = [(sample.name, sample.value, dict(sample.labels)["family"]) for sample in breaker.collect()]

    assert labels == [("dexter_circuit_open", 1.0, "issues"), ("dexter_credential_circuits_open", 1, "projects")]


async def test_one_rate_limit_after_an_outage(breaker, clock):
    """When both circuits of a credential have closed again, only the rate of the shared one is limited."""
    await tried(breaker, failing(), LIMITS.min_calls, call_of("alice"))
    await tried(breaker, FakeTransport(), 40, call_of("bob"))
    while repr(breaker).count("open") < 1:
        await tried(breaker, ill(), 1, call_of("bob"))
    await clock.sleep(LIMITS.open_s)
    await tried(breaker, FakeTransport(), LIMITS.probes, call_of("alice"))
    began = clock.time()

    calls = [breaker(a_call(deadline=began + 600), FakeTransport()) for _ in range(10)]
    await asyncio.gather(*calls)

    assert repr(breaker) == "<Breaker all closed>"
    assert clock.time() - began == pytest.approx(9 / (40 * LIMITS.pace))
