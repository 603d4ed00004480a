"""Circuit breaker stage: stops sending calls that are bound to fail.

There is a circuit per host and family of endpoints, and one for each credential in it. A circuit opens when, of enough
calls in the last seconds, too many failed or were slow. The shared one opens only on connection failures and on
failures that at least two credentials see; the failures of one credential open that credential's own circuit.

While a circuit is open nothing is sent. After a pause a few probes are let through, whose answers close it or open it
again. Then calls are sent at a limited rate for a while, as all that became stale meanwhile is requested at once.
Answers that refuse the request (4xx, rate limits) and errors of a single request (500 with an `errorId`) do not count
as failures.
"""

import math
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple

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
from dexter_graphql.telemetry.metrics import Sample

INTERVALS = 10
MAX_CIRCUITS = 1000
MAX_CREDENTIAL_CIRCUITS = 2000
STATE_VALUES = {"open": 1.0, "half-open": 0.5}
FAILURES = (Unavailable, UpstreamTimeout, BadResponse)

CircuitKey = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BreakerConfig:
    """Thresholds of a circuit."""

    window_s: float = 10.0
    min_calls: int = 20
    min_calls_of_others: int = 5
    """Calls that are needed besides those of the credential with the most failures."""
    failed_share: float = 0.5
    slow_share: float = 0.8
    slow_s: float = 10.0
    open_s: float = 2.0
    probes: int = 3
    """Calls that a half-open circuit lets through, all of which must succeed."""
    calm_s: float = 10.0
    """Seconds for which a circuit that has closed again limits the rate."""
    pace: float = 1.5
    """That rate, as a multiple of the answered calls per second before the circuit opened."""
    min_pace_per_s: float = 5.0


class Outcome(NamedTuple):
    """The end of one call. `credential` is None when it concerns all credentials alike."""

    at: float
    credential: str | None
    is_failed: bool
    is_slow: bool


class CallCounts:
    """Numbers of calls by credential."""

    __slots__ = ("calls", "failed", "slow", "started_at")

    def __init__(self, started_at: float) -> None:
        self.started_at = started_at
        self.calls: Counter[str | None] = Counter()
        self.failed: Counter[str | None] = Counter()
        self.slow: Counter[str | None] = Counter()

    def add(self, outcome: Outcome) -> None:
        """Count a call."""
        self.calls[outcome.credential] += 1
        if outcome.is_failed:
            self.failed[outcome.credential] += 1
        if outcome.is_slow:
            self.slow[outcome.credential] += 1


