"""The three identities of a request: upstream credential, reach and caller."""

from dataclasses import dataclass
from hashlib import sha256
from math import inf

import msgspec

from dexter_graphql.sentry.call import Priority, Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.restriction import AccessLevel


@dataclass(frozen=True, slots=True)
class Reach:
    """Restriction of the caller's access. Responses and streams are shared between callers with the same `key`.

    `projects` are slugs as `organization/project`; None means all that the upstream credential can see. With
    `documents_only` the caller may execute stored documents only. `Reach.of` makes the key of the other values.
    """

    key: str
    access: AccessLevel
    projects: frozenset[str] | None
    documents_only: bool = False

    @classmethod
    def of(
        cls,
        access: AccessLevel,
        projects: frozenset[str] | None = None,
        *,
        documents_only: bool = False,
        upstream_key: str = "",
    ) -> "Reach":
        """The reach with a key that is the same in all processes; with `upstream_key` only for that credential."""
        slugs = None if projects is None else sorted(projects)
        values = msgspec.json.encode((access, slugs, documents_only, upstream_key))
        return cls(sha256(values).hexdigest()[:32], access, projects, documents_only)

    @property
    def is_read_only(self) -> bool:
        """True when the caller may not change anything."""
        return self.access is AccessLevel.READ


@dataclass(frozen=True, slots=True)
class Caller:
    """The subject of a request: key of quotas, fairness and audit, never of a cache.

    `name` and `email` are those of the person, where the credential tells them.
    """

    subject: str
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller, the caller's reach, and the credential that is sent to Sentry (`upstream`)."""

    upstream: Upstream
    reach: Reach
    caller: Caller
    is_shared_token: bool = False
    """True when the credential is the server's: values personal to its owner do not concern the caller."""
    credential: str = ""
    """Name of the credential that the client sent; open streams end with it. Empty when none is needed."""
    expires_at: float = inf
    """Time at which that credential expires, in seconds since the epoch."""

    def call_context(
        self, *, deadline: float, budget: CallBudget, priority: Priority = Priority.INTERACTIVE
    ) -> CallContext:
        """The context of an operation's calls to Sentry, which the reach restricts."""
        return CallContext(
            upstream=self.upstream,
            deadline=deadline,
            budget=budget,
            priority=priority,
            caller=self.caller.subject,
            access=self.reach.access,
            projects=self.reach.projects,
            is_shared_token=self.is_shared_token,
        )
