"""Circuit breaker stage: stops sending calls that are bound to fail.

There is a circuit per host and family of endpoints, and one for each credential in it. A circuit opens when, of enough
calls in the last seconds, too many failed or were slow. The shared one opens only on connection failures and on
failures that at least two credentials see; the failures of one credential open that credential's own circuit.

While a circuit is open nothing is sent. After a pause a few probes are let through, whose answers close it or open it
again. Then calls are sent at a limited rate for a while, as all that became stale meanwhile is requested at once.
Answers that refuse the request (4xx, rate limits) and errors of a single request (500 with an `errorId`) do not count
as failures.
"""

from collections import Counter
from http import HTTPStatus

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.errors import (
    BadResponse,
    CircuitOpen,
    ClientError,
    InternalError,
    SentryError,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.stages import CallNext
from dexter_graphql.sentry.stages.circuit import BreakerConfig, Circuit, Outcome
from dexter_graphql.telemetry.metrics import Sample

MAX_CIRCUITS = 1000
MAX_CREDENTIAL_CIRCUITS = 2000
STATE_VALUES = {"open": 1.0, "half-open": 0.5}
FAILURES = (Unavailable, UpstreamTimeout, BadResponse)

CircuitKey = tuple[str, ...]


class Breaker:
    """Asks the circuits before each attempt."""

    def __init__(self, clock: Clock, config: BreakerConfig | None = None) -> None:
        self._clock = clock
        self._config = config or BreakerConfig()
        self._shared: BoundedMap[CircuitKey, Circuit] = BoundedMap(MAX_CIRCUITS)
        self._own: BoundedMap[CircuitKey, Circuit] = BoundedMap(MAX_CREDENTIAL_CIRCUITS)

    def __repr__(self) -> str:
        shared = [f"{family} of {host} {state}" for (host, family), state in self.states().items()]
        own = [f"{family} of {host} for {count} credentials" for (host, family), count in self.own_states().items()]
        return f"<Breaker {', '.join(shared + own) or 'all closed'}>"

    def collect(self) -> list[Sample]:
        """Circuits that are not closed."""
        shared, own = "Circuits: 1 open, 0.5 half open.", "Credentials whose own circuit is not closed."
        return [
            *(
                Sample("dexter_circuit_open", shared, STATE_VALUES[state], _labels(key))
                for key, state in self.states().items()
            ),
            *(
                Sample("dexter_credential_circuits_open", own, count, _labels(key))
                for key, count in self.own_states().items()
            ),
        ]

    def states(self) -> dict[CircuitKey, str]:
        """State of every shared circuit that is not closed, by host and family."""
        now = self._clock.monotonic()
        return {key: state for key, circuit in self._shared.items() if (state := circuit.state(now)) != "closed"}

    def own_states(self) -> Counter[CircuitKey]:
        """Number of credentials whose own circuit is not closed, by host and family."""
        now = self._clock.monotonic()
        return Counter(key[:2] for key, circuit in self._own.items() if circuit.state(now) != "closed")

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """The answer, unless a circuit is open."""
        family = call.endpoint.partition(".")[0]
        shared = self._circuit(self._shared, (call.host, family))
        own = self._circuit(self._own, (call.host, family, call.upstream.key))
        # After an outage that all credentials saw, the limit of the shared circuit is enough.
        limiting = shared if shared.limits_rate(self._clock.monotonic()) else own
        wait_s = self._wait_s(limiting, call)
        if wait_s > 0:
            await self._clock.sleep(wait_s)
        attempt = Attempt(self._clock, self._config, call.upstream.key)
        attempt.enter(shared, own, call.title)
        try:
            reply = await call_next(call)
        except SentryError as error:
            attempt.fail(error)
            raise
        except BaseException:
            attempt.release()
            raise
        attempt.succeed(reply.waited_s)
        return reply

    def _wait_s(self, circuit: Circuit, call: Call) -> float:
        """Seconds until the call's turn; raises CircuitOpen when that is too long."""
        patience_s = (call.deadline - self._clock.time()) / 2
        wait_s = circuit.take_turn(self._clock.monotonic(), patience_s)
        if wait_s is None:
            raise CircuitOpen("Sentry has been failing; calls are sent at a limited rate", title=call.title)
        return wait_s

    def _circuit(self, circuits: BoundedMap[CircuitKey, Circuit], key: CircuitKey) -> Circuit:
        circuit = circuits.get(key)
        if circuit is None:
            circuit = Circuit(self._config)
            circuits.put(key, circuit)
        return circuit


class Attempt:
    """One call on its way through the shared circuit and its credential's own one."""

    __slots__ = ("_clock", "_config", "_credential", "_is_own_probe", "_is_shared_probe", "_own", "_shared", "_started")

    def __init__(self, clock: Clock, config: BreakerConfig, credential: str) -> None:
        self._clock = clock
        self._config = config
        self._credential = credential
        self._started = clock.monotonic()

    def enter(self, shared: Circuit, own: Circuit, title: str) -> None:
        """Enter both circuits; raises CircuitOpen when one of them lets no call through."""
        self._shared, self._own = shared, own
        self._is_shared_probe = shared.enter(self._started, self._credential, title)
        try:
            self._is_own_probe = own.enter(self._started, self._credential, title)
        except CircuitOpen:
            shared.release(is_probe=self._is_shared_probe)
            raise

    def release(self) -> None:
        """The call ended with a result that says nothing about Sentry."""
        self._shared.release(is_probe=self._is_shared_probe)
        self._own.release(is_probe=self._is_own_probe)

    def succeed(self, waited_s: float) -> None:
        """The call was answered, after it had waited for a permit."""
        took_s = self._clock.monotonic() - self._started - waited_s
        self._record(is_failed=False, is_slow=took_s >= self._config.slow_s)

    def fail(self, error: SentryError) -> None:
        """The call failed; some failures are answers of a server that works."""
        if is_connection_failure(error):
            self._shared.record(self._outcome(None, is_failed=True), is_probe=self._is_shared_probe)
            self._own.release(is_probe=self._is_own_probe)
        elif is_failure(error):
            self._record(is_failed=True, is_slow=False)
        elif error.status is not None or isinstance(error, ClientError):
            self._record(is_failed=False, is_slow=False)
        else:
            self.release()

    def _record(self, *, is_failed: bool, is_slow: bool) -> None:
        shared_outcome = self._outcome(self._credential, is_failed=is_failed, is_slow=is_slow)
        self._shared.record(shared_outcome, is_probe=self._is_shared_probe)
        self._own.record(self._outcome(None, is_failed=is_failed, is_slow=is_slow), is_probe=self._is_own_probe)

    def _outcome(self, credential: str | None, *, is_failed: bool, is_slow: bool = False) -> Outcome:
        return Outcome(self._clock.monotonic(), credential, is_failed, is_slow)


def is_failure(error: SentryError) -> bool:
    """True for a failure that other calls are likely to see as well."""
    status = error.status or 0
    is_client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, FAILURES) and not isinstance(error, InternalError) and not is_client_error


def is_connection_failure(error: SentryError) -> bool:
    """True when no answer came because the host cannot be reached or the connection broke."""
    return isinstance(error, Unavailable) and not isinstance(error, CircuitOpen) and error.status is None


def _labels(key: CircuitKey) -> tuple[tuple[str, str], ...]:
    host, family = key[:2]
    return (("host", host), ("family", family))
