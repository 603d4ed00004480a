"""Limits on what callers hold at the same time: streams and sockets, for each caller and in all."""

import asyncio
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from math import inf
from types import TracebackType
from typing import Self

from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.responses import RequestRejected

RETRY_AFTER = (("Retry-After", "5"),)
REJECTED = "Sentry rejected the credential; send a valid one"
ENDED = "The credential has expired or was revoked; send a valid one"


class Quota:
    """Counts what is open. `noun` names it in messages, in the plural."""

    def __init__(self, noun: str, per_caller: int, total: int) -> None:
        self._noun = noun
        self._per_caller = per_caller
        self._total = total
        self._by_caller: Counter[str] = Counter()
        self._by_credential: dict[str, set[Lease]] = {}
        self.open = 0

    def acquire(self, caller: str, *credentials: str, expires_at: float = inf) -> "Lease":
        """Count one more for a caller; rejects with 429 above the caller's limit and with 503 above the total.

        `credentials` are the names of those whose end is the end of the lease, which also ends at `expires_at`.
        """
        if self._by_caller[caller] >= self._per_caller:
            raise self._rejection(HTTPStatus.TOO_MANY_REQUESTS, f"You have {self._per_caller} {self._noun} open")
        if self.open >= self._total:
            raise self._rejection(HTTPStatus.SERVICE_UNAVAILABLE, f"The server has {self._total} {self._noun} open")
        self._by_caller[caller] += 1
        self.open += 1
        lease = Lease(self, caller, credentials, expires_at)
        for credential in credentials:
            self._by_credential.setdefault(credential, set()).add(lease)
        return lease

    def release(self, lease: "Lease") -> None:
        """Count one less."""
        self.open -= 1
        self._by_caller[lease.caller] -= 1
        if not self._by_caller[lease.caller]:
            del self._by_caller[lease.caller]
        for credential in lease.credentials:
            leases = self._by_credential[credential]
            leases.discard(lease)
            if not leases:
                del self._by_credential[credential]

    def end(self, credential: str, reason: str = REJECTED) -> None:
        """End everything that was opened with a credential."""
        for lease in list(self._by_credential.get(credential, ())):
            lease.end(reason)

    def end_expired(self, now: float, has_ended: Callable[[str], bool]) -> None:
        """End everything whose time is over, or that was opened with a credential for which `has_ended` is true."""
        for credential, leases in list(self._by_credential.items()):
            is_over = has_ended(credential)
            for lease in list(leases):
                if is_over or lease.expires_at <= now:
                    lease.end(ENDED)

    def _rejection(self, status: int, fact: str) -> RequestRejected:
        message = f"{fact}, which is the limit; close one first"
        return RequestRejected(status, ErrorCode.QUOTA_EXCEEDED, message, RETRY_AFTER, is_retryable=True)


class Lease:
    """One unit of a quota, until it is released or the block ends."""

    __slots__ = ("_ended", "_is_held", "_quota", "caller", "credentials", "expires_at", "has_ended", "on_end", "reason")

    def __init__(self, quota: Quota, caller: str, credentials: tuple[str, ...], expires_at: float) -> None:
        self._quota = quota
        self._is_held = True
        self.caller = caller
        self.credentials = credentials
        self.expires_at = expires_at
        self._ended: asyncio.Event | None = None
        self.has_ended = False
        """True when a credential was rejected, has expired or was revoked."""
        self.on_end: Callable[[], object] | None = None
        """Called at the end."""
        self.reason = ""
        """Why it ended."""

    @property
    def ended(self) -> asyncio.Event:
        """Set at the end; made for those that wait for it."""
        if self._ended is None:
            self._ended = asyncio.Event()
            if self.has_ended:
                self._ended.set()
        return self._ended

    def end(self, reason: str) -> None:
        """End it for a reason; the first one counts."""
        if self.has_ended:
            return
        self.reason, self.has_ended = reason, True
        if self._ended is not None:
            self._ended.set()
        if self.on_end is not None:
            self.on_end()

    def release(self) -> None:
        """Return the unit; does nothing the second time."""
        if self._is_held:
            self._is_held, self.on_end = False, None
            self._quota.release(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()
