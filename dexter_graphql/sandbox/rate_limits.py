"""Rate limiter with fixed windows and a concurrency limit per caller, route and method."""

from dataclasses import dataclass, field
from typing import Final

from dexter_graphql.sandbox.faults import Fault, concurrency_limit, rate_limit_headers, window_limit
from dexter_graphql.sandbox.http import HTTPError

MAX_BUCKETS: Final = 4096
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Requests per window, the length of a window, and concurrent requests."""

    calls: int = 999
    window_s: int = 1
    concurrent: int = 999


@dataclass(slots=True)
class _Bucket:
    window: int = -1
    used: int = 0
    in_flight: int = 0


@dataclass(slots=True)
class RateLimiter:
    """The buckets; every route has the same limit."""

    limit: RateLimit = field(default_factory=RateLimit)
    is_enabled: bool = True
    _buckets: dict[Key, _Bucket] = field(default_factory=dict)

    def acquire(self, key: Key, now: float) -> dict[str, str]:
        """Count a request and return its rate limit headers; raises a 429. Does nothing when disabled."""
        if not self.is_enabled:
            return {}
        limit, bucket = self.limit, self._bucket(key)
        window = int(now // limit.window_s)
        if bucket.window != window:
            bucket.window, bucket.used = window, 0
        reset_at = (window + 1) * limit.window_s
        if bucket.used >= limit.calls:
            raise _rate_limit_error(
                window_limit(limit.calls, limit.window_s, reset_at), self._headers(bucket, reset_at)
            )
        if bucket.in_flight >= limit.concurrent:
            raise _rate_limit_error(concurrency_limit(limit.concurrent, reset_at), self._headers(bucket, reset_at))
        bucket.used += 1
        bucket.in_flight += 1
        return self._headers(bucket, reset_at)

    def release(self, key: Key) -> None:
        """End a request that was counted."""
        if self.is_enabled:
            self._bucket(key).in_flight -= 1

    def _headers(self, bucket: _Bucket, reset_at: int) -> dict[str, str]:
        limit = self.limit
        return rate_limit_headers(
            limit.calls,
            limit.calls - bucket.used,
            reset_at,
            concurrent=limit.concurrent,
            concurrent_remaining=limit.concurrent - bucket.in_flight,
        )

    def _bucket(self, key: Key) -> _Bucket:
        if key not in self._buckets:
            if len(self._buckets) >= MAX_BUCKETS:
                idle = next((k for k, b in self._buckets.items() if not b.in_flight), None)
                self._buckets.pop(idle if idle is not None else key, None)
            self._buckets[key] = _Bucket()
        return self._buckets[key]


def _rate_limit_error(fault: Fault, headers: dict[str, str]) -> HTTPError:
    return HTTPError(fault.status, fault.body, headers)
