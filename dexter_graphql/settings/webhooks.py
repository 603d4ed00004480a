"""Settings of webhooks: their secrets, and the journal that keeps them while Redis cannot be reached."""

import re
from typing import Self

from pydantic import field_validator, model_validator

from dexter_graphql.settings.fields import Words, setting
from dexter_graphql.settings.identity import MIN_SECRET_LENGTH, IdentitySettings

PATH_SECRET = re.compile(r"[A-Za-z0-9_-]{32,200}")
"""Secret in the path of a legacy webhook, which nothing else protects."""


class WebhookSettings(IdentitySettings):
    """The part of the settings that concerns webhooks."""

    webhook_secrets: Words = setting(
        "DEXTER_WEBHOOK_SECRETS", (), "Client secrets of Sentry integrations, as `organization=secret`.", repr=False
    )
    legacy_webhook_secrets: Words = setting(
        "DEXTER_LEGACY_WEBHOOK_SECRETS",
        (),
        "Secrets in the paths of Sentry's legacy webhooks, as `organization=secret`.",
        repr=False,
    )
    journal: str | None = setting(
        "DEXTER_JOURNAL", None, "Folder that keeps webhooks while Redis cannot be reached; without it none are kept."
    )
    journal_mib: int = setting(
        "DEXTER_JOURNAL_MIB", 256, "Webhooks that a process keeps in its journal, in MiB.", ge=1, le=1_048_576
    )

    @field_validator("webhook_secrets", "legacy_webhook_secrets")
    @classmethod
    def _pairs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not all(pair.partition("=")[::2]) for pair in value):
            raise ValueError("must be pairs such as acme=0123abcd, separated by commas")
        return value

    @field_validator("legacy_webhook_secrets")
    @classmethod
    def _path_secrets(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        secrets = [secret for _, secret in pairs_of(value)]
        if not all(map(PATH_SECRET.fullmatch, secrets)) or len(set(secrets)) < len(secrets):
            raise ValueError("each secret must have 32 to 200 characters from A-Z, a-z, 0-9, _ and -, and be used once")
        return value

    @model_validator(mode="after")
    def _journal_is_encrypted(self) -> Self:
        if self.journal is not None and not self.has_strong_secret:
            raise ValueError(
                "DEXTER_SECRET: the journal (DEXTER_JOURNAL) is encrypted with DEXTER_SECRET; set it to the same "
                f"random text of at least {MIN_SECRET_LENGTH} characters at every start"
            )
        return self

    @property
    def secrets_by_organization(self) -> tuple[tuple[str, str], ...]:
        """Organization and client secret of each integration whose webhooks are accepted."""
        return pairs_of(self.webhook_secrets)

    @property
    def organizations_by_path_secret(self) -> dict[str, str]:
        """Secret in the path of legacy webhooks → organization."""
        return {secret: organization for organization, secret in pairs_of(self.legacy_webhook_secrets)}


def pairs_of(value: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Organization and secret of each pair."""
    return tuple((name, secret) for name, _, secret in (pair.partition("=") for pair in value))
