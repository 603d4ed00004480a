"""Rate limiter stage: a bucket of permits per host, credential, endpoint and method.

Sentry limits calls per fixed window and concurrent calls, and reports both in the headers of each answer. Calls wait
here instead of being refused by Sentry: by priority, then in turns between callers. A wait that would outlast the
deadline is refused at once, with the time that it would take.
"""

import asyncio
from random import Random
from typing import TYPE_CHECKING

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.errors import RateLimited
from dexter_graphql.sentry.stages import CallNext
from dexter_graphql.sentry.stages.rate_limit_bucket import Bucket, Waiter
from dexter_graphql.sentry.stages.rate_limit_headers import parse
from dexter_graphql.telemetry.metrics import Sample

if TYPE_CHECKING:
    from dexter_graphql.sentry.redis.rate_limit_shares import RateLimitShares

MAX_BUCKETS = 4096
MAX_WAITING = 2000
"""Waiting calls of one bucket."""
JITTER_S = 0.02
"""Random delay after the end of a window, so that several processes do not start at the same moment."""
TOO_MANY = "Sentry's rate limit is reached, and the wait would be too long"

BucketKey = tuple[str, str, str, str]


class Limiter:
    """Gives each call a permit before it is sent, and learns the limits from its answer."""

    def __init__(
        self,
        clock: Clock,
        random: Random,
        *,
        rate_limit_shares: "RateLimitShares | None" = None,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._rate_limit_shares = rate_limit_shares
        self._leasing: dict[BucketKey, asyncio.Task[None]] = {}
        self._clock = clock
        self._random = random
        self._max_waiting = max_waiting
        self._buckets: BoundedMap[BucketKey, Bucket] = BoundedMap(
            MAX_BUCKETS, may_evict=lambda _key, bucket: not bucket.waiting and not bucket.in_flight
        )
        self._timers: dict[BucketKey, asyncio.Task[None]] = {}

    def __repr__(self) -> str:
        return f"<Limiter {len(self._buckets)} buckets, {self.in_flight} calls under way, {self.waiting} waiting>"

    def collect(self) -> list[Sample]:
        """Calls with a permit and calls that wait for one."""
        return [
            Sample("dexter_upstream_in_flight", "Calls to Sentry under way.", self.in_flight),
            Sample("dexter_rate_limit_queue_length", "Calls that wait for a permit.", self.waiting),
        ]

    @property
    def in_flight(self) -> int:
        """Calls with a permit, in all buckets."""
        return sum(bucket.in_flight for bucket in self._buckets.values())

    @property
    def waiting(self) -> int:
        """Calls that wait for a permit, in all buckets."""
        return sum(bucket.waiting for bucket in self._buckets.values())

    def rate_limit(self, upstream_key: str) -> float | None:
        """The lowest limit of a credential's buckets for this replica, in calls a second; None while none is known."""
        limits = [bucket.rate_limit for key, bucket in self._buckets.items() if key[1] == upstream_key]
        return min((limit for limit in limits if limit is not None), default=None)

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """The answer; waits for a permit first if need be."""
        key = (call.host, call.upstream.key, call.endpoint, call.method)
        bucket = self._bucket(key)
        now = self._clock.time()
        is_at_once = not bucket.waiting and bucket.take(now)
        waited_s = 0.0 if is_at_once else await self._queued(key, bucket, call, now)
        started = self._clock.monotonic()
        try:
            reply = await call_next(call)
        except RateLimited as refusal:
            now = self._clock.time()
            bucket.block(now, refusal.retry_after, parse(refusal.headers, now))
            raise
        else:
            now = self._clock.time()
            bucket.learn(now, parse(reply.headers, now))
        finally:
            bucket.release(self._clock.monotonic() - started)
            self._dispatch(key, bucket)
        return reply if is_at_once else msgspec.structs.replace(reply, waited_s=reply.waited_s + waited_s)

    async def close(self) -> None:
        """Cancel the background tasks."""
        tasks = [*self._timers.values(), *self._leasing.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._timers.clear()
        self._leasing.clear()

    async def _queued(self, key: BucketKey, bucket: Bucket, call: Call, now: float) -> float:
        """Wait for a permit, and return the seconds that it took."""
        # A permit is useless when it leaves no time for the call itself.
        left_s = call.deadline - now
        left_s -= min(bucket.took_s, left_s / 2)
        estimate_s = bucket.estimate_s(now, call.priority)
        if estimate_s >= left_s or bucket.waiting >= self._max_waiting:
            raise RateLimited(TOO_MANY, retry_after=max(estimate_s, bucket.rest_s(now)), title=call.title, status=None)
        waiting = bucket.enqueue(call.priority, call.caller)
        self._dispatch(key, bucket)
        await self._permitted(key, bucket, waiting, call, left_s)
        return self._clock.time() - now

    async def _permitted(self, key: BucketKey, bucket: Bucket, waiting: Waiter, call: Call, left_s: float) -> None:
        try:
            async with asyncio.timeout(left_s):
                await waiting.permit
        except TimeoutError:
            self._give_up(key, bucket, waiting)
            estimate_s = bucket.estimate_s(self._clock.time(), call.priority)
            raise RateLimited(TOO_MANY, retry_after=estimate_s, title=call.title, status=None) from None
        except BaseException:
            self._give_up(key, bucket, waiting)
            raise

    def _give_up(self, key: BucketKey, bucket: Bucket, waiting: Waiter) -> None:
        bucket.abandon(waiting)
        self._dispatch(key, bucket)

    def _dispatch(self, key: BucketKey, bucket: Bucket) -> None:
        """Give the free permits to waiting calls, and schedule the next time if the end of the window brings more."""
        now = self._clock.time()
        bucket.release_waiters(now)
        if (
            self._rate_limit_shares is not None
            and key not in self._leasing
            and (needed := bucket.needed(now)) is not None
        ):
            self._leasing[key] = asyncio.create_task(self._lease(self._rate_limit_shares, key, bucket, needed))
        if bucket.waiting and key not in self._timers and bucket.rest_s(now) > 0:
            self._timers[key] = asyncio.create_task(self._wake(key, bucket))

    async def _lease(
        self, rate_limit_shares: "RateLimitShares", key: BucketKey, bucket: Bucket, needed: tuple[int, int, int]
    ) -> None:
        """Request this replica's next share of permits, and give them to waiting calls."""
        window, permits, limit = needed
        try:
            bucket.grant(window, await rate_limit_shares.take(key, window, permits, limit))
        finally:
            self._leasing.pop(key, None)
        self._dispatch(key, bucket)

    async def _wake(self, key: BucketKey, bucket: Bucket) -> None:
        try:
            while bucket.waiting and (rest_s := bucket.rest_s(self._clock.time())) > 0:
                await self._clock.sleep(rest_s + self._random.uniform(0, JITTER_S))
                self._dispatch(key, bucket)
        finally:
            # Here and not in a callback, so that the next call sees at once that no timer is running.
            self._timers.pop(key, None)

    def _bucket(self, key: BucketKey) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = Bucket()
            self._buckets.put(key, bucket)
        if self._rate_limit_shares is not None and self._rate_limit_shares.replicas > 1:
            bucket.share(self._rate_limit_shares.replicas)
        return bucket
