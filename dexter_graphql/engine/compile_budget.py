"""Time that planning and code generation may take."""

import time
from collections.abc import Callable

from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.concurrency.token_bucket import TokenBucket

COMPILE_SHARE = 0.05
"""Share of the time that may go into planning and code generation."""
BURST_S = 2.0
MAX_CALLERS = 1000


class CompileBudget:
    """Seconds that compiling may take: a share of the time for all callers, half of it for each of them."""

    def __init__(self, *, share: float = COMPILE_SHARE, now: Callable[[], float] = time.perf_counter) -> None:
        self._share = share
        self._now = now
        self._all = TokenBucket(share, BURST_S, now)
        self._callers: BoundedMap[str, TokenBucket] = BoundedMap(MAX_CALLERS)

    def is_empty(self, caller: str) -> bool:
        """True when nothing may be compiled for that caller now."""
        return self._all.tokens <= 0 or self._bucket(caller).tokens <= 0

    def spend(self, caller: str, seconds: float) -> None:
        """Count what compiling took."""
        self._all.charge(seconds)
        self._bucket(caller).charge(seconds)

    def _bucket(self, caller: str) -> TokenBucket:
        bucket = self._callers.get(caller)
        if bucket is None:
            bucket = TokenBucket(self._share / 2, BURST_S / 2, self._now)
            self._callers.put(caller, bucket)
        return bucket
