"""Knows which failures are worth another try, when, and how many tries all traffic together may have.

Waits grow exponentially with full jitter and never outlast the call's deadline. A write that is not idempotent is never
sent twice. A rate limit costs no wait here: the limiter behind this stage has learned from it and holds the next try.
"""

from random import Random

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.token_bucket import TokenBucket
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
BURST_S = 5.0
"""Seconds of that rate that are saved up at most."""
RETRYABLE = (RateLimited, Unavailable, UpstreamTimeout, TruncatedResponse)


def retry_budget(clock: Clock) -> TokenBucket:
    """Return the retries that all calls of the process share; each call adds to them."""
    return TokenBucket(FLOOR_PER_S, FLOOR_PER_S * BURST_S, clock.monotonic)


class Retry:
    """Tries again what failed for a reason that passes."""

    def __init__(self, clock: Clock, random: Random, budget: TokenBucket, *, max_retries: int = MAX_RETRIES) -> None:
        self._clock = clock
        self._random = random
        self._budget = budget
        self._max_retries = max_retries

    def __repr__(self) -> str:
        return f"<Retry {self._budget!r}>"

    def collect(self) -> list[Sample]:
        """What is left for retries."""
        return [Sample("dexter_retry_budget", "Retries that may be spent now.", self._budget.tokens)]

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """The first answer that comes, or the last failure."""
        self._budget.add(SHARE)
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
        if self._clock.time() + wanted_s >= call.deadline or not self._budget.take():
            return None
        return wait_s

    def _backoff_s(self, retries: int) -> float:
        return self._random.uniform(0, min(CAP_S, BASE_S * 2.0**retries))
