"""Admission of requests: who the caller is, and what callers may hold at the same time."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import Scope

from dexter_graphql.graph.identity import Identity
from dexter_graphql.server.audit.auditor import Auditor
from dexter_graphql.server.bodies import BodyReader
from dexter_graphql.server.credentials import CredentialGate
from dexter_graphql.server.identity.authenticator import Authenticator, Authenticators, public_name
from dexter_graphql.server.quotas import Lease, Quota
from dexter_graphql.server.responses import RequestRejected


@dataclass(frozen=True, slots=True)
class Admission:
    """The limits that all transports share."""

    authenticators: Authenticators
    credentials: CredentialGate
    fingerprint: Callable[[str], str]
    is_accepted: Callable[[str], bool]
    """Whether Sentry has accepted an upstream credential."""
    bodies: BodyReader
    streams: Quota
    sockets: Quota
    transfers: Quota
    auditor: Auditor

    def find_identity(self, authorization: str | None) -> Identity | None:
        """Return the identity of an `Authorization` value that is known to be valid; None for all others."""
        authenticator, token = self.authenticators.select(authorization)
        return authenticator.find(token)

    async def identify(self, authorization: str | None, scope: Scope) -> Identity:
        """Return the identity of an `Authorization` value; rejects invalid ones and too many new ones."""
        try:
            authenticator, token = self.authenticators.select(authorization)
            return authenticator.find(token) or await self._verify(authenticator, token, scope)
        except RequestRejected as rejection:
            self.auditor.record_rejection(rejection, scope, public_name(authorization))
            raise

    async def _verify(self, authenticator: Authenticator, token: str, scope: Scope) -> Identity:
        # Before the check, so that made-up credentials cost no more than their share of the machine.
        self.credentials.admit(self.fingerprint(token), client_address(scope))
        return await authenticator.verify(token)

    def is_known(self, identity: Identity) -> bool:
        """True when the caller's credential was accepted: by this server, or by Sentry."""
        return identity.is_shared_token or self.is_accepted(identity.upstream.key)

    def acquire_stream(self, identity: Identity) -> Lease:
        """Count a stream of a caller."""
        return _hold(self.streams, identity)

    def acquire_transfer(self, identity: Identity) -> Lease:
        """Count a file transfer of a caller."""
        return _hold(self.transfers, identity)

    def acquire_socket(self, identity: Identity) -> Lease:
        """Count a WebSocket of a caller; it ends with the caller's credential."""
        return self.sockets.acquire(identity.caller.subject, identity.credential, expires_at=identity.expires_at)


def _hold(quota: Quota, identity: Identity) -> Lease:
    """Count one more for a caller; it ends with the caller's credential and with the one used at Sentry."""
    credentials = {identity.upstream.key, identity.credential}
    return quota.acquire(identity.caller.subject, *credentials, expires_at=identity.expires_at)


def client_address(scope: Scope) -> str:
    """The address of the client, as the connection or a trusted proxy gives it."""
    client = scope.get("client")
    return client[0] if client else ""
