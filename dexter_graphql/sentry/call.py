"""Plain values that travel between the stages of an upstream call.

They can be serialised, except for the cache entry, which the outermost stage adds for the client.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import IntEnum

import msgspec

from dexter_graphql.sentry.cache_entry import CacheEntry


class Priority(IntEnum):
    """Order in which waiting calls get permits; the smallest goes first."""

    INTERACTIVE = 0
    STREAM = 1
    JOB = 2


class Upstream(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """The credential used at Sentry. `key` is a keyed hash for cache keys; `token` is never printed."""

    key: str
    token: str

    def __repr__(self) -> str:
        return f"Upstream(key={self.key!r})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        return [("key", self.key)]


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP exchange, with everything that is needed to perform it.

    `endpoint` is the catalogue name, `host` an origin such as `https://us.sentry.io`, `path` the encoded path from
    `/api/0/` on, `deadline` in seconds since the epoch. `tags` are the cache tags that the response of a read depends
    on, or that a write invalidates.
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
    """True when the response holds what users' programs sent; it is stored outside this process only if configured."""
    caller: str = ""
    """Key of the subject for fairness between callers; never part of a cache key."""


class Reply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A response: status, the selected headers (lower-case names), the body, and where it came from.

    `fetched_at` is in seconds since the epoch. `origin` is `wire`, `cache`, `shared` (Redis) or `flight`. `is_stale`
    marks a response past its lifetime. `waited_s` is the time spent waiting for permits.
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
    """Set when the cache of this process keeps the response."""
    is_narrowed: bool = False
    """True when objects were removed from the body because the caller may not reach them."""


@dataclass(frozen=True, slots=True)
class FileContent:
    """The content of a file while it arrives. The size is None when it is known only at the end."""

    size_bytes: int | None
    media_type: str
    headers: dict[str, str]
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class FileForm:
    """A form with a file that is uploaded while it arrives: its fields, and the size and the content of the file.

    `duration_s` is the time in which the content must arrive.
    """

    fields: tuple[tuple[str, str], ...]
    size_bytes: int
    chunks: AsyncIterator[bytes]
    duration_s: float
