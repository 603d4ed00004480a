"""Tokens of the fake Sentry with their kinds and scopes."""

import base64
import hashlib
import json
from dataclasses import dataclass, field, replace
from random import Random

from dexter_graphql.sandbox.world.model import User

ALL_SCOPES = frozenset(
    {
        *(f"{family}:{right}" for family in ("org", "member", "team", "project", "event") for right in
          ("read", "write", "admin")),
        "org:integrations", "org:ci", "member:invite", "project:releases", "project:distribution",
        "alerts:read", "alerts:write",
    }
)  # fmt: skip
READ_SCOPES = frozenset(scope for scope in ALL_SCOPES if scope.endswith(":read"))
APP_SCOPES = frozenset(scope for scope in ALL_SCOPES if not scope.startswith("member:")) | {"member:read"}
CI_SCOPES = frozenset({"org:ci"})


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token. `user` is None for tokens of organizations and apps; `organizations` are slugs."""

    text: str
    kind: str
    scopes: frozenset[str]
    organizations: frozenset[str]
    user: User | None = None
    is_expired: bool = False
    projects: frozenset[str] | None = None
    """Slugs of the projects that it may read; None for all. Project lists name every project all the same."""

    def __repr__(self) -> str:
        return f"Token(kind={self.kind!r}, organizations={sorted(self.organizations)!r})"

    def may_read(self, project: str) -> bool:
        """Whether the token may read the project with that slug."""
        return self.projects is None or project in self.projects


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens by purpose."""

    admin: Token
    reader: Token
    organization: Token
    integration: Token
    globex: Token
    expired: Token
    web_only: Token
    issued: list[Token] = field(default_factory=list)
    """Further tokens like `reader`, each with a text of its own."""

    @property
    def all(self) -> tuple[Token, ...]:
        """Every token."""
        named = (self.admin, self.reader, self.organization, self.integration, self.globex, self.expired, self.web_only)
        return (*named, *self.issued)

    def find(self, text: str) -> Token | None:
        """The token with that text."""
        return next((token for token in self.all if token.text == text), None)

    def issue(self, number: int) -> list[Token]:
        """Issue further tokens like `reader`; those of earlier calls are the first of them."""
        for position in range(len(self.issued), number):
            self.issued.append(replace(self.reader, text=_derived(f"{self.reader.text}/{position}")))
        return self.issued[:number]


def make_tokens(rng: Random, admin: User, globex: User, *, admin_text: str | None = None) -> Tokens:
    """Tokens derived from the seed; `admin_text` replaces the generated admin token."""
    both, acme = frozenset({"acme", "globex"}), frozenset({"acme"})

    def personal() -> str:
        return f"sntryu_{rng.getrandbits(256):064x}"

    generated = personal()
    return Tokens(
        admin=Token(admin_text or generated, "user", ALL_SCOPES, both, admin),
        reader=Token(personal(), "user", READ_SCOPES, both, admin),
        organization=Token(_organization_token(rng), "organization", CI_SCOPES, acme),
        integration=Token(f"sntryi_{rng.getrandbits(256):064x}", "integration", APP_SCOPES, acme),
        globex=Token(personal(), "user", ALL_SCOPES, frozenset({"globex"}), globex),
        expired=Token(personal(), "user", ALL_SCOPES, both, admin, is_expired=True),
        web_only=Token(_derived(generated), "user", ALL_SCOPES, acme, admin, projects=frozenset({"web"})),
    )


def _derived(text: str) -> str:
    """A personal token made from another one, so that the world's random numbers stay the same."""
    return f"sntryu_{hashlib.sha256(text.encode()).hexdigest()}"


def _organization_token(rng: Random) -> str:
    claims = {"iat": 1700000000, "url": None, "region_url": None, "org": "acme"}
    secret = base64.b64encode(rng.randbytes(32)).decode().rstrip("=")
    return f"sntrys_{base64.b64encode(json.dumps(claims).encode()).decode()}_{secret}"
