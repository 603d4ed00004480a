"""Authenticators of the modes `open` and `passthrough`, whose credential is a token of Sentry."""

from collections.abc import Callable

from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.server.identity.authenticator import Fingerprint, unauthenticated


class OpenAccess:
    """Mode `open`: every client uses the server's token."""

    hint = "nothing"

    def __init__(self, own: Upstream | None, access: AccessLevel) -> None:
        self._identity = None
        if own is not None:
            self._identity = Identity(own, Reach.of(access), Caller("local"), is_shared_token=True)

    def find(self, _token: str) -> Identity | None:
        """Return the one identity; None when the server has no token."""
        return self._identity

    async def verify(self, _token: str) -> Identity:
        """Reject the request: the server has no token."""
        raise unauthenticated("The server has no token for Sentry: set SENTRY_AUTH_TOKEN or use --sandbox")


class Passthrough:
    """Mode `passthrough`: each client uses its own token, which Sentry verifies. `is_accepted` tells those it knows."""

    hint = "a Sentry token"

    def __init__(self, fingerprint: Fingerprint, is_accepted: Callable[[str], bool]) -> None:
        self._fingerprint = fingerprint
        self._is_accepted = is_accepted

    def find(self, token: str) -> Identity | None:
        """Return the identity of a token that Sentry has accepted before."""
        key = self._fingerprint(token)
        return _identity_of(token, key) if self._is_accepted(key) else None

    async def verify(self, token: str) -> Identity:
        """Return the identity of a new token; the first call to Sentry verifies it."""
        return _identity_of(token, self._fingerprint(token))


def _identity_of(token: str, key: str) -> Identity:
    return Identity(Upstream(key, token), Reach.of(AccessLevel.ADMIN, upstream_key=key), Caller(key), credential=key)
