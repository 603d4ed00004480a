"""Pace of live queries: how often they may be refreshed without using up Sentry's rate limit."""

from collections.abc import Callable

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.concurrency.token_bucket import TokenBucket

MAX_CREDENTIALS = 10_000
"""Credentials whose calls are counted; the one unused for longest is dropped first."""


class LivePace:
    """Keeps the calls of all live queries of a credential within a share of its rate limit.

    `rate_limit_of` returns the limit of a credential in calls a second, None while none is known: then nothing waits.
    """

    def __init__(self, clock: Clock, share: float, rate_limit_of: Callable[[str], float | None]) -> None:
        self._clock = clock
        self._share = share
        self._rate_limit_of = rate_limit_of
        self._buckets: BoundedMap[str, tuple[float, TokenBucket]] = BoundedMap(MAX_CREDENTIALS)

    async def wait(self, upstream_key: str, calls: int) -> None:
        """Return when a refresh that makes this many calls may begin; counts them."""
        bucket = self._bucket(upstream_key)
        if bucket is None:
            return
        rate_per_s, tokens = bucket
        # Counted before the wait, so that refreshes which wait at the same time wait for each other.
        debt = -tokens.tokens
        tokens.charge(calls)
        if debt > 0:
            await self._clock.sleep(debt / rate_per_s)

    def correct(self, upstream_key: str, calls: int) -> None:
        """Count calls that a refresh made besides those it was expected to make; negative when it made fewer."""
        bucket = self._bucket(upstream_key)
        if bucket is not None:
            bucket[1].charge(calls)

    def _bucket(self, upstream_key: str) -> tuple[float, TokenBucket] | None:
        limit = self._rate_limit_of(upstream_key)
        if limit is None:
            return None
        rate_per_s = limit * self._share
        bucket = self._buckets.get(upstream_key)
        if bucket is None or bucket[0] != rate_per_s:
            bucket = (rate_per_s, TokenBucket(rate_per_s, max(1.0, rate_per_s), self._clock.monotonic))
            self._buckets.put(upstream_key, bucket)
        return bucket
