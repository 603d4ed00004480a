"""Circuit of the breaker: the outcomes of recent calls, and whether calls are let through."""

import math
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from dexter_graphql.sentry.errors import CircuitOpen

INTERVALS = 10


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

    def limits_rate(self, now: float) -> bool:
        """True for a while after the circuit has closed again."""
        return self.opened_at is None and now - self.closed_at < self.config.calm_s

    def take_turn(self, now: float, patience_s: float) -> float | None:
        """Seconds that a call must wait while the rate is limited; None when that is too long."""
        if not self.limits_rate(now):
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
