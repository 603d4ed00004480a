"""All settings with their defaults and bounds; the environment and files of secrets are read once, at the start.

`SENTRY_URL` and `SENTRY_AUTH_TOKEN` have the names that Sentry's own tools use; all others begin with `DEXTER_`.
"""

import ipaddress
import os
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import AliasChoices, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsError as UnreadableSource

from dexter_graphql.errors import SettingsError
from dexter_graphql.settings.addresses import (
    LOOPBACK_NAMES,
    bracketed,
    is_loopback,
    page_origin,
    parse_address,
    server_address,
)
from dexter_graphql.settings.client import ClientSettings
from dexter_graphql.settings.cost import CostSettings
from dexter_graphql.settings.documents import DocumentSettings
from dexter_graphql.settings.fields import Words
from dexter_graphql.settings.fields import setting as _setting
from dexter_graphql.settings.identity import MIN_SECRET_LENGTH, Mode
from dexter_graphql.settings.live import LiveSettings
from dexter_graphql.settings.webhooks import WebhookSettings

NO_DEFAULT = "default_factory_not_called"
"""Type of an error that says that a default depends on another value, which has an error of its own."""
DEFAULT_ADMIN_LISTEN = "127.0.0.1:8001"
OFF = "off"
VINTAGES = ("20.12", "23.7", "24.1", "26.7", "saas")
"""Sentry releases that the sandbox imitates; the sandbox itself is imported only where it is used."""
_CHOICES = {
    "log_level": ("debug", "info", "warning", "error"),
    "log_format": ("text", "json"),
    "sandbox_vintage": VINTAGES,
}


class Engine(StrEnum):
    """Which engine executes operations."""

    COMPILED = "compiled"
    INTERPRETER = "interpreter"


