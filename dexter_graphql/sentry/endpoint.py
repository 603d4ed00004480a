"""Knows how one operation of Sentry is declared; holds no endpoint itself and makes no call."""

from dataclasses import dataclass, field
from enum import StrEnum

from typing_extensions import override


class Lifetime(StrEnum):
    """How long an answer stays true; the cache turns each class into seconds."""

    IMMUTABLE = "immutable"
    STABLE = "stable"
    VOLATILE = "volatile"
    NEVER = "never"


class Pagination(StrEnum):
    """How an endpoint splits a long answer, named after the parameter that sets the page's size."""

    NONE = "none"
    PER_PAGE = "per_page"
    LIMIT = "limit"


class Silo(StrEnum):
    """Which host serves the operation on sentry.io: the organization's region or the control host."""

    REGION = "region"
    CONTROL = "control"


class Source(StrEnum):
    """Where the knowledge of an endpoint comes from."""

    PUBLISHED = "published"
    """In Sentry's newest published OpenAPI document."""
    LEGACY = "legacy"
    """Once published, now retired; self-hosted servers still have it."""
    OBSERVED = "observed"
    """Never published; seen in official clients. May be refused, so a fallback is due."""


@dataclass(frozen=True, slots=True)
class Batch:
    """How one call asks for many keys: a query parameter repeated up to `limit` times."""

    parameter: str
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One declared operation of Sentry, data only.

    `path` is the template below `/api/0`, for example `/organizations/{organization}/issues/`; its parameters are
    percent-encoded when a call is made. `tags` are templates over the same parameters: what an answer depends on for a
    read, what a write makes stale. `envelope` names the keys that lead to the payload inside the answer.
    """

    name: str
    method: str
    path: str
    scopes: tuple[str, ...]
    source: Source = Source.PUBLISHED
    pages: Pagination = Pagination.NONE
    lifetime: Lifetime = Lifetime.VOLATILE
    silo: Silo = Silo.REGION
    is_idempotent: bool = True
    batch: Batch | None = None
    tags: tuple[str, ...] = ()
    envelope: tuple[str, ...] = ()
    has_event_bodies: bool = False
    """True when answers hold what users' programs sent: stack frames, breadcrumbs, requests."""

    is_read: bool = field(init=False, repr=False, compare=False)
    """True when the operation changes nothing at Sentry."""
    title: str = field(init=False, repr=False, compare=False)
    """Method and template, the form in which errors and the schema name the operation."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Endpoints are declared once, and looked at for every call.
        object.__setattr__(self, "is_read", self.method == "GET")
        object.__setattr__(self, "title", f"{self.method} {self.path}")
        object.__setattr__(self, "_hash", hash((self.name, self.method, self.path)))

    @override
    def __hash__(self) -> int:
        return self._hash
