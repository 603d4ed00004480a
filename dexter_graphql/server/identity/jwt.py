"""Authenticator of the mode `jwt`: tokens of an OpenID Connect issuer, which use the server's token."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.graph.identity import Identity
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.server.identity.authenticator import Fingerprint, unauthenticated, unverifiable
from dexter_graphql.server.identity.claims import ClaimsMapping
from dexter_graphql.server.oidc import IssuerKeys, IssuerUnavailable

MAX_VERIFIED = 10_000
"""Verified tokens that are remembered."""
NEVER = 2**53
"""Latest expiry, in seconds since the epoch: a number that fits every type."""
INVALID = "The token is invalid, has expired, or was made for another server"
"""One message for all reasons: which check failed helps those who forge tokens."""


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What a token must be."""

    issuer: str
    audience: Sequence[str]
    algorithms: Sequence[str]
    leeway_s: float


class IssuedTokens:
    """Accepts tokens that the issuer signed for this server, until they expire."""

    hint = "a token of your login (JWT)"

    def __init__(
        self,
        rules: TokenRules,
        keys: IssuerKeys,
        mapping: ClaimsMapping,
        *,
        own: Upstream,
        fingerprint: Fingerprint,
        clock: Clock,
    ) -> None:
        self._rules = rules
        self._keys = keys
        self._mapping = mapping
        self._own = own
        self._fingerprint = fingerprint
        self._clock = clock
        self._verified: BoundedMap[str, Identity] = BoundedMap(MAX_VERIFIED)

    def find(self, token: str) -> Identity | None:
        """Return the identity of a token that was verified before and has not expired."""
        identity = self._verified.get(self._fingerprint(token))
        return identity if identity is not None and self._clock.time() < identity.expires_at else None

    async def verify(self, token: str) -> Identity:
        """Verify signature, issuer, audience and times of a token, and remember it."""
        identity = self._identity(self._fingerprint(token), await self._claims_of(token))
        self._verified.put(self._fingerprint(token), identity)
        return identity

    async def close(self) -> None:
        """Close the connections to the issuer."""
        await self._keys.close()

    async def _claims_of(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            algorithm, key_id = str(header.get("alg")), header.get("kid")
            # Chosen by the settings, not by the token: no other algorithm is used with a key.
            is_accepted = algorithm in self._rules.algorithms
            key = await self._keys.find(key_id, algorithm) if is_accepted else None
            if key is None:
                raise unauthenticated(INVALID)
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                issuer=self._rules.issuer,
                audience=self._rules.audience,
                leeway=self._rules.leeway_s,
                options={"require": ["exp", "iss", "aud"], "enforce_minimum_key_length": True},
            )
        except IssuerUnavailable as error:
            raise unverifiable(str(error)) from None
        except PyJWTError:
            raise unauthenticated(INVALID) from None

    def _identity(self, credential: str, claims: dict[str, Any]) -> Identity:
        return Identity(
            self._own,
            self._mapping.reach_of(claims),
            self._mapping.caller_of(claims),
            is_shared_token=True,
            credential=f"jwt:{credential}",
            expires_at=min(int(claims["exp"]), NEVER) + self._rules.leeway_s,
        )
