"""Token bucket: an allowance that refills at a steady rate up to a capacity."""

from collections.abc import Callable


class TokenBucket:
    """Starts full. `now` is a monotonic clock in seconds; the unit of a token is the caller's."""

    __slots__ = ("_capacity", "_now", "_rate_per_s", "_refilled_at", "_tokens")

    def __init__(self, rate_per_s: float, capacity: float, now: Callable[[], float]) -> None:
        self._rate_per_s = rate_per_s
        self._capacity = capacity
        self._now = now
        self._tokens = capacity
        self._refilled_at = now()

    def __repr__(self) -> str:
        return f"<TokenBucket {self.tokens:.1f} of {self._capacity:g}>"

    @property
    def tokens(self) -> float:
        """Tokens available now; negative while a charge has not been paid back."""
        now = self._now()
        self._tokens = min(self._capacity, self._tokens + (now - self._refilled_at) * self._rate_per_s)
        self._refilled_at = now
        return self._tokens

    def take(self, tokens: float = 1.0) -> bool:
        """Remove tokens; False, and none are removed, when there are fewer."""
        if self.tokens < tokens:
            return False
        self._tokens -= tokens
        return True

    def charge(self, tokens: float) -> None:
        """Remove tokens for work whose cost is known only afterwards, below zero if need be."""
        self._tokens -= tokens

    def add(self, tokens: float) -> None:
        """Add tokens besides those that come with time, up to the capacity."""
        self._tokens = min(self._capacity, self._tokens + tokens)
