"""Knows every setting, its default and its bounds; reads the environment once, at the start.

`SENTRY_URL` and `SENTRY_AUTH_TOKEN` have the names that Sentry's own tools use; all others begin with `DEXTER_`.
"""

import ipaddress
import secrets
from enum import StrEnum
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from dexter_graphql.errors import SettingsError

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_CHOICES = {
    "log_level": ("debug", "info", "warning", "error"),
    "log_format": ("text", "json"),
    "sandbox_vintage": ("20.12", "23.7", "24.1", "26.7", "saas"),
}


class Mode(StrEnum):
    """Who may ask, and with whose token Sentry is asked."""

    OPEN = "open"
    PASSTHROUGH = "passthrough"


class Engine(StrEnum):
    """What runs documents."""

    COMPILED = "compiled"
    INTERPRETER = "interpreter"


def _words(value: object) -> object:
    return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
"""A list in one variable, separated by commas."""


def _setting(name: str, default: Any, description: str, **bounds: Any) -> Any:
    return Field(default, validation_alias=AliasChoices(name), description=description, **bounds)


class Settings(BaseSettings):
    """All settings, frozen and checked. Secrets never print."""

    # Never by the names of the fields: HOST, PORT and SECRET mean other things in many environments.
    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, allow_inf_nan=False)

    sentry_url: str = _setting("SENTRY_URL", "https://sentry.io", "Address of Sentry.")
    sentry_auth_token: SecretStr | None = _setting(
        "SENTRY_AUTH_TOKEN", None, "Token that the server uses at Sentry in mode `open`."
    )
    redis_url: SecretStr | None = _setting(
        "REDIS_URL", None, "Redis that replicas share answers through, for example `redis://localhost:6379/0`."
    )
    redis_keeps_events: bool = _setting(
        "DEXTER_REDIS_KEEPS_EVENTS", default=False, description="Keep the bodies of events in Redis too."
    )

    host: str = _setting("DEXTER_HOST", "127.0.0.1", "Address to listen on.")
    port: int = _setting("DEXTER_PORT", 8000, "Port to listen on; 0 picks a free one.", ge=0, le=65535)
    mode: Mode = _setting("DEXTER_MODE", Mode.OPEN, "Who may ask: `open` (loopback only) or `passthrough`.")
    engine: Engine = _setting(
        "DEXTER_ENGINE",
        Engine.COMPILED,
        "What runs documents: `compiled` plans, or the `interpreter` of graphql-core, for comparison and emergencies.",
    )
    allow_writes: bool = _setting(
        "DEXTER_ALLOW_WRITES", default=False, description="Let mutations through in mode `open` with a real token."
    )
    secret: SecretStr = _setting(
        "DEXTER_SECRET", None, "Key for hashes of credentials and for positions; random at each start when unset."
    )
    sentry_hosts: Words = _setting("DEXTER_SENTRY_HOSTS", (), "More origins that a token may be sent to.")
    allowed_hosts: Words = _setting("DEXTER_ALLOWED_HOSTS", (), "More values of `Host` that are answered.")
    allowed_origins: Words = _setting("DEXTER_ALLOWED_ORIGINS", (), "More origins of pages that may ask.")
    webhook_secrets: Words = _setting(
        "DEXTER_WEBHOOK_SECRETS", (), "Client secrets of Sentry's integrations, as `organization=secret`.", repr=False
    )

    deadline_s: float = _setting("DEXTER_DEADLINE_SECONDS", 30.0, "Time for one operation, in seconds.", gt=0, le=600)
    attempt_timeout_s: float = _setting(
        "DEXTER_ATTEMPT_TIMEOUT_SECONDS", 20.0, "Time for one call to Sentry, in seconds.", gt=0, le=600
    )
    sentry_connections: int = _setting(
        "DEXTER_SENTRY_CONNECTIONS", 100, "Connections to one host of Sentry at the same time.", ge=4, le=10000
    )
    http_proxy: SecretStr | None = _setting(
        "DEXTER_HTTP_PROXY", None, "HTTP proxy for calls to Sentry, for example `http://proxy.example.org:3128`."
    )
    proxy_from_environment: bool = _setting(
        "DEXTER_PROXY_FROM_ENVIRONMENT",
        default=False,
        description="Use the proxies of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` for calls to Sentry.",
    )
    ca_file: str | None = _setting(
        "DEXTER_CA_FILE", None, "PEM file of certificate authorities to trust besides those of the system."
    )
    call_budget: int = _setting(
        "DEXTER_CALL_BUDGET", 100, "Calls to Sentry that one operation may make.", ge=1, le=10000
    )
    cache_mib: int = _setting("DEXTER_CACHE_MIB", 64, "Memory for answers of Sentry, in MiB.", ge=0, le=65536)

    max_body_bytes: int = _setting("DEXTER_MAX_BODY_BYTES", 1_000_000, "Largest request, in bytes.", ge=1024)
    max_bodies_mib: int = _setting(
        "DEXTER_MAX_BODIES_MIB", 256, "Request bodies held at the same time, in MiB.", ge=1, le=65536
    )
    max_head_bytes: int = _setting(
        "DEXTER_MAX_HEAD_BYTES", 64 * 1024, "Largest request line with headers, in bytes.", ge=1024, le=1024 * 1024
    )
    head_timeout_s: float = _setting(
        "DEXTER_HEAD_TIMEOUT_SECONDS", 10.0, "Time for a request head to arrive, in seconds.", gt=0, le=600
    )
    body_timeout_s: float = _setting(
        "DEXTER_BODY_TIMEOUT_SECONDS", 30.0, "Time for a request body to arrive, in seconds.", gt=0, le=600
    )
    max_connections: int = _setting(
        "DEXTER_MAX_CONNECTIONS", 10_000, "HTTP connections; WebSockets are not counted.", ge=10
    )
    max_tokens: int = _setting("DEXTER_MAX_TOKENS", 5000, "Longest document, in tokens.", ge=10)
    max_depth: int = _setting("DEXTER_MAX_DEPTH", 15, "Deepest nesting of fields in a document.", ge=1, le=100)
    max_aliases: int = _setting("DEXTER_MAX_ALIASES", 50, "Aliases in a document.", ge=0)
    max_root_fields: int = _setting("DEXTER_MAX_ROOT_FIELDS", 20, "Fields at the root of an operation.", ge=1)
    max_fields: int = _setting("DEXTER_MAX_FIELDS", 2000, "Fields of an operation, fragments written out.", ge=1)
    has_introspection: bool = _setting(
        "DEXTER_INTROSPECTION", default=True, description="Answer questions about the schema (`__schema`, `__type`)."
    )
    max_socket_operations: int = _setting(
        "DEXTER_MAX_SOCKET_OPERATIONS", 50, "Operations that one WebSocket may run at the same time.", ge=1
    )
    heartbeat_s: float = _setting(
        "DEXTER_HEARTBEAT_SECONDS", 12.0, "Silence before a stream sends a sign of life.", gt=0
    )

    drain_s: float = _setting(
        "DEXTER_DRAIN_SECONDS", 5.0, "Time for what is under way when the server ends.", ge=0, le=300
    )
    log_level: str = _setting("DEXTER_LOG_LEVEL", "info", "`debug`, `info`, `warning` or `error`.")
    log_format: str = _setting("DEXTER_LOG_FORMAT", "text", "`text` for people, `json` for machines.")
    sandbox_seed: int = _setting("DEXTER_SANDBOX_SEED", 7, "Seed of the embedded sandbox.", ge=0)
    sandbox_vintage: str = _setting(
        "DEXTER_SANDBOX_VINTAGE", "saas", "Sentry release that the embedded sandbox imitates; `saas` is sentry.io."
    )

    @field_validator("secret", mode="before")
    @classmethod
    def _random_secret(cls, value: object) -> object:
        return secrets.token_hex(32) if value is None or value == "" else value

    @field_validator("log_level", "log_format", "sandbox_vintage")
    @classmethod
    def _known_word(cls, value: str, info: Any) -> str:
        known = _CHOICES[info.field_name]
        if value.lower() not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return value.lower()

    @field_validator("sentry_url", "sentry_hosts")
    @classmethod
    def _addresses(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not all(is_address(url) for url in ((value,) if isinstance(value, str) else value)):
            raise ValueError("must be an address such as https://sentry.io, without user and password")
        return value

    @field_validator("webhook_secrets")
    @classmethod
    def _pairs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not all(pair.partition("=")[::2]) for pair in value):
            raise ValueError("must be pairs such as acme=0123abcd, separated by commas")
        return value

    @model_validator(mode="after")
    def _redis_is_sealed(self) -> Self:
        if self.redis_url is not None and "secret" not in self.model_fields_set:
            raise ValueError(
                "DEXTER_SECRET: REDIS_URL is set, and what is kept in Redis is sealed with DEXTER_SECRET; "
                "set it to the same long random text on every replica"
            )
        return self

    @field_validator("redis_url")
    @classmethod
    def _redis_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @model_validator(mode="after")
    def _open_stays_home(self) -> Self:
        if self.mode is Mode.OPEN and not is_loopback(self.host):
            raise ValueError(
                "DEXTER_MODE: mode 'open' asks nobody who they are and so listens on the loopback only; "
                "set DEXTER_HOST=127.0.0.1, or DEXTER_MODE=passthrough"
            )
        return self

    @property
    def hosts(self) -> frozenset[str]:
        """Names under which this server answers, without ports, in lower case."""
        return frozenset(map(str.lower, (*LOOPBACK_NAMES, bracketed(self.host), *self.allowed_hosts)))

    @property
    def secrets_by_organization(self) -> tuple[tuple[str, str], ...]:
        """Organization and client secret of each integration whose webhooks are taken."""
        return tuple((name, secret) for name, _, secret in (pair.partition("=") for pair in self.webhook_secrets))


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment, `overrides` first; raises SettingsError that names what is wrong and the fix."""
    try:
        return Settings(**{variable(name): value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("\n".join(_explained(item) for item in error.errors())) from None


def is_loopback(host: str) -> bool:
    """True for an address, or the name `localhost`, that only this machine can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_address(url: str) -> bool:
    """True for the address of a server over HTTP that holds no credentials."""
    try:
        parts = urlsplit(url)
        is_port = parts.port != 0
    except ValueError:
        return False
    return is_port and parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None


def variable(field_name: str) -> str:
    """Name of the environment variable that sets a field."""
    alias = Settings.model_fields[field_name].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else field_name.upper()


def _explained(item: Any) -> str:
    """One problem in one line; never with the value, which may be secret."""
    where = item["loc"][0] if item["loc"] else ""
    name = variable(where) if where in Settings.model_fields else str(where)
    message = item["msg"].removeprefix("Value error, ")
    return f"{name}: {message}" if name else message


def bracketed(host: str) -> str:
    """A host as it stands in an address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
