"""What the claims of a verified JWT say about the caller: subject, name, e-mail address and reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.identity import Caller, Reach
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.server.identity.authenticator import unauthenticated
from dexter_graphql.server.responses import RequestRejected
from dexter_graphql.settings import Settings
from dexter_graphql.settings.fields import PROJECT
from dexter_graphql.settings.jwt import EVERYTHING, NO_ACCESS, pairs

MAX_TEXT = 200
MAX_VALUES = 1000
SCOPES = frozenset({"scope", "scp"})
"""Claims whose text is a list of words."""
Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClaimsMapping:
    """Names of claims, and what their values permit."""

    subject: str
    name: str
    email: str
    access: str | None
    levels: Mapping[str, AccessLevel]
    default_level: AccessLevel | None
    projects: str | None
    projects_by_value: Mapping[str, frozenset[str]]
    documents_only: bool

    @classmethod
    def of(cls, settings: Settings) -> "ClaimsMapping":
        """Return the mapping that the settings describe."""
        default = settings.jwt_default_access
        projects: dict[str, frozenset[str]] = {}
        for value, project in pairs(settings.jwt_projects):
            projects[value] = projects.get(value, frozenset()) | {project}
        return cls(
            subject=settings.jwt_subject_claim,
            name=settings.jwt_name_claim,
            email=settings.jwt_email_claim,
            access=settings.jwt_access_claim,
            levels={value: AccessLevel(level) for value, level in pairs(settings.jwt_access)},
            default_level=None if default == NO_ACCESS else AccessLevel(default),
            projects=settings.jwt_projects_claim,
            projects_by_value=projects,
            documents_only=settings.jwt_documents_only,
        )

    def caller_of(self, claims: Claims) -> Caller:
        """Return the caller; rejects a token that names none."""
        subject = _text(claims, self.subject)
        if subject is None:
            raise unauthenticated(f"The token has no claim {self.subject!r}")
        # An address that the issuer has not verified may be that of another person.
        email = None if claims.get("email_verified") is False else _text(claims, self.email)
        return Caller(f"jwt:{subject}", _text(claims, self.name), email)

    def reach_of(self, claims: Claims) -> Reach:
        """Return the reach; rejects a caller who may do nothing."""
        values = _values(claims, self.access)
        levels = [level for value, level in self.levels.items() if value in values]
        level = max(levels, key=list(AccessLevel).index, default=self.default_level)
        if level is None:
            message = f"The claim {self.access!r} of the token permits no access to this server"
            raise RequestRejected(HTTPStatus.FORBIDDEN, ErrorCode.FORBIDDEN, message)
        return Reach.of(level, self._projects_of(claims), documents_only=self.documents_only)

    def _projects_of(self, claims: Claims) -> frozenset[str] | None:
        """The projects that the claim names, or its values stand for; a token without the claim reaches none."""
        if self.projects is None:
            return None
        values = _values(claims, self.projects)
        if self.projects_by_value:
            values = frozenset().union(*(self.projects_by_value.get(value, frozenset()) for value in values))
        if EVERYTHING in values:
            return None
        return frozenset(value for value in values if PROJECT.fullmatch(value))


def _claim(claims: Claims, name: str) -> Any:
    """The claim with exactly this name or, for a dotted one, the member of a nested object."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _text(claims: Claims, name: str) -> str | None:
    """The text of a claim, if it can be shown and logged."""
    value = _claim(claims, name)
    is_usable = isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable()
    return value if is_usable else None


def _values(claims: Claims, name: str | None) -> frozenset[str]:
    """The values of a claim that is a text or a list of texts."""
    value = None if name is None else _claim(claims, name)
    if isinstance(value, str):
        return frozenset(value.split() if name in SCOPES else (value,))
    if isinstance(value, list):
        return frozenset(item for item in value[:MAX_VALUES] if isinstance(item, str))
    return frozenset()
