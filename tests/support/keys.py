"""Dexter keys in a file, and servers that accept them."""

from contextlib import asynccontextmanager
from datetime import timedelta

from msgspec.structs import replace

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.server.identity.key_files import KeyFile
from dexter_graphql.server.identity.key_records import KeyGrant, KeyHasher
from support.server import running_site

SECRET = "a random text that every replica has"
HASHER = KeyHasher(SECRET.encode())


def grant(name="bot", **different):
    """What a key permits: reading everything, for an hour."""
    members = {
        "name": name,
        "subject": name,
        "email": None,
        "access": AccessLevel.READ,
        "projects": None,
        "documents_only": False,
        "expires_at": Clock().now() + timedelta(hours=1),
    }
    return KeyGrant(**members | different)


class Keys:
    """The keys of a store, and what `dexter keys` does to them."""

    def __init__(self, store, clock=None):
        self.store, self.clock = store, clock or Clock()

    async def create(self, name="bot", **different):
        """A new key and its record."""
        text, key = HASHER.create(self._grant(name, **different), self.clock.now())
        await self.store.update(lambda keys: keys.add(key, self.clock.now()))
        return text, key

    async def change(self, key, **members):
        """Replace members of a stored key."""
        await self.store.update(lambda keys: keys.replace(replace(keys.find(key.id), **members), self.clock.now()))

    async def revoke(self, key):
        """End a key now."""
        await self.change(key, revoked_at=self.clock.now())

    async def rotate(self, key, grace=timedelta(hours=1)):
        """A new key in place of another, which stays valid for a while."""
        text, new = HASHER.create(self._grant(key.name), self.clock.now())
        await self.store.update(lambda keys: keys.rotate(keys.find(key.id), new, self.clock.now(), grace))
        return text, new

    def _grant(self, name, **different):
        return grant(name, **{"expires_at": self.clock.now() + timedelta(hours=1)} | different)


def bearer(credential):
    """Headers with a credential."""
    return {"authorization": f"Bearer {credential}"}


@asynccontextmanager
async def keys_site(path, **settings):
    """A server in mode `keys` and its keys, which are in a file."""
    keys = Keys(KeyFile(str(path)))
    given = {"mode": "keys", "secret": SECRET, "keys_file": str(path)} | settings
    async with running_site(**given) as site:
        yield site, keys
