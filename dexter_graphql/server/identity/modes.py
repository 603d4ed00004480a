"""Composition of what identifies callers, from the settings: an authenticator for each mode, and the key ring."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from dexter_graphql.server.identity.jwt import IssuedTokens
    from dexter_graphql.server.oidc import IssuerKeys

ProxyOptions = Callable[[str], Mapping[str, Any]]
"""Returns what aiohttp needs to reach an address."""


@dataclass(frozen=True, slots=True)
class CallerIdentification:
    """The authenticators of a server, and what they share. `own` is the server's token, if it has one."""

    authenticators: Authenticators
    fingerprint: Fingerprint
    is_accepted: Callable[[str], bool]
    own: Upstream | None
    ring: KeyRing | None = None
    tokens: "IssuedTokens | None" = None

    @property
    def has_expiring_credentials(self) -> bool:
        """True when credentials end without a call to Sentry that says so."""
        return self.ring is not None or self.tokens is not None

    async def close(self) -> None:
        """Close what the authenticators use."""
        for used in (self.ring, self.tokens):
            if used is not None:
                await used.close()


@dataclass(frozen=True, slots=True)
class Upstreams:
    """What the modes need of the connections to other servers.

    `is_accepted` tells the upstream credentials that Sentry knows. `tls` and `proxy_options` are for calls to the
    issuer of tokens.
    """

    is_accepted: Callable[[str], bool]
    tls: ssl.SSLContext | None
    proxy_options: ProxyOptions


def build_identification(
    settings: Settings, clock: Clock, upstreams: Upstreams, *, is_sandbox: bool
) -> CallerIdentification:
    """Compose the modes that are switched on."""
    fingerprint = _fingerprint(settings)
    own = _own_upstream(settings, fingerprint)
    by_form: dict[Form, Authenticator] = {}
    ring = tokens = None
    if Mode.KEYS in settings.mode:
        ring = KeyRing(key_store(settings, clock), key_hasher(settings), clock)
        by_form[Form.KEY] = DexterKeys(ring, _required(own))
    if Mode.JWT in settings.mode:
        tokens = _issued_tokens(settings, clock, upstreams, _required(own))
        by_form[Form.JWT] = tokens
    if Mode.PASSTHROUGH in settings.mode:
        by_form[Form.OTHER] = Passthrough(fingerprint, upstreams.is_accepted)
    access = AccessLevel.ADMIN if is_sandbox or settings.allow_writes else AccessLevel.READ
    open_access = OpenAccess(own, access) if Mode.OPEN in settings.mode else None
    return CallerIdentification(
        Authenticators(by_form, open_access), fingerprint, upstreams.is_accepted, own, ring, tokens
    )


def key_store(settings: Settings, clock: Clock) -> KeyStore:
    """Return the place in which the keys are stored: the file, or else Redis."""
    if settings.keys_file is not None:
        return KeyFile(settings.keys_file)
    if settings.redis_url is None:
        raise SettingsError("DEXTER_KEYS_FILE: Dexter keys need a place: set it, or REDIS_URL")
    # Imported where they are used: redis-py and cryptography take 15 MiB.
    from dexter_graphql.sentry.redis.connection import RedisConnection  # noqa: PLC0415
    from dexter_graphql.sentry.redis.encryption import Cipher  # noqa: PLC0415
    from dexter_graphql.server.identity.key_redis import KeysInRedis  # noqa: PLC0415

    secret = settings.secret.get_secret_value().encode()
    return KeysInRedis(RedisConnection(settings.redis_url.get_secret_value(), clock), Cipher(secret))


def key_hasher(settings: Settings) -> KeyHasher:
    """Return what makes the stored hashes of keys."""
    return KeyHasher(settings.secret.get_secret_value().encode())


def _issued_tokens(settings: Settings, clock: Clock, upstreams: Upstreams, own: Upstream) -> "IssuedTokens":
    """Compose the mode `jwt`. It is imported here, because cryptography takes memory."""
    from dexter_graphql.server.identity.claims import ClaimsMapping  # noqa: PLC0415  # see above
    from dexter_graphql.server.identity.jwt import IssuedTokens, TokenRules  # noqa: PLC0415

    return IssuedTokens(
        TokenRules(settings.jwt_issuer or "", settings.jwt_audience, settings.jwt_algorithms, settings.jwt_leeway_s),
        issuer_keys(settings, clock, upstreams),
        ClaimsMapping.of(settings),
        own=own,
        fingerprint=_fingerprint(settings),
        clock=clock,
    )


def _fingerprint(settings: Settings) -> Fingerprint:
    return Fingerprint(settings.secret.get_secret_value().encode())


def issuer_keys(settings: Settings, clock: Clock, upstreams: Upstreams) -> "IssuerKeys":
    """Return the signing keys of the issuer; imported here for the same reason."""
    from dexter_graphql.server.oidc import IssuerKeys  # noqa: PLC0415  # see above

    return IssuerKeys(settings.jwt_issuer or "", clock, upstreams.tls, upstreams.proxy_options)


def _own_upstream(settings: Settings, fingerprint: Fingerprint) -> Upstream | None:
    token = settings.sentry_auth_token.get_secret_value() if settings.sentry_auth_token else ""
    return Upstream(fingerprint(token), token) if token else None


def _required(own: Upstream | None) -> Upstream:
    if own is None:
        raise SettingsError(
            "SENTRY_AUTH_TOKEN: modes 'keys' and 'jwt' use the server's token; set it, or use --sandbox"
        )
    return own