class Settings(ClientSettings, CostSettings, DocumentSettings, LiveSettings, WebhookSettings):
    """All settings, immutable and validated. Secrets are never printed."""

    secrets_dir: str | None = _setting(
        "DEXTER_SECRETS_DIR", None, "Folder of files that are named like variables, and read where these are not set."
    )
    sentry_url: str = _setting("SENTRY_URL", "https://sentry.io", "Address of Sentry.")
    sentry_auth_token: SecretStr | None = _setting(
        "SENTRY_AUTH_TOKEN", None, "Token that the server uses at Sentry in all modes but `passthrough`."
    )
    redis_url: SecretStr | None = _setting(
        "REDIS_URL", None, "Redis through which replicas share answers, for example `redis://localhost:6379/0`."
    )
    redis_keeps_events: bool = _setting(
        "DEXTER_REDIS_KEEPS_EVENTS", default=False, description="Store event bodies in Redis, too."
    )

    host: str = _setting("DEXTER_HOST", "127.0.0.1", "Address to listen on.")
    port: int = _setting("DEXTER_PORT", 8000, "Port to listen on; 0 picks a free one.", ge=0, le=65535)
    admin_listen: str = _setting(
        "DEXTER_ADMIN_LISTEN", DEFAULT_ADMIN_LISTEN, "Address for metrics and readiness details; `off` for none."
    )
    engine: Engine = _setting(
        "DEXTER_ENGINE",
        Engine.COMPILED,
        "What executes operations: `compiled` plans, or graphql-core's `interpreter`, for comparison and emergencies.",
    )
    sentry_hosts: Words = _setting("DEXTER_SENTRY_HOSTS", (), "Additional origins that a token may be sent to.")
    trusted_proxies: Words = _setting(
        "DEXTER_TRUSTED_PROXIES", (), "Addresses or networks of proxies whose `X-Forwarded-For` is believed."
    )
    allowed_hosts: Words = _setting("DEXTER_ALLOWED_HOSTS", (), "Additional host names that are answered.")
    allowed_origins: Words = _setting("DEXTER_ALLOWED_ORIGINS", (), "Origins of other pages that may send requests.")

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
    cache_mib: int = _setting("DEXTER_CACHE_MIB", 16, "Memory for cached answers, in MiB.", ge=0, le=65536)

    max_body_bytes: int = _setting(
        "DEXTER_MAX_BODY_BYTES", 1_000_000, "Request body or WebSocket message, in bytes.", ge=1024
    )
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
    max_streams_per_caller: int = _setting(
        "DEXTER_MAX_STREAMS_PER_CALLER", 100, "Streams that one caller may have open.", ge=1
    )
    max_sockets_per_caller: int = _setting(
        "DEXTER_MAX_SOCKETS_PER_CALLER", 50, "WebSockets that one caller may have open.", ge=1
    )
    max_streams: int = _setting("DEXTER_MAX_STREAMS", 20_000, "Streams of all callers.", ge=1)
    max_sockets: int = _setting("DEXTER_MAX_SOCKETS", 20_000, "WebSockets of all callers.", ge=1)
    new_credentials_per_s: float = _setting(
        "DEXTER_NEW_CREDENTIALS_PER_SECOND",
        20.0,
        "Credentials per second and client address that are not known to be valid.",
        gt=0,
    )
    max_socket_operations: int = _setting(
        "DEXTER_MAX_SOCKET_OPERATIONS", 50, "Operations that one WebSocket may run at the same time.", ge=1
    )
    heartbeat_s: float = _setting(
        "DEXTER_HEARTBEAT_SECONDS",
        12.0,
        "Time without an item until a stream sends a heartbeat, in seconds.",
        gt=0,
    )
    live_share: float = _setting(
        "DEXTER_LIVE_SHARE", 0.1, "Part of Sentry's rate limit that all live queries of a credential use.", gt=0, le=1
    )

    max_file_mib: int = _setting(
        "DEXTER_MAX_FILE_MIB", 2048, "Largest file that is transferred, in MiB.", ge=1, le=1_048_576
    )
    file_address_s: float = _setting(
        "DEXTER_FILE_ADDRESS_SECONDS", 600.0, "Time until the address of a file expires, in seconds.", gt=0, le=86400
    )
    file_timeout_s: float = _setting(
        "DEXTER_FILE_TIMEOUT_SECONDS", 3600.0, "Time for the transfer of a file, in seconds.", gt=0, le=86400
    )
    file_stall_s: float = _setting(
        "DEXTER_FILE_STALL_SECONDS",
        30.0,
        "Time in which a client must take or send a part of a file, in seconds.",
        gt=0,
        le=600,
    )
    max_file_transfers_per_caller: int = _setting(
        "DEXTER_MAX_FILE_TRANSFERS_PER_CALLER", 8, "Files that one caller may transfer at the same time.", ge=1
    )
    max_file_transfers: int = _setting(
        "DEXTER_MAX_FILE_TRANSFERS", 32, "Files of all callers that are transferred at the same time.", ge=1
    )

    drain_s: float = _setting(
        "DEXTER_DRAIN_SECONDS",
        5.0,
        "Time for active requests when the server stops, in seconds.",
        ge=0,
        le=300,
    )
    log_level: str = _setting("DEXTER_LOG_LEVEL", "info", "`debug`, `info`, `warning` or `error`.")
    log_format: str = _setting("DEXTER_LOG_FORMAT", "text", "`text` or `json`.")
    sandbox_seed: int = _setting("DEXTER_SANDBOX_SEED", 7, "Seed of the embedded sandbox.", ge=0)
    sandbox_vintage: str = _setting(
        "DEXTER_SANDBOX_VINTAGE", "saas", "Sentry release that the embedded sandbox imitates; `saas` is sentry.io."
    )

    sandbox_events_per_second: float = _setting(
        "DEXTER_SANDBOX_EVENTS_PER_SECOND", 0.0, "Rate of simulated changes in the embedded sandbox.", ge=0, le=100
    )

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
        return server_address(value) if isinstance(value, str) else tuple(map(server_address, value))

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(page_origin, value))

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network, strict=False)
        return value

    @field_validator("admin_listen")
    @classmethod
    def _listen_address(cls, value: str) -> str:
        if value.lower() != OFF and parse_address(value) is None:
            raise ValueError(f"must be HOST:PORT, for example {DEFAULT_ADMIN_LISTEN}, or {OFF}")
        return value

    @model_validator(mode="after")
    def _redis_is_encrypted(self) -> Self:
        if self.redis_url is not None and not self.has_strong_secret:
            raise ValueError(
                "DEXTER_SECRET: data in Redis (REDIS_URL) is encrypted with DEXTER_SECRET; set it to the same random "
                f"text of at least {MIN_SECRET_LENGTH} characters on every replica"
            )
        return self

    @field_validator("redis_url")
    @classmethod
    def _redis_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @model_validator(mode="after")
    def _open_is_local(self) -> Self:
        if Mode.OPEN in self.mode and not is_loopback(self.host):
            raise ValueError(
                "DEXTER_MODE: mode 'open' needs no credentials and therefore listens on the loopback only; "
                "set DEXTER_HOST=127.0.0.1 or DEXTER_MODE=passthrough"
            )
        return self

    @model_validator(mode="after")
    def _keys_are_stored(self) -> Self:
        if Mode.KEYS in self.mode and self.keys_file is None and self.redis_url is None:
            raise ValueError("DEXTER_KEYS_FILE: Dexter keys need a place: set it, or REDIS_URL")
        return self

    @property
    def hosts(self) -> frozenset[str]:
        """Host names that are answered, without ports, in lower case."""
        return frozenset(map(str.lower, (*LOOPBACK_NAMES, bracketed(self.host), *self.allowed_hosts)))

    @property
    def admin_address(self) -> tuple[str, int] | None:
        """Host and port of the admin address; None when there is none."""
        return parse_address(self.admin_listen)

    @property
    def is_admin_configured(self) -> bool:
        """True when the admin address was chosen and is not the default."""
        return "admin_listen" in self.model_fields_set


def load_settings(**overrides: Any) -> Settings:
    """Read settings from the environment and from files, `overrides` first.

    Raises SettingsError with each variable and its fix.
    """
    given = {variable(name): value for name, value in overrides.items() if value is not None}
    try:
        return Settings(_secrets_dir=_secrets_folder(), **given)
    except UnreadableSource as error:
        raise SettingsError(f"DEXTER_SECRETS_DIR: a file is no readable text in UTF-8 ({error})") from None
    except ValidationError as error:
        raise SettingsError(
            "\n".join(_explained(item) for item in error.errors() if item["type"] != NO_DEFAULT)
        ) from None


def variable(field_name: str) -> str:
    """Name of the environment variable of a field."""
    alias = Settings.model_fields[field_name].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else field_name.upper()


def _secrets_folder() -> str | None:
    folder = os.environ.get("DEXTER_SECRETS_DIR") or None
    if folder is not None and not Path(folder).is_dir():
        raise SettingsError("DEXTER_SECRETS_DIR: must be the path of a folder")
    return folder


def _explained(item: Any) -> str:
    """One problem in one line, without the value, which may be secret."""
    where = item["loc"][0] if item["loc"] else ""
    name = variable(where) if where in Settings.model_fields else str(where)
    message = item["msg"].removeprefix("Value error, ")
    return f"{name}: {message}" if name else message
