"""Declaration of one Sentry REST operation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from typing_extensions import override

from dexter_graphql.sentry.path_parameters import PARAMETERS, PathParameter
from dexter_graphql.sentry.restriction import Restriction

PLACEHOLDER = re.compile(r"{(\w+)}")


class Lifetime(StrEnum):
    """How long an answer stays valid; the cache maps each class to seconds."""

    IMMUTABLE = "immutable"
    STABLE = "stable"
    VOLATILE = "volatile"
    NEVER = "never"


class Pagination(StrEnum):
    """How an endpoint splits a long answer, named after the parameter that sets the page size."""

    NONE = "none"
    PER_PAGE = "per_page"
    LIMIT = "limit"


class Silo(StrEnum):
    """Which host of sentry.io serves the operation: that of the organization's region, or the control host."""

    REGION = "region"
    CONTROL = "control"


class Source(StrEnum):
    """Where an endpoint is documented."""

    PUBLISHED = "published"
    """In Sentry's newest published OpenAPI document."""
    LEGACY = "legacy"
    """Published once, now retired; self-hosted servers still have it."""
    OBSERVED = "observed"
    """Never published, seen in official clients. A server may refuse it, so callers need a fallback."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One declared operation of Sentry, data only.

    `path` is the template below `/api/0`, for example `/organizations/{organization}/issues/`. `scopes` are the token
    scopes of which one is enough. `restriction` declares how a call is narrowed to the projects of a caller. `tags` are
    templates over the path parameters: the cache tags that the answer of a read depends on, or that a write
    invalidates. `envelope` names the keys that lead to the payload inside the answer. `parameters` declares kinds of
    path parameters that differ from those in `path_parameters.PARAMETERS`.
    """

    name: str
    method: str
    path: str
    scopes: tuple[str, ...]
    restriction: Restriction = field(kw_only=True)
    source: Source = Source.PUBLISHED
    pages: Pagination = Pagination.NONE
    lifetime: Lifetime = Lifetime.VOLATILE
    silo: Silo = Silo.REGION
    is_idempotent: bool = True
    tags: tuple[str, ...] = ()
    envelope: tuple[str, ...] = ()
    has_event_bodies: bool = False
    """True when answers hold what users' programs sent: stack frames, breadcrumbs, requests."""
    parameters: tuple[tuple[str, PathParameter], ...] = ()

    is_read: bool = field(init=False, repr=False, compare=False)
    """True when the operation changes nothing at Sentry."""
    title: str = field(init=False, repr=False, compare=False)
    """Method and template, the form in which errors and the schema name the operation."""
    path_parameters: Mapping[str, PathParameter] = field(init=False, repr=False, compare=False)
    """The kind of every parameter in `path`."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Computed here, as endpoints are declared once and used by every call.
        kinds = {**PARAMETERS, **dict(self.parameters)}
        object.__setattr__(self, "is_read", self.method == "GET")
        object.__setattr__(self, "title", f"{self.method} {self.path}")
        object.__setattr__(self, "path_parameters", {name: kinds[name] for name in PLACEHOLDER.findall(self.path)})
        object.__setattr__(self, "_hash", hash((self.name, self.method, self.path)))

    @override
    def __hash__(self) -> int:
        return self._hash

    def encode_path(self, values: Mapping[str, str]) -> str:
        """The path with these parameters, percent-encoded; raises InvalidParameter for one that may not be sent."""
        encoded = {name: kind.encode(values[name], title=self.title) for name, kind in self.path_parameters.items()}
        return self.path.format(**encoded)
