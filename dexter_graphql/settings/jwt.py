"""Settings of the mode `jwt`: the issuer, what its tokens must be, and what their claims permit."""

from pydantic import field_validator
from pydantic_settings import BaseSettings

from dexter_graphql.settings.addresses import is_safe_address
from dexter_graphql.settings.fields import PROJECT, Words, setting

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Asymmetric ones: a key that verifies tokens must not be able to make them."""
LEVELS = ("read", "triage", "admin")
NO_ACCESS = "none"
EVERYTHING = "*"


class JwtSettings(BaseSettings):
    """The part of the settings that concerns tokens of an OpenID Connect issuer."""

    jwt_issuer: str | None = setting(
        "DEXTER_JWT_ISSUER", None, "Issuer of the tokens of mode `jwt`, for example `https://login.example.org`."
    )
    jwt_audience: Words = setting(
        "DEXTER_JWT_AUDIENCE", (), "Audiences of which a token must have one, usually the client ID of this server."
    )
    jwt_algorithms: Words = setting(
        "DEXTER_JWT_ALGORITHMS", ("RS256", "ES256"), "Accepted signature algorithms; all are asymmetric."
    )
    jwt_leeway_s: float = setting(
        "DEXTER_JWT_LEEWAY_SECONDS", 30.0, "Tolerated difference to the issuer's clock, in seconds.", ge=0, le=300
    )
    jwt_subject_claim: str = setting("DEXTER_JWT_SUBJECT_CLAIM", "sub", "Claim with the identity of the caller.")
    jwt_name_claim: str = setting("DEXTER_JWT_NAME_CLAIM", "name", "Claim with the caller's name.")
    jwt_email_claim: str = setting("DEXTER_JWT_EMAIL_CLAIM", "email", "Claim with the caller's e-mail address.")
    jwt_access_claim: str | None = setting(
        "DEXTER_JWT_ACCESS_CLAIM", None, "Claim whose values decide on the access level, for example `groups`."
    )
    jwt_access: Words = setting(
        "DEXTER_JWT_ACCESS", (), "Access level by value of that claim, as `value=level`; the highest one counts."
    )
    jwt_default_access: str = setting(
        "DEXTER_JWT_DEFAULT_ACCESS", "read", "Access level without a matching value; `none` rejects the caller."
    )
    jwt_projects_claim: str | None = setting(
        "DEXTER_JWT_PROJECTS_CLAIM", None, "Claim whose values decide on the projects; without it callers reach all."
    )
    jwt_projects: Words = setting(
        "DEXTER_JWT_PROJECTS", (), "Projects by value of that claim, as `value=organization/project` or `value=*`."
    )
    jwt_documents_only: bool = setting(
        "DEXTER_JWT_DOCUMENTS_ONLY",
        default=False,
        description="Let callers of mode `jwt` execute stored documents only.",
    )

    @field_validator("jwt_issuer")
    @classmethod
    def _issuer_address(cls, value: str | None) -> str | None:
        if value is not None and (not is_safe_address(value) or "?" in value or "#" in value):
            raise ValueError("must be an https address, exactly as in the `iss` claim of the tokens")
        return value

    @field_validator("jwt_algorithms")
    @classmethod
    def _known_algorithms(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or set(value) - set(ALGORITHMS):
            raise ValueError(f"must be one or more of {', '.join(ALGORITHMS)}")
        return value

    @field_validator("jwt_default_access")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value not in {*LEVELS, NO_ACCESS}:
            raise ValueError(f"must be one of {', '.join((*LEVELS, NO_ACCESS))}")
        return value

    @field_validator("jwt_access")
    @classmethod
    def _levels_by_value(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not name or level not in LEVELS for name, level in pairs(value)):
            raise ValueError(f"must be pairs such as sre=admin, with one of {', '.join(LEVELS)}")
        return value

    @field_validator("jwt_projects")
    @classmethod
    def _projects_by_value(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(
            not name or (project != EVERYTHING and not PROJECT.fullmatch(project)) for name, project in pairs(value)
        ):
            raise ValueError("must be pairs such as web-team=acme/web, or admins=*")
        return value


def pairs(words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return name and value of words such as `name=value`; a name may contain `=`."""
    return [(name, value) for name, _, value in (word.rpartition("=") for word in words)]
