"""Interface of authenticators, and the selection of one by the form of a credential."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Protocol

from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.identity import Identity
from dexter_graphql.server.responses import RequestRejected

KEY_PREFIX = "dxk_"
KEY = re.compile(rf"{KEY_PREFIX}([0-9a-f]{{10}})_[A-Za-z0-9_-]{{43}}")
"""A Dexter key, with its ID."""
TOKEN = re.compile(r"[\x21-\x7e]{8,4096}")
JWT = re.compile(r"ey[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")
MAX_JWT = 16 * 1024
"""Characters of a JWT, which grows with the groups of its subject."""
CHALLENGE = (("WWW-Authenticate", 'Bearer realm="dexter"'),)


class Form(Enum):
    """Form of a credential. Each mode accepts one form, and no credential is tried in a second mode."""

    KEY = auto()
    JWT = auto()
    OTHER = auto()


class Authenticator(Protocol):
    """Accepts the credentials of one mode."""

    hint: str
    """What a client has to send, for the message of a rejection."""

    def find(self, token: str) -> Identity | None:
        """Return the identity of a credential that is known to be valid; None for one that has to be verified."""

    async def verify(self, token: str) -> Identity:
        """Return the identity of a credential that `find` does not know; raises RequestRejected when it is invalid."""


@dataclass(frozen=True, slots=True)
class Authenticators:
    """The authenticators of all modes of a server; `open_access` accepts requests without a credential."""

    by_form: Mapping[Form, Authenticator]
    open_access: Authenticator | None = None

    def select(self, authorization: str | None) -> tuple[Authenticator, str]:
        """Return the credential in an `Authorization` value, and the authenticator of its form."""
        if self.open_access is not None:
            return self.open_access, ""
        scheme, _, token = (authorization or "").strip().partition(" ")
        token = token.strip()
        form = form_of(token) if scheme.lower() == "bearer" else None
        authenticator = None if form is None else self.by_form.get(form)
        if authenticator is None:
            hints = " or ".join(each.hint for each in self.by_form.values())
            raise unauthenticated(f"Send {hints} as 'Authorization: Bearer …'")
        return authenticator, token


class Fingerprint:
    """Keyed hash of credentials, which stands for them in keys of caches and limits."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def __repr__(self) -> str:
        return "<Fingerprint>"

    def __call__(self, credential: str) -> str:
        """Return the hash of a credential."""
        return hmac.digest(self._secret, credential.encode(), hashlib.sha256).hex()[:32]


def form_of(token: str) -> Form | None:
    """Return the form of a credential; None for a text that is none."""
    if len(token) <= MAX_JWT and JWT.fullmatch(token):
        return Form.JWT
    if not TOKEN.fullmatch(token):
        return None
    return Form.KEY if token.startswith(KEY_PREFIX) else Form.OTHER


def public_name(authorization: str | None) -> str | None:
    """Return the ID of the Dexter key in an `Authorization` value, which is not secret; None for all others."""
    match = KEY.search(authorization or "")
    return f"key:{match[1]}" if match else None


def unauthenticated(message: str) -> RequestRejected:
    """Build the rejection of a request without a usable credential."""
    return RequestRejected(HTTPStatus.UNAUTHORIZED, ErrorCode.UNAUTHENTICATED, message, CHALLENGE)


def unverifiable(message: str) -> RequestRejected:
    """Build the rejection of a credential that cannot be verified at the moment."""
    return RequestRejected(
        HTTPStatus.SERVICE_UNAVAILABLE,
        ErrorCode.UNAUTHENTICATED,
        message,
        (("Retry-After", "5"),),
        is_retryable=True,
    )
