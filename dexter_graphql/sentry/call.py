"""Knows the plain values that travel between stages; everything here survives a trip to another process.

All but what the outermost stage adds for the client in front of it.
"""

from enum import IntEnum

import msgspec

from dexter_graphql.sentry.cache_entry import CacheEntry


class Priority(IntEnum):
    """Who waits first when permits are scarce; smaller goes first."""

    INTERACTIVE = 0
    STREAM = 1
    JOB = 2
    POLLER = 3


class Upstream(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """The credential used at Sentry. `key` is a keyed hash that may stand in cache keys; `token` never prints."""

    key: str
    token: str

    def __repr__(self) -> str:
        return f"Upstream(key={self.key!r})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        return [("key", self.key)]


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP exchange to be made, complete: nothing else is needed to perform it.

    `endpoint` is the catalogue name, `host` an origin such as `https://us.sentry.io`, `path` the encoded path from
    `/api/0/` on, `deadline` in seconds since the epoch. `tags` are the names of the generations the answer depends on,
    or that the write raises.
    """

    endpoint: str
    title: str
    method: str
    host: str
    path: str
    upstream: Upstream
    deadline: float
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    priority: Priority = Priority.INTERACTIVE
    lifetime: str = "volatile"
    is_idempotent: bool = True
    tags: tuple[str, ...] = ()
    has_event_bodies: bool = False
    """True when the answer holds what users' programs sent, which leaves this process only when that is wanted."""
    caller: str = ""
    """Fairness key of the subject who asked; never part of a cache key."""


class Reply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What came back: status, the few headers we read (lower-case names), the body's bytes, and where it came from.

    `fetched_at` is in seconds since the epoch; `origin` is `wire`, `cache` or `flight`; `is_stale` marks an answer
    older than its lifetime. `retries` and `waited_s` (for permits) tell what it took to get it.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    fetched_at: float
    origin: str = "wire"
    is_stale: bool = False
    retries: int = 0
    waited_s: float = 0.0
    cache_entry: CacheEntry | None = None
    """What this process made of the body; None unless the cache keeps the answer. Stays in this process."""
