"""Settings of the commands that call a running server."""

from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator

from dexter_graphql.settings.addresses import DEFAULT_PORTS, origin_of
from dexter_graphql.settings.fields import setting
from dexter_graphql.settings.identity import IdentitySettings


class ClientSettings(IdentitySettings):
    """The part of the settings that concerns commands as clients of a running server."""

    dexter_url: str | None = setting(
        "DEXTER_URL", None, "Server that `dexter tail` and `dexter webhook` call; without it the one of DEXTER_HOST."
    )
    dexter_token: SecretStr | None = setting("DEXTER_TOKEN", None, "Credential that `dexter tail` sends to it.")

    @field_validator("dexter_url")
    @classmethod
    def _origin(cls, value: str | None) -> str | None:
        origin = value if value is None else origin_of(value)
        if value is not None and (origin is None or _has_more(value)):
            raise ValueError("must be an address such as https://dexter.example.org, without a path")
        return origin

    @field_validator("dexter_token")
    @classmethod
    def _header_value(cls, value: SecretStr | None) -> SecretStr | None:
        text = "" if value is None else value.get_secret_value()
        if not text.isascii() or not text.isprintable():
            raise ValueError("must consist of printable ASCII characters")
        return value


def _has_more(url: str) -> bool:
    """Return whether a URL is more than an origin of HTTP."""
    parts = urlsplit(url)
    return parts.scheme not in DEFAULT_PORTS or bool(parts.path.strip("/") or parts.query or parts.fragment)
