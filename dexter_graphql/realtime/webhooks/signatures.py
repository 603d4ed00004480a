"""Signatures of webhooks: computed over the raw body, verified against the secret of each organization."""

import asyncio
import hmac
from collections.abc import Iterable

from dexter_graphql.errors import SettingsError

MAX_BLOCKING_BYTES = 256 * 1024
"""Bytes that are hashed on the event loop, about 0.3 ms; more are hashed in a thread, which does not hold the lock."""


def signature(secret: str, body: bytes) -> str:
    """Lower-case hexadecimal HMAC-SHA256 of the raw body."""
    return hmac.digest(secret.encode(), body, "sha256").hex()


class Signers:
    """Client secrets of the integrations whose webhooks are accepted; the secret that verifies names the organization.

    An organization may have several secrets during a rotation. Never prints a secret.
    """

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        self._secrets: dict[str, str] = {}
        for organization, secret in secrets:
            if not secret:
                raise SettingsError(f"The webhook secret of '{organization}' is empty")
            if self._secrets.setdefault(secret, organization) != organization:
                raise SettingsError(f"'{organization}' and '{self._secrets[secret]}' have the same webhook secret")

    def __repr__(self) -> str:
        return f"<Signers of {', '.join(sorted(self.organizations)) or 'no organization'}>"

    @property
    def organizations(self) -> frozenset[str]:
        """Slugs of all organizations with a secret."""
        return frozenset(self._secrets.values())

    async def find(self, body: bytes, given: str) -> str | None:
        """Slug of the organization whose secret signed the body. Large bodies do not hold up the event loop."""
        if len(body) * len(self._secrets) <= MAX_BLOCKING_BYTES:
            return self.organization_of(body, given)
        return await asyncio.to_thread(self.organization_of, body, given)

    def organization_of(self, body: bytes, given: str) -> str | None:
        """Slug of the organization whose secret signed the body; None when no secret matches. Constant time."""
        signer = None
        for secret, organization in self._secrets.items():
            if hmac.compare_digest(signature(secret, body).encode(), given.encode("utf-8", "replace")):
                signer = organization
        return signer
