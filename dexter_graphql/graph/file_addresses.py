"""Signed addresses of files: each opens one transfer, for the caller that it was made for, until it expires."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as InvalidBase64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.errors import BadUserInput, DexterError
from dexter_graphql.graph.file_openings import Opening, Openings
from dexter_graphql.graph.identity import Identity
from dexter_graphql.sentry.parents import OrganizationRef

FILES_PATH = "/files/"
SIGNATURE_BYTES = 32
MAX_ADDRESS_CHARACTERS = 8192
INVALID = "This address is not valid, or it has expired; ask for a new one"
"""The same for all reasons, so that nothing is learned about the addresses of others."""


class AddressInvalid(DexterError):
    """The address is forged or expired, or was made for another caller."""


class AddressTooLong(BadUserInput):
    """The description of a file does not fit into an address."""


@dataclass(frozen=True, slots=True)
class AddressLimits:
    """Lifetime of addresses, and the largest file that can be transferred."""

    lifetime_s: float = 600.0
    file_bytes: int = 2 * 1024**3


class FileReference(msgspec.Struct, frozen=True, array_like=True):
    """A file at Sentry, or one that is to be uploaded: the endpoint by its name, and what the call needs.

    `name` is that of a download. `fields` are those of the form that an upload sends besides the content.
    """

    endpoint: str
    organization: OrganizationRef
    path: dict[str, str]
    name: str = ""
    fields: tuple[tuple[str, str], ...] = ()


class FileGrant(msgspec.Struct, frozen=True, array_like=True):
    """What an address stands for. `owner` is a keyed hash of the identity, `expires_at` in seconds since the epoch."""

    file: FileReference
    owner: str
    expires_at: float
    nonce: str


class FileAddresses:
    """Makes addresses and opens them."""

    def __init__(self, clock: Clock, secret: bytes, openings: Openings, limits: AddressLimits | None = None) -> None:
        self.limits = limits or AddressLimits()
        self._clock = clock
        self._key = hmac.digest(secret, b"addresses of files", "sha256")
        self._openings = openings
        self._decoder = msgspec.json.Decoder(FileGrant)

    def make(self, file: FileReference, identity: Identity, request_id: str, deadline: float) -> str:
        """The path of a file on this server; the same one when an operation asks for the same file again.

        Request ID and deadline are those of the operation, which tell it from all others of the caller.
        """
        owner, expires_at = self._owner(identity), self.expires_at(deadline)
        try:
            content = msgspec.json.encode((file, owner, expires_at, request_id))
        except UnicodeEncodeError:
            raise BadUserInput("The input contains an unpaired surrogate") from None
        nonce = hashlib.sha256(content).hexdigest()[:SIGNATURE_BYTES]
        content = msgspec.json.encode(FileGrant(file, owner, expires_at, nonce))
        address = urlsafe_b64encode(self._sign(content) + content).decode().rstrip("=")
        if len(address) > MAX_ADDRESS_CHARACTERS:
            raise AddressTooLong("The names and headers of the file are too long")
        return FILES_PATH + address

    def expires_at(self, deadline: float) -> float:
        """When the addresses of an operation with this deadline expire, in seconds since the epoch."""
        return deadline + self.limits.lifetime_s

    def verify(self, address: str, identity: Identity) -> FileGrant:
        """What an address stands for; raises AddressInvalid."""
        grant = self._read(address)
        if grant is None or grant.expires_at <= self._clock.time() or grant.owner != self._owner(identity):
            raise AddressInvalid(INVALID)
        return grant

    @asynccontextmanager
    async def opened(self, grant: FileGrant) -> AsyncIterator[Opening]:
        """The transfer of a file, of which an address has one at a time; raises AddressUsed."""
        opening = await self._openings.begin(grant.nonce, grant.expires_at)
        try:
            yield opening
        finally:
            await self._openings.end(opening)

    def _read(self, address: str) -> FileGrant | None:
        if len(address) > MAX_ADDRESS_CHARACTERS:
            return None
        try:
            signed = urlsafe_b64decode(address + "=" * (-len(address) % 4))
        except (InvalidBase64, ValueError):
            return None
        signature, content = signed[:SIGNATURE_BYTES], signed[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(content)):
            return None
        try:
            return self._decoder.decode(content)
        except msgspec.DecodeError:  # made by another release of this server
            return None

    def _owner(self, identity: Identity) -> str:
        parts = (identity.caller.subject, identity.upstream.key, identity.reach.key)
        return self._sign(msgspec.json.encode(parts)).hex()[:SIGNATURE_BYTES]

    def _sign(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, "sha256")
