"""Retry stage: which failures are retried, when, and how often within the budget.

Waits grow exponentially with full jitter and never outlast the call's deadline. A write that is not idempotent is never
sent twice. A rate limit costs no wait here: the limiter below has learned from it and delays the next attempt.
"""

from http import HTTPStatus
from random import Random

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.concurrency.token_bucket import TokenBucket
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.errors import (
    CircuitOpen,
    InternalError,
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
MAX_RETRIES_OF_INTERNAL_ERROR = 1
BASE_S = 0.1
CAP_S = 5.0
SHARE = 0.1
"""Retries that each call adds to the budget, so that retries stay a tenth of traffic."""
FLOOR_PER_S = 10.0
"""Retries per second that are always allowed, for times of little traffic."""
BURST_S = 5.0
"""Seconds of that rate that can be saved up."""
CREDENTIAL_SHARE = 0.5
"""Part of the floor that one credential may use, so that its failures leave retries to the others."""
MAX_CREDENTIALS = 10_000
RETRYABLE = (RateLimited, Unavailable, UpstreamTimeout, TruncatedResponse)


class RetryBudget:
    """The retries that all calls of the process share, and each credential's part of them."""

    def __init__(self, clock: Clock) -> None:
        self._now = clock.monotonic
        self._total = TokenBucket(FLOOR_PER_S, FLOOR_PER_S * BURST_S, self._now)
        self._by_credential: BoundedMap[str, TokenBucket] = BoundedMap(MAX_CREDENTIALS)

    def __repr__(self) -> str:
        return f"{self.tokens:.1f} retries left"

    @property
    def tokens(self) -> float:
        """Retries that may be spent now."""
        return self._total.tokens

    def add(self, upstream_key: str) -> None:
        """Count a call, which adds its share."""
        self._total.add(SHARE)
        self._part(upstream_key).add(SHARE)

    def take(self, upstream_key: str) -> bool:
        """Spend one retry; False when the process or the credential has none left."""
        part = self._part(upstream_key)
        return part.tokens >= 1 and self._total.take() and part.take()

    def _part(self, upstream_key: str) -> TokenBucket:
        part = self._by_credential.get(upstream_key)
        if part is None:
            rate_per_s = FLOOR_PER_S * CREDENTIAL_SHARE
            part = TokenBucket(rate_per_s, rate_per_s * BURST_S, self._now)
            self._by_credential.put(upstream_key, part)
        return part


class Retry:
    """Repeats calls that failed for a reason that passes."""

    def __init__(self, clock: Clock, random: Random, budget: RetryBudget, *, max_retries: int = MAX_RETRIES) -> None:
        self._clock = clock
        self._random = random
        self._budget = budget
        self._max_retries = max_retries

    def __repr__(self) -> str:
        return f"<Retry {self._budget!r}>"

    def collect(self) -> list[Sample]:
        """What is left of the budget."""
        return [Sample("dexter_retry_budget", "Retries that may be spent now.", self._budget.tokens)]

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """The first answer, or the last failure."""
        self._budget.add(call.upstream.key)
        has_unknown_outcome = False
        for retries in range(self._max_retries + 1):
            try:
                reply = await call_next(call)
            except SentryError as error:
                error.retries += retries
                # An earlier attempt may have applied the change, even when the last one failed.
                has_unknown_outcome |= error.outcome is WriteOutcome.UNKNOWN
                if has_unknown_outcome:
                    error.set_outcome(WriteOutcome.UNKNOWN, is_repeatable=call.is_idempotent)
                wait_s = self._wait_s(call, error, retries)
                if wait_s is None:
                    raise
            else:
                return msgspec.structs.replace(reply, retries=reply.retries + retries) if retries else reply
            await self._clock.sleep(wait_s)
        raise AssertionError("the last attempt either answers or raises")

    def _wait_s(self, call: Call, error: SentryError, retries: int) -> float | None:
        """Seconds until the next attempt, None when there is none."""
        if not call.is_idempotent or retries >= min(self._max_retries, _max_retries_after(error)):
            return None
        wait_s = 0.0 if isinstance(error, RateLimited) else self._backoff_s(retries)
        ready_in_s = error.retry_after if isinstance(error, RateLimited) else wait_s
        if self._clock.time() + ready_in_s >= call.deadline or not self._budget.take(call.upstream.key):
            return None
        return wait_s

    def _backoff_s(self, retries: int) -> float:
        return self._random.uniform(0, min(CAP_S, BASE_S * 2.0**retries))


def _max_retries_after(error: SentryError) -> int:
    """How many attempts in all may follow a call that failed so."""
    if isinstance(error, InternalError):
        return MAX_RETRIES_OF_INTERNAL_ERROR
    is_page_of_client_error = isinstance(error, Unavailable) and _is_client_error(error)
    is_passing = isinstance(error, RETRYABLE) and not isinstance(error, CircuitOpen)
    return MAX_RETRIES if is_passing and not is_page_of_client_error else 0


def _is_client_error(error: SentryError) -> bool:
    return error.status is not None and HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR
