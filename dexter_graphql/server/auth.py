"""Authentication: turns the `Authorization` header into the three identities of a request."""

import hashlib
import hmac
import re
from http import HTTPStatus

from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.server.responses import RequestRejected
from dexter_graphql.settings import Mode, Settings

TOKEN = re.compile(r"[\x21-\x7e]{8,4096}")
CHALLENGE = (("WWW-Authenticate", 'Bearer realm="dexter"'),)


class Authenticator:
    """In mode `open` every client uses the server's token; in mode `passthrough` each client uses its own."""

    def __init__(self, settings: Settings, *, is_sandbox: bool) -> None:
        self._key = settings.secret.get_secret_value().encode()
        self._is_open = settings.mode is Mode.OPEN
        token = settings.sentry_auth_token.get_secret_value() if settings.sentry_auth_token else ""
        access = AccessLevel.ADMIN if is_sandbox or settings.allow_writes else AccessLevel.READ
        self._own = self._identity(token, Reach.of(access), "local") if token else None

    @property
    def own(self) -> Identity | None:
        """The identity of the server itself; None when it has no token."""
        return self._own

    def identity(self, authorization: str | None) -> Identity:
        """Return the identity of an `Authorization` value; raises RequestRejected when it has none."""
        if self._is_open:
            if self._own is None:
                raise unauthenticated("The server has no token for Sentry: set SENTRY_AUTH_TOKEN or use --sandbox")
            return self._own
        scheme, _, token = (authorization or "").strip().partition(" ")
        if scheme.lower() != "bearer" or not TOKEN.fullmatch(token.strip()):
            raise unauthenticated("Send a Sentry token as 'Authorization: Bearer …'")
        key = self._hashed(token.strip())
        return Identity(Upstream(key, token.strip()), Reach.of(AccessLevel.ADMIN, upstream_key=key), Caller(key))

    def _identity(self, token: str, reach: Reach, subject: str) -> Identity:
        return Identity(Upstream(self._hashed(token), token), reach, Caller(subject), is_shared_token=True)

    def _hashed(self, token: str) -> str:
        return hmac.new(self._key, token.encode(), hashlib.sha256).hexdigest()[:32]


def unauthenticated(message: str) -> RequestRejected:
    """Build the rejection of a request without a usable credential."""
    return RequestRejected(HTTPStatus.UNAUTHORIZED, ErrorCode.UNAUTHENTICATED, message, CHALLENGE)
