"""JSON of integrations, their providers, Sentry apps and installations."""

from collections.abc import Sequence
from typing import Any

from dexter_graphql.sandbox.world.model import ExternalIssue, Installation, Integration, Organization, SentryApp

_MASKED = "*" * 64


def serialize_integration(record: Integration, organization: Organization) -> dict[str, Any]:
    """An integration of an organization."""
    return {
        "id": record.id,
        "name": record.name,
        "icon": None,
        "domainName": record.domain_name,
        "accountType": None,
        "scopes": None,
        "outOfDate": False,
        "status": record.status,
        "provider": serialize_provider_reference(record),
        "configOrganization": [],
        "configData": dict(record.config_data),
        "externalId": record.external_id,
        "organizationId": int(organization.id),
        "organizationIntegrationStatus": "active",
        "gracePeriodEnd": None,
    }


def serialize_issue_integration(
    record: Integration, organization: Organization, tickets: Sequence[ExternalIssue]
) -> dict[str, Any]:
    """An integration of an organization with its tickets of an issue."""
    integration = serialize_tracker(record, organization)
    del integration["outOfDate"]
    return integration | {"externalIssues": [_serialize_ticket(ticket) for ticket in tickets]}


def serialize_tracker(record: Integration, organization: Organization) -> dict[str, Any]:
    """An integration as the routes of an issue have it."""
    members = ("id", "name", "icon", "domainName", "accountType", "scopes", "outOfDate", "status", "provider")
    integration = serialize_integration(record, organization)
    return {name: integration[name] for name in members}


def serialize_component(record: Installation) -> dict[str, Any]:
    """The form with which an installed app links issues."""
    title = {"name": "title", "type": "text", "label": "Title", "defaultValue": "New ticket"}
    project = {"name": "project", "type": "select", "label": "Project", "uri": "/sentry/projects"}
    kind = {"name": "kind", "type": "select", "label": "Kind", "options": [["bug", "Bug"], ["task", "Task"]]}
    identifier = {"name": "identifier", "type": "text", "label": "Ticket"}
    return {
        "uuid": record.app.uuid,
        "type": "issue-link",
        "schema": {
            "type": "issue-link",
            "create": {"uri": "/sentry/create", "required_fields": [title, project], "optional_fields": [kind]},
            "link": {"uri": "/sentry/link", "required_fields": [identifier]},
        },
        "error": "",
        "installationUuid": record.uuid,
        "sentryApp": {"uuid": record.app.uuid, "slug": record.app.slug, "name": record.app.name, "avatars": []},
    }


def _serialize_ticket(ticket: ExternalIssue) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "key": ticket.display_name,
        "url": ticket.web_url,
        "title": None,
        "description": None,
        "displayName": ticket.display_name,
    }


def serialize_provider_reference(record: Integration) -> dict[str, Any]:
    """The provider embedded in an integration."""
    return {
        "key": record.provider_key,
        "slug": record.provider_key,
        "name": record.provider_name,
        "canAdd": True,
        "canDisable": False,
        "features": sorted(record.features),
        "aspects": {},
    }


def serialize_provider(record: Integration) -> dict[str, Any]:
    """A provider in the list of available ones."""
    gates = [{"description": name, "featureGate": f"integrations-{name}"} for name in sorted(record.features)]
    return {
        "key": record.provider_key,
        "slug": record.provider_key,
        "name": record.provider_name,
        "metadata": {
            "description": f"Connect your organization to {record.provider_name}.",
            "features": gates,
            "author": "The Sentry Team",
            "noun": "Installation",
            "issue_url": "https://issues.example/new",
            "source_url": f"https://code.example/integrations/{record.provider_key}",
            "aspects": {},
        },
        "canAdd": True,
        "canDisable": False,
        "features": sorted(record.features),
    }


def serialize_installation(record: Installation, organization: Organization) -> dict[str, Any]:
    """An app installed in an organization."""
    app = record.app
    return {
        "app": {"uuid": app.uuid, "slug": app.slug, "sentryAppId": app.id},
        "organization": {"slug": organization.slug},
        "uuid": record.uuid,
        "status": record.status,
    }


def serialize_app(record: SentryApp, organization: Organization) -> dict[str, Any]:
    """An internal app; its client secret is masked."""
    return {
        "allowedOrigins": [],
        "avatars": [],
        "events": list(record.events),
        "webhookEvents": [f"{name}.created" for name in record.events],
        "featureData": [],
        "isAlertable": True,
        "isDisabled": False,
        "metadata": "",
        "name": record.name,
        "schema": "",
        "scopes": list(record.scopes),
        "slug": record.slug,
        "status": "internal",
        "uuid": record.uuid,
        "verifyInstall": False,
        "webhookHeaders": [],
        "author": organization.name,
        "overview": None,
        "popularity": 1,
        "redirectUrl": None,
        "webhookUrl": record.webhook_url,
        "clientId": record.client_id,
        "clientSecret": _MASKED,
        "owner": {"id": int(organization.id), "slug": organization.slug},
    }
