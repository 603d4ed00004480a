"""Composition of what identifies callers, from the settings: an authenticator for each mode, and the key ring."""

from collections.abc import Callable
from dataclasses import dataclass

from dexter_graphql.clock import Clock
from dexter_graphql.errors import SettingsError
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.server.identity.authenticator import Authenticator, Authenticators, Fingerprint, Form
from dexter_graphql.server.identity.key_files import KeyFile
from dexter_graphql.server.identity.key_records import KeyHasher
from dexter_graphql.server.identity.key_ring import KeyRing
from dexter_graphql.server.identity.key_store import KeyStore
from dexter_graphql.server.identity.keys import DexterKeys
from dexter_graphql.server.identity.sentry_tokens import OpenAccess, Passthrough
from dexter_graphql.settings import Settings
from dexter_graphql.settings.identity import Mode


@dataclass(frozen=True, slots=True)
class CallerIdentification:
    """The authenticators of a server, and what they share. `own` is the server's token, if it has one."""

    authenticators: Authenticators
    fingerprint: Fingerprint
    own: Upstream | None
    ring: KeyRing | None

    async def close(self) -> None:
        """Close what the authenticators use."""
        if self.ring is not None:
            await self.ring.close()


def build_identification(
    settings: Settings, clock: Clock, is_accepted: Callable[[str], bool], *, is_sandbox: bool
) -> CallerIdentification:
    """Compose the modes that are switched on. `is_accepted` tells the upstream credentials that Sentry knows."""
    fingerprint = Fingerprint(settings.secret.get_secret_value().encode())
    own = _own_upstream(settings, fingerprint)
    by_form: dict[Form, Authenticator] = {}
    ring = None
    if Mode.KEYS in settings.mode:
        ring = KeyRing(key_store(settings), key_hasher(settings), clock)
        by_form[Form.KEY] = DexterKeys(ring, _required(own))
    if Mode.PASSTHROUGH in settings.mode:
        by_form[Form.OTHER] = Passthrough(fingerprint, is_accepted)
    access = AccessLevel.ADMIN if is_sandbox or settings.allow_writes else AccessLevel.READ
    open_access = OpenAccess(own, access) if Mode.OPEN in settings.mode else None
    return CallerIdentification(Authenticators(by_form, open_access), fingerprint, own, ring)


def key_store(settings: Settings) -> KeyStore:
    """Return the place in which the keys are stored."""
    if settings.keys_file is None:
        raise SettingsError("DEXTER_KEYS_FILE: mode 'keys' needs a place for its keys")
    return KeyFile(settings.keys_file)


def key_hasher(settings: Settings) -> KeyHasher:
    """Return what makes the stored hashes of keys."""
    return KeyHasher(settings.secret.get_secret_value().encode())


def _own_upstream(settings: Settings, fingerprint: Fingerprint) -> Upstream | None:
    token = settings.sentry_auth_token.get_secret_value() if settings.sentry_auth_token else ""
    return Upstream(fingerprint(token), token) if token else None


def _required(own: Upstream | None) -> Upstream:
    if own is None:
        raise SettingsError("SENTRY_AUTH_TOKEN: mode 'keys' uses the server's token; set it, or use --sandbox")
    return own
