"""Authenticator of the mode `keys`: Dexter keys, which use the server's token within their own reach."""

from math import inf

from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.server.identity.authenticator import unauthenticated, unverifiable
from dexter_graphql.server.identity.key_records import MAX_KEYS, Key
from dexter_graphql.server.identity.key_ring import KeyRing

CREDENTIAL_PREFIX = "key:"


class DexterKeys:
    """Accepts the active keys of a key ring."""

    hint = "a Dexter key (dxk_…)"

    def __init__(self, ring: KeyRing, own: Upstream) -> None:
        self._ring = ring
        self._own = own
        self._identities: BoundedMap[str, tuple[Key, Identity]] = BoundedMap(MAX_KEYS)

    def find(self, token: str) -> Identity | None:
        """Return the identity of an active key."""
        key = self._ring.find(token)
        return None if key is None else self._identity(key)

    async def verify(self, token: str) -> Identity:
        """Look a key up that may have been created a moment ago; reject all others."""
        await self._ring.refresh()
        identity = self.find(token)
        if identity is not None:
            return identity
        if not self._ring.is_loaded:
            raise unverifiable("The keys of this server cannot be read at the moment")
        raise unauthenticated("The key is unknown, has expired or was revoked")

    def _identity(self, key: Key) -> Identity:
        """Build the identity of a key, once for each state of it."""
        known = self._identities.get(key.id)
        if known is None or known[0] is not key:
            known = (key, _identity_of(key, self._own))
            self._identities.put(key.id, known)
        return known[1]


def credential_of(key_id: str) -> str:
    """Return the name under which streams are opened with a key."""
    return CREDENTIAL_PREFIX + key_id


def _identity_of(key: Key, own: Upstream) -> Identity:
    projects = None if key.projects is None else frozenset(key.projects)
    return Identity(
        own,
        Reach.of(key.access, projects, documents_only=key.documents_only),
        Caller(f"key:{key.subject}", key.name, key.email),
        is_shared_token=True,
        credential=credential_of(key.id),
        expires_at=inf if key.ends_at is None else key.ends_at.timestamp(),
    )
