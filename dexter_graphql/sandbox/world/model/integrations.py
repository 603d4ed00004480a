"""Records of integrations, Sentry apps, their installations and external issues."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, eq=False)
class Integration:
    """An installed integration with slack, github, jira or pagerduty."""

    id: str
    name: str
    provider_key: str
    provider_name: str
    domain_name: str
    external_id: str
    features: tuple[str, ...]
    status: str = "active"
    config_data: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class ExternalIssue:
    """A ticket linked to an issue through an app (`installation_uuid`) or an integration (`integration_id`)."""

    id: str
    issue_id: str
    service_type: str
    display_name: str
    web_url: str
    installation_uuid: str | None = None
    integration_id: str | None = None


@dataclass(slots=True, eq=False)
class SentryApp:
    """An internal integration; `client_secret` signs its webhooks."""

    id: int
    uuid: str
    slug: str
    name: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    events: tuple[str, ...]
    webhook_url: str | None
    date_created: datetime


@dataclass(slots=True, eq=False)
class Installation:
    """An app installed in the organization that holds this record."""

    uuid: str
    app: SentryApp
    status: str = "installed"