class CallWindow:
    """The outcomes of the last seconds, counted by credential in intervals of a tenth of that time."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._intervals: deque[CallCounts] = deque()
        self._size = 0
        self._bad = 0

    def __len__(self) -> int:
        return self._size

    def add(self, outcome: Outcome) -> None:
        """Count an outcome, and forget those that are too old."""
        intervals = self._intervals
        if not intervals or outcome.at - intervals[-1].started_at >= self._window_s / INTERVALS:
            intervals.append(CallCounts(outcome.at))
            while outcome.at - intervals[0].started_at > self._window_s:
                self._forget(intervals.popleft())
        intervals[-1].add(outcome)
        self._size += 1
        self._bad += outcome.is_failed or outcome.is_slow

    def clear(self) -> None:
        """Forget all outcomes."""
        self._intervals.clear()
        self._size = self._bad = 0

    def exceeds(self, config: BreakerConfig) -> bool:
        """True when too many calls failed or were slow, also without the credential that has the most of them."""
        if self._size < config.min_calls or self._bad < min(config.failed_share, config.slow_share) * self._size:
            return False
        calls = _total(interval.calls for interval in self._intervals)
        failed = _total(interval.failed for interval in self._intervals)
        slow = _total(interval.slow for interval in self._intervals)
        least = config.min_calls_of_others
        return _is_over(failed, calls, config.failed_share, least) or _is_over(slow, calls, config.slow_share, least)

    def answered_per_s(self) -> float:
        """Answers per second; failures and their retries do not count."""
        answers = [
            (interval.started_at, count)
            for interval in self._intervals
            if (count := interval.calls.total() - interval.failed.total())
        ]
        return sum(count for _, count in answers) / max(1.0, answers[-1][0] - answers[0][0]) if answers else 0.0

    def _forget(self, interval: CallCounts) -> None:
        self._size -= interval.calls.total()
        self._bad -= interval.failed.total() + interval.slow.total()


def _total(counters: Iterable[Counter[str | None]]) -> Counter[str | None]:
    total: Counter[str | None] = Counter()
    for counter in counters:
        total.update(counter)
    return total


def _is_over(bad: Counter[str | None], calls: Counter[str | None], share: float, min_calls_of_others: int) -> bool:
    bad_calls, all_calls = bad.total(), calls.total()
    if bad_calls < share * all_calls:
        return False
    worst = max((key for key in bad if key is not None), key=bad.__getitem__, default=None)
    if worst is None:
        return True
    others = all_calls - calls[worst]
    return others >= min_calls_of_others and bad_calls - bad[worst] >= share * others


@dataclass(slots=True)
class Circuit:
    """One circuit. `probing` and `passed` count the probes of a half-open one."""

    config: BreakerConfig
    window: CallWindow = field(init=False)
    opened_at: float | None = None
    probing: int = 0
    passed: int = 0
    excluded: dict[str, float] = field(default_factory=dict)
    """Credentials whose probe failed, and until when they may not probe again."""
    pace_per_s: float = 0.0
    closed_at: float = -math.inf
    next_at: float = -math.inf

    def __post_init__(self) -> None:
        self.window = CallWindow(self.config.window_s)

    def state(self, now: float) -> str:
        """`closed`, `open` or `half-open`."""
        if self.opened_at is None:
            return "closed"
        return "open" if now - self.opened_at < self.config.open_s else "half-open"

    def take_turn(self, now: float, patience_s: float) -> float | None:
        """Seconds that a call must wait while the rate is limited; None when that is too long."""
        if self.opened_at is not None or now - self.closed_at >= self.config.calm_s:
            return 0.0
        turn_at = max(now, self.next_at)
        if turn_at - now >= patience_s:
            return None
        self.next_at = turn_at + 1 / self.pace_per_s
        return turn_at - now

    def enter(self, now: float, credential: str, title: str) -> bool:
        """Let a call through, True when it is a probe; raises CircuitOpen when none may pass."""
        state = self.state(now)
        if state == "closed":
            return False
        is_excluded = now < self.excluded.get(credential, -math.inf)
        if state == "open" or is_excluded or self.probing + self.passed >= self.config.probes:
            raise CircuitOpen("Sentry has been failing; calls are resumed in a moment", title=title)
        self.probing += 1
        return True

    def release(self, *, is_probe: bool) -> None:
        """A call ended with a result that says nothing about Sentry."""
        self.probing -= is_probe

    def record(self, outcome: Outcome, *, is_probe: bool) -> None:
        """A call ended with a result that says something about Sentry."""
        if is_probe:
            self._record_probe(outcome)
        elif self.opened_at is None:
            self.window.add(outcome)
            if self.window.exceeds(self.config):
                self._open(outcome.at)

    def _open(self, now: float) -> None:
        self.opened_at = now
        self.pace_per_s = max(self.config.min_pace_per_s, self.config.pace * self.window.answered_per_s())
        self.window.clear()

    def _record_probe(self, outcome: Outcome) -> None:
        self.probing -= 1
        if self.opened_at is None:
            return
        if outcome.is_failed or outcome.is_slow:
            self._fail_probe(outcome.at, outcome.credential)
            return
        self.passed += 1
        if self.passed >= self.config.probes:
            self.opened_at, self.passed, self.closed_at = None, 0, outcome.at
            self.excluded.clear()

    def _fail_probe(self, now: float, credential: str | None) -> None:
        """Open again; on the failure of one credential keep only that one from probing."""
        others = [until for key, until in self.excluded.items() if key != credential and until > now]
        if credential is not None and not others:
            self.excluded = {credential: now + self.config.open_s}
            return
        self.opened_at, self.passed = now, 0
        self.excluded.clear()


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
        for circuit in (shared, own):
            wait_s = self._wait_s(circuit, call)
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
