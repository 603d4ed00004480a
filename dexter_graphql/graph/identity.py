"""The three identities of a request: upstream credential, reach and caller."""

from dataclasses import dataclass

from dexter_graphql.sentry.call import Upstream


@dataclass(frozen=True, slots=True)
class Reach:
    """Restriction of the caller's access. Responses and streams are shared between callers with the same `key`."""

    key: str = "all"
    is_read_only: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """The subject of a request: key of quotas, fairness and audit, never of a cache."""

    subject: str


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller, the caller's reach, and the credential that is sent to Sentry (`upstream`)."""

    upstream: Upstream
    reach: Reach
    caller: Caller
    is_shared_token: bool = False
    """True when the credential is the server's: values personal to its owner do not concern the caller."""
