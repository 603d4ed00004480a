"""Knows the three identities of a request, which are never mixed."""

from dataclasses import dataclass

from dexter_graphql.sentry.call import Upstream


@dataclass(frozen=True, slots=True)
class Reach:
    """What the caller is narrowed to; keys the sharing of whole answers and streams. `key` says it in one word."""

    key: str = "all"
    is_read_only: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """The subject who asks: keys quotas, fairness and audit, never a cache."""

    subject: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks (`caller`), how far they may see (`reach`), and with whose credential Sentry is asked (`upstream`)."""

    upstream: Upstream
    reach: Reach
    caller: Caller
    is_shared_token: bool = False
    """True when the credential is the server's, so that members personal to its owner mean nothing to the caller."""
