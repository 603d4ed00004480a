"""Knows when Sentry is so ill that asking does harm: a circuit per host and family of endpoints.

A circuit opens when, of enough calls in the last seconds, too many failed or were slow. While it is open nothing is
asked; after a pause a few probes are let through, and their answers close it or open it again. Then calls go out in
turns for a while, little faster than before, so that all that grew old meanwhile does not come at once. What Sentry
refuses (4xx, also rate limits) is no illness.
"""

import math
from collections import deque
from dataclasses import dataclass, field

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.errors import (
    BadResponse,
    CircuitOpen,
    ClientError,
    RateLimited,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.stages import CallNext
from dexter_graphql.telemetry.metrics import Sample

MAX_CIRCUITS = 1000
STATE_VALUES = {"open": 1.0, "half-open": 0.5}
FAILURES = (Unavailable, UpstreamTimeout, BadResponse)


@dataclass(frozen=True, slots=True)
class BreakerConfig:
    """How much illness a circuit bears."""

    window_s: float = 10.0
    min_calls: int = 20
    failed_share: float = 0.5
    slow_share: float = 0.8
    slow_s: float = 10.0
    open_s: float = 2.0
    probes: int = 3
    """Calls that a half-open circuit lets through, all of which must succeed."""
    calm_s: float = 10.0
    """How long a circuit that has closed again spreads its calls: all that is kept is old then."""
    pace: float = 1.5
    """How much faster than before the illness calls may go meanwhile."""
    min_pace_per_s: float = 5.0


@dataclass(slots=True)
class Circuit:
    """One circuit. `calls` holds (end, failed, slow) of the last seconds, oldest first."""

    config: BreakerConfig
    calls: deque[tuple[float, bool, bool]] = field(default_factory=deque)
    opened_at: float | None = None
    probing: int = 0
    passed: int = 0
    failed: int = 0
    slow: int = 0
    pace_per_s: float = 0.0
    closed_at: float = -math.inf
    next_at: float = -math.inf

    def take_turn(self, now: float, patience_s: float) -> float | None:
        """Seconds that a call must wait, None when it would be too long; only for a while after the circuit closed."""
        if self.opened_at is not None or now - self.closed_at >= self.config.calm_s:
            return 0.0
        turn_at = max(now, self.next_at)
        if turn_at - now >= patience_s:
            return None
        self.next_at = turn_at + 1 / self.pace_per_s
        return turn_at - now

    def state(self, now: float) -> str:
        """`closed`, `open` or `half-open`."""
        if self.opened_at is None:
            return "closed"
        return "open" if now - self.opened_at < self.config.open_s else "half-open"

    def enter(self, now: float, title: str) -> bool:
        """Let a call through, True when it is a probe; raises CircuitOpen when none may pass."""
        state = self.state(now)
        if state == "closed":
            return False
        if state == "open" or self.probing + self.passed >= self.config.probes:
            raise CircuitOpen("Sentry has been failing; it is asked again in a moment", title=title)
        self.probing += 1
        return True

    def release(self, *, is_probe: bool) -> None:
        """A call ended without saying anything about Sentry."""
        self.probing -= is_probe

    def record(self, now: float, *, is_probe: bool, is_failed: bool, is_slow: bool) -> None:
        """A call ended and says something about Sentry."""
        if is_probe:
            self._judge_probe(now, is_failed=is_failed or is_slow)
        elif self.opened_at is None:
            self._count(now, is_failed=is_failed, is_slow=is_slow)

    def _judge_probe(self, now: float, *, is_failed: bool) -> None:
        self.probing -= 1
        if self.opened_at is None:
            return
        if is_failed:
            self.opened_at, self.passed = now, 0
            return
        self.passed += 1
        if self.passed >= self.config.probes:
            self.opened_at, self.passed, self.closed_at = None, 0, now

    def _count(self, now: float, *, is_failed: bool, is_slow: bool) -> None:
        self.calls.append((now, is_failed, is_slow))
        self.failed += is_failed
        self.slow += is_slow
        while self.calls and now - self.calls[0][0] > self.config.window_s:
            _, failed, slow = self.calls.popleft()
            self.failed -= failed
            self.slow -= slow
        if self._should_open():
            self.opened_at = now
            self._remember_pace()
            self.calls.clear()
            self.failed = self.slow = 0

    def _remember_pace(self) -> None:
        """What answered calls there were per second, before; failures and their repetition are no measure."""
        answers = [at for at, is_failed, _ in self.calls if not is_failed]
        answered_per_s = len(answers) / max(1.0, answers[-1] - answers[0]) if answers else 0.0
        self.pace_per_s = max(self.config.min_pace_per_s, self.config.pace * answered_per_s)

    def _should_open(self) -> bool:
        count, limits = len(self.calls), self.config
        return count >= limits.min_calls and (
            self.failed >= limits.failed_share * count or self.slow >= limits.slow_share * count
        )


class Breaker:
    """Asks the circuit before each attempt."""

    def __init__(self, clock: Clock, config: BreakerConfig | None = None) -> None:
        self._clock = clock
        self._config = config or BreakerConfig()
        self._circuits: BoundedMap[tuple[str, str], Circuit] = BoundedMap(MAX_CIRCUITS)

    def __repr__(self) -> str:
        ill = ", ".join(f"{family} of {host} {state}" for (host, family), state in self.states().items())
        return f"<Breaker {ill or 'all closed'}>"

    def collect(self) -> list[Sample]:
        """Circuits that are not closed: 1 open, 0.5 half open."""
        return [
            Sample("dexter_circuit_open", "Circuits: 1 open, 0.5 half open.", STATE_VALUES[state], _labels(key))
            for key, state in self.states().items()
        ]

    def states(self) -> dict[tuple[str, str], str]:
        """State of every circuit that is not closed, by host and family."""
        now = self._clock.monotonic()
        return {key: state for key, one in self._circuits.items() if (state := one.state(now)) != "closed"}

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """The answer, unless the circuit is open."""
        circuit = self._circuit(call)
        await self._take_turn(circuit, call)
        started = self._clock.monotonic()
        is_probe = circuit.enter(started, call.title)
        try:
            reply = await call_next(call)
        except FAILURES:
            self._record(circuit, is_probe=is_probe, is_failed=True, took_s=0)
            raise
        except (ClientError, RateLimited):
            self._record(circuit, is_probe=is_probe, is_failed=False, took_s=0)
            raise
        except BaseException:
            circuit.release(is_probe=is_probe)
            raise
        took_s = self._clock.monotonic() - started - reply.waited_s
        self._record(circuit, is_probe=is_probe, is_failed=False, took_s=took_s)
        return reply

    async def _take_turn(self, circuit: Circuit, call: Call) -> None:
        patience_s = (call.deadline - self._clock.time()) / 2
        wait_s = circuit.take_turn(self._clock.monotonic(), patience_s)
        if wait_s is None:
            raise CircuitOpen("Sentry has been failing; it is asked again in turns", title=call.title)
        if wait_s > 0:
            await self._clock.sleep(wait_s)

    def _record(self, circuit: Circuit, *, is_probe: bool, is_failed: bool, took_s: float) -> None:
        is_slow = took_s >= self._config.slow_s
        circuit.record(self._clock.monotonic(), is_probe=is_probe, is_failed=is_failed, is_slow=is_slow)

    def _circuit(self, call: Call) -> Circuit:
        key = (call.host, call.endpoint.partition(".")[0])
        circuit = self._circuits.get(key)
        if circuit is None:
            circuit = Circuit(self._config)
            self._circuits.put(key, circuit)
        return circuit


def _labels(key: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    host, family = key
    return (("host", host), ("family", family))
