"""Settings that decide who may send requests, and what they may do."""

import secrets
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from dexter_graphql.settings.fields import setting, split_words
from dexter_graphql.settings.jwt import JwtSettings

MIN_SECRET_LENGTH = 32


class Mode(StrEnum):
    """Which clients are accepted, and which token is used at Sentry."""

    OPEN = "open"
    PASSTHROUGH = "passthrough"
    KEYS = "keys"
    JWT = "jwt"


class IdentitySettings(JwtSettings):
    """The part of the settings that concerns callers and their credentials."""

    # Read by alias only: HOST, PORT and SECRET mean other things in many environments.
    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, allow_inf_nan=False)

    mode: Annotated[tuple[Mode, ...], NoDecode, BeforeValidator(split_words)] = setting(
        "DEXTER_MODE",
        (Mode.OPEN,),
        "`open`: no credentials, loopback only; `passthrough`: clients send Sentry tokens; `keys`: Dexter keys; "
        "`jwt`: tokens of an OpenID Connect issuer. Several are separated by commas.",
    )
    allow_writes: bool = setting(
        "DEXTER_ALLOW_WRITES", default=False, description="Allow mutations in mode `open` with a real token."
    )
    secret: SecretStr = setting(
        "DEXTER_SECRET",
        None,
        "Key for stream positions, addresses of files, data in Redis and Dexter keys; random at each start when unset.",
    )
    keys_file: str | None = setting(
        "DEXTER_KEYS_FILE", None, "File with the Dexter keys of mode `keys`; without it they are in Redis."
    )

    audit: str | None = setting("DEXTER_AUDIT", None, "File of the audit log, or `stdout`; without it there is none.")

    @field_validator("secret", mode="before")
    @classmethod
    def _random_secret(cls, value: object) -> object:
        return secrets.token_hex(32) if value is None or value == "" else value

    @field_validator("mode")
    @classmethod
    def _modes_agree(cls, value: tuple[Mode, ...]) -> tuple[Mode, ...]:
        modes = tuple(dict.fromkeys(value))
        if not modes:
            raise ValueError(f"must be one or more of {', '.join(Mode)}")
        if Mode.OPEN in modes and len(modes) > 1:
            raise ValueError("mode 'open' needs no credentials, so other modes beside it would protect nothing")
        return modes

    @model_validator(mode="after")
    def _keys_have_a_secret(self) -> Self:
        if Mode.KEYS in self.mode and not self.has_strong_secret:
            raise ValueError(
                "DEXTER_SECRET: Dexter keys are stored as hashes with DEXTER_SECRET; set it to a random text of at "
                f"least {MIN_SECRET_LENGTH} characters, the same on every replica and for 'dexter keys'"
            )
        return self

    @model_validator(mode="after")
    def _tokens_have_an_issuer(self) -> Self:
        if Mode.JWT in self.mode:
            for name, value in (("DEXTER_JWT_ISSUER", self.jwt_issuer), ("DEXTER_JWT_AUDIENCE", self.jwt_audience)):
                if not value:
                    raise ValueError(f"{name}: mode 'jwt' needs it, so that tokens made for others are not accepted")
        return self

    @property
    def has_strong_secret(self) -> bool:
        """True when `DEXTER_SECRET` was set, and to a text that cannot be guessed."""
        return "secret" in self.model_fields_set and len(self.secret.get_secret_value()) >= MIN_SECRET_LENGTH
