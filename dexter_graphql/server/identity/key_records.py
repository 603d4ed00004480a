"""Dexter keys as they are stored: a hash of the key, who uses it, its reach and its lifetime."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from dexter_graphql.errors import DexterError
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.server.identity.authenticator import KEY, KEY_PREFIX
from dexter_graphql.settings.fields import PROJECT

FORMAT = 1
MAX_KEYS = 10_000
MAX_TEXT = 200
ID_BYTES, SECRET_BYTES = 5, 32
KEPT_AFTER_END = timedelta(days=30)
"""How long a key stays in the list after it expired or was revoked."""


class KeyStoreError(DexterError):
    """The stored keys cannot be read or written."""


class UnknownKey(DexterError):
    """No stored key has this ID."""


class Key(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """One key. Without `projects` it reaches all that the server's token can see.

    Members have no defaults where a forgotten one would give a caller more.
    """

    id: str
    digest: str
    name: str
    subject: str
    access: AccessLevel
    projects: tuple[str, ...] | None
    documents_only: bool
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None
    replaced_by: str | None = None
    email: str | None = None

    @property
    def ends_at(self) -> datetime | None:
        """When it was revoked or expires; None when it does not end."""
        return min((time for time in (self.revoked_at, self.expires_at) if time is not None), default=None)

    def is_active(self, now: datetime) -> bool:
        """True until the key expires or is revoked."""
        return self.ends_at is None or now < self.ends_at


class KeySet(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """All keys of a server. `revision` grows with every change."""

    format: int = FORMAT
    revision: int = 0
    keys: tuple[Key, ...] = ()

    def find(self, key_id: str) -> Key:
        """Return the key with an ID; raises UnknownKey."""
        for key in self.keys:
            if key.id == key_id:
                return key
        raise UnknownKey(f"No key has the ID {key_id!r}; 'dexter keys list' shows all")

    def add(self, key: Key, now: datetime) -> "KeySet":
        """Return the set with one more key."""
        if len(self.keys) >= MAX_KEYS:
            raise KeyStoreError(f"There are {MAX_KEYS} keys already")
        return self._with((*self.keys, key), now)

    def replace(self, key: Key, now: datetime) -> "KeySet":
        """Return the set with another state of a key."""
        return self._with(tuple(key if each.id == key.id else each for each in self.keys), now)

    def rotate(self, old: Key, new: Key, now: datetime, grace: timedelta) -> "KeySet":
        """Return the set with `new` in place of `old`, which stays valid for the grace period."""
        end = now + grace if old.expires_at is None else min(old.expires_at, now + grace)
        return self.replace(msgspec.structs.replace(old, expires_at=end, replaced_by=new.id), now).add(new, now)

    def _with(self, keys: tuple[Key, ...], now: datetime) -> "KeySet":
        listed = (key for key in keys if key.ends_at is None or now < key.ends_at + KEPT_AFTER_END)
        return KeySet(revision=self.revision + 1, keys=tuple(listed))


@dataclass(frozen=True, slots=True)
class KeyGrant:
    """What a key permits, to whom, and until when."""

    name: str
    subject: str
    email: str | None
    access: AccessLevel
    projects: tuple[str, ...] | None
    documents_only: bool
    expires_at: datetime | None


class KeyHasher:
    """HMAC-SHA-256 of keys; the stored hashes are of no use without the server's secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"digests of Dexter keys", hashlib.sha256)

    def __repr__(self) -> str:
        return "<KeyHasher>"

    def digest(self, text: str) -> str:
        """Return the hash that is stored for a key."""
        return hmac.digest(self._key, text.encode(), hashlib.sha256).hex()

    def create(self, grant: KeyGrant, now: datetime) -> tuple[str, Key]:
        """Return a new key and what is stored of it."""
        key_id = secrets.token_hex(ID_BYTES)
        text = f"{KEY_PREFIX}{key_id}_{secrets.token_urlsafe(SECRET_BYTES)}"
        return text, Key(
            id=key_id,
            digest=self.digest(text),
            name=grant.name,
            subject=grant.subject,
            email=grant.email,
            access=grant.access,
            projects=grant.projects,
            documents_only=grant.documents_only,
            created_at=now,
            expires_at=grant.expires_at,
        )


def id_of(text: str) -> str | None:
    """Return the ID in a key; None when the text is no key."""
    match = KEY.fullmatch(text)
    return match[1] if match else None


def encode_keys(keys: KeySet) -> bytes:
    """Return the stored form of keys, for people to read."""
    return msgspec.json.format(msgspec.json.encode(keys), indent=2) + b"\n"


def decode_keys(content: bytes) -> KeySet:
    """Return stored keys; raises KeyStoreError for anything that is not exactly in the stored form."""
    try:
        keys = msgspec.json.decode(content, type=KeySet)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise KeyStoreError(f"The keys are not in the form that 'dexter keys' writes: {error}") from None
    if keys.format != FORMAT or len(keys.keys) > MAX_KEYS:
        raise KeyStoreError("The keys were written by another version of Dexter, or there are too many")
    for key in keys.keys:
        _check(key)
    if len({key.id for key in keys.keys}) < len(keys.keys):
        raise KeyStoreError("Two keys have the same ID")
    return keys


def _check(key: Key) -> None:
    """Raise KeyStoreError for values that would be misread."""
    times = (key.created_at, key.expires_at, key.revoked_at)
    if any(time is not None and time.tzinfo is None for time in times):
        raise KeyStoreError(f"A time of the key {key.id} has no offset from UTC")
    if any(not PROJECT.fullmatch(project) for project in key.projects or ()):
        raise KeyStoreError(f"The projects of the key {key.id} are not of the form organization/project")
