"""Admission of requests: who the caller is, and what callers may hold at the same time."""

from dataclasses import dataclass

from starlette.types import Scope

from dexter_graphql.graph.identity import Identity
from dexter_graphql.server.auth import Authenticator
from dexter_graphql.server.bodies import BodyReader
from dexter_graphql.server.credentials import CredentialGate
from dexter_graphql.server.quotas import Lease, Quota


@dataclass(frozen=True, slots=True)
class Admission:
    """The limits that all transports share."""

    authenticator: Authenticator
    credentials: CredentialGate
    bodies: BodyReader
    streams: Quota
    sockets: Quota

    def identify(self, authorization: str | None, scope: Scope) -> Identity:
        """Return the identity of an `Authorization` value; rejects invalid ones and too many new ones."""
        identity = self.authenticator.identity(authorization)
        if not identity.is_shared_token:
            self.credentials.admit(identity.upstream.key, client_address(scope))
        return identity

    def is_known(self, identity: Identity) -> bool:
        """True when the caller's credential was accepted: by this server, or by Sentry."""
        return identity.is_shared_token or self.credentials.is_accepted(identity.upstream.key)

    def acquire_stream(self, identity: Identity) -> Lease:
        """Count a stream of a caller; it ends when Sentry rejects the credential."""
        return self.streams.acquire(identity.caller.subject, identity.upstream.key)


def client_address(scope: Scope) -> str:
    """The address of the client, as the connection or a trusted proxy gives it."""
    client = scope.get("client")
    return client[0] if client else ""
