"""Knows how fast Sentry may be asked, and who asks next: a bucket per host, credential, endpoint and method.

Sentry counts calls in fixed windows and in flight, and says so in the headers of each answer; there is nothing else to
go by. Calls wait here rather than be refused there: the more urgent first, then in turns between callers. A wait that
would outlast the call's deadline is refused at once, with the time that it would take.
"""

import asyncio
from random import Random

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.errors import RateLimited
from dexter_graphql.sentry.redis.rate_limit_shares import RateLimitShares
from dexter_graphql.sentry.stages import CallNext
from dexter_graphql.sentry.stages.rate_limit_bucket import Bucket, Waiter
from dexter_graphql.sentry.stages.rate_limit_headers import parse
from dexter_graphql.telemetry.metrics import Sample

MAX_BUCKETS = 4096
MAX_WAITING = 2000
"""Calls that wait in one bucket, at most."""
JITTER_S = 0.02
"""After the window's end, so that several processes do not all begin in the same moment."""
TOO_MANY = "Sentry may not be asked any faster; the wait would be too long"

BucketKey = tuple[str, str, str, str]


class Limiter:
    """Gives each call a permit before it goes out, and learns from its answer."""

    def __init__(
        self,
        clock: Clock,
        random: Random,
        *,
        rate_limit_shares: RateLimitShares | None = None,
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
        waiting, flying = (sum(getattr(b, name) for b in self._buckets.values()) for name in ("waiting", "in_flight"))
        return f"<Limiter {len(self._buckets)} buckets, {flying} calls under way, {waiting} waiting>"

    def collect(self) -> list[Sample]:
        """Who has permits, and who waits for one."""
        flying = sum(bucket.in_flight for bucket in self._buckets.values())
        return [
            Sample("dexter_upstream_in_flight", "Calls to Sentry under way.", flying),
            Sample("dexter_rate_limit_queue_length", "Calls that wait for a permit.", self.waiting),
        ]

    @property
    def waiting(self) -> int:
        """Calls that wait now, in all buckets."""
        return sum(bucket.waiting for bucket in self._buckets.values())

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """The answer, after a wait for a permit."""
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
            bucket.refused(now, refusal.retry_after, parse(refusal.headers, now))
            raise
        else:
            now = self._clock.time()
            bucket.learn(now, parse(reply.headers, now))
        finally:
            bucket.release(self._clock.monotonic() - started)
            self._dispatch(key, bucket)
        return reply if is_at_once else msgspec.structs.replace(reply, waited_s=reply.waited_s + waited_s)

    async def close(self) -> None:
        """End all timers and leases under way."""
        tasks = [*self._timers.values(), *self._leasing.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._timers.clear()
        self._leasing.clear()

    async def _queued(self, key: BucketKey, bucket: Bucket, call: Call, now: float) -> float:
        """Wait for a permit; the seconds that it took."""
        # A permit is no use to whom it leaves no time for the call itself.
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
        """Hand out what permits there are; look again when the window ends, if that is what somebody waits for."""
        now = self._clock.time()
        bucket.release_waiters(now)
        if (
            self._rate_limit_shares is not None
            and key not in self._leasing
            and (wanted := bucket.wanted(now)) is not None
        ):
            self._leasing[key] = asyncio.create_task(self._lease(self._rate_limit_shares, key, bucket, wanted))
        if bucket.waiting and key not in self._timers and bucket.rest_s(now) > 0:
            self._timers[key] = asyncio.create_task(self._wake(key, bucket))

    async def _lease(
        self, rate_limit_shares: RateLimitShares, key: BucketKey, bucket: Bucket, wanted: tuple[int, int, int]
    ) -> None:
        """Ask for this replica's next permits, and hand them out."""
        window, permits, limit = wanted
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
            # Here and not in a callback: whoever looks next must know that nobody wakes the bucket any more.
            self._timers.pop(key, None)

    def _bucket(self, key: BucketKey) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = Bucket()
            self._buckets.put(key, bucket)
        if self._rate_limit_shares is not None and self._rate_limit_shares.replicas > 1:
            bucket.share(self._rate_limit_shares.replicas)
        return bucket
