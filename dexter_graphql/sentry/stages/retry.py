"""Knows which failures are worth another try, when, and how many tries all traffic together may have.

Waits grow exponentially with full jitter and never outlast the call's deadline. A write that is not idempotent is never
sent twice. A rate limit costs no wait here: the limiter behind this stage has learned from it and holds the next try.
"""

from random import Random

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.errors import (
    CircuitOpen,
    RateLimited,
    SentryError,
    TruncatedResponse,
    Unavailable,
    UpstreamTimeout,
    WriteOutcome,
)
from dexter_graphql.sentry.stages import CallNext
from dexter_graphql.telemetry.metrics import Sample

MAX_RETRIES = 4
BASE_S = 0.1
CAP_S = 5.0
SHARE = 0.1
"""Retries that each call pays in for, so that retries stay a tenth of traffic."""
FLOOR_PER_S = 10.0
"""Retries per second that are free, so that little traffic is not left alone with its failures."""
RETRYABLE = (RateLimited, Unavailable, UpstreamTimeout, TruncatedResponse)


class RetryBudget:
    """What retries may be spent, for the whole process: a share of traffic and a floor per second."""

    def __init__(self, clock: Clock, *, share: float = SHARE, floor_per_s: float = FLOOR_PER_S) -> None:
        self._clock = clock
        self._share = share
        self._floor_per_s = floor_per_s
        self._limit = max(1.0, floor_per_s * 5)
        self._tokens = self._limit
        self._at = clock.monotonic()

    def __repr__(self) -> str:
        return f"{self._tokens:.1f} of {self._limit:.0f} retries left"

    @property
    def left(self) -> float:
        """Retries that may be spent now."""
        return self._tokens

    def pay_in(self) -> None:
        """Count one call."""
        self._tokens = min(self._limit, self._tokens + self._share)

    def spend(self) -> bool:
        """Take one retry; False when there is none left."""
        now = self._clock.monotonic()
        self._tokens = min(self._limit, self._tokens + (now - self._at) * self._floor_per_s)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Retry:
    """Tries again what failed for a reason that passes."""

    def __init__(self, clock: Clock, random: Random, budget: RetryBudget, *, max_retries: int = MAX_RETRIES) -> None:
        self._clock = clock
        self._random = random
        self._budget = budget
        self._max_retries = max_retries

    def __repr__(self) -> str:
        return f"<Retry {self._budget!r}>"

    def collect(self) -> list[Sample]:
        """What is left for retries."""
        return [Sample("dexter_retry_budget", "Retries that may be spent now.", self._budget.left)]

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """The first answer that comes, or the last failure."""
        self._budget.pay_in()
        has_unknown_outcome = False
        for retries in range(self._max_retries + 1):
            try:
                reply = await call_next(call)
            except SentryError as error:
                # An earlier attempt may have applied the change, whatever became of the last one.
                has_unknown_outcome |= error.outcome is WriteOutcome.UNKNOWN
                if has_unknown_outcome:
                    error.set_outcome(WriteOutcome.UNKNOWN, is_repeatable=call.is_idempotent)
                wait_s = self._wait_s(call, error, retries)
                if wait_s is None:
                    raise
            else:
                return msgspec.structs.replace(reply, retries=reply.retries + retries) if retries else reply
            await self._clock.sleep(wait_s)
        raise AssertionError("the last try either answers or raises")

    def _wait_s(self, call: Call, error: SentryError, retries: int) -> float | None:
        """Seconds until the next try, None when there is none."""
        is_passing = isinstance(error, RETRYABLE) and not isinstance(error, CircuitOpen)
        if not (call.is_idempotent and is_passing) or retries >= self._max_retries:
            return None
        wait_s = 0.0 if isinstance(error, RateLimited) else self._backoff_s(retries)
        wanted_s = error.retry_after if isinstance(error, RateLimited) else wait_s
        if self._clock.time() + wanted_s >= call.deadline or not self._budget.spend():
            return None
        return wait_s

    def _backoff_s(self, retries: int) -> float:
        return self._random.uniform(0, min(CAP_S, BASE_S * 2.0**retries))
