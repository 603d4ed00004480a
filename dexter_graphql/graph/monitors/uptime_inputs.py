"""Inputs of the settings of uptime monitors, and the members that they are translated to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import strawberry

from dexter_graphql.graph.alerts.references import environment_name
from dexter_graphql.graph.common.optional_members import is_given, null_mistake, optional
from dexter_graphql.graph.relay.references import EnvironmentReference
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.monitor_writes import UPTIME_TYPE, MonitorChanges
from dexter_graphql.sentry.parents import OrganizationRef

MANUAL_MODE = 1
"""`mode` of an uptime monitor that a person created."""
SOURCE_MEMBERS: Mapping[str, str] = MappingProxyType(
    {
        "url": "url",
        "method": "method",
        "body": "body",
        "interval_seconds": "intervalSeconds",
        "timeout_ms": "timeoutMs",
    }
)
"""Attribute of an input → its name in the schema, which is that of the member of Sentry's data source."""
CONFIG_MEMBERS: Mapping[str, str] = MappingProxyType(
    {"downtime_threshold": "downtimeThreshold", "recovery_threshold": "recoveryThreshold"}
)
"""The same for members of `config`."""
INTERVAL = "Seconds between two checks: 60, 300, 600, 1200, 1800 or 3600."
TIMEOUT = "Milliseconds after which a check fails."
ENVIRONMENT = "Environment of the issues that the monitor creates."
DOWNTIME = "Failures in a row that create an issue."
RECOVERY = "Successes in a row that resolve the issue."


@strawberry.input(description="Settings of an uptime monitor.")
class UptimeSettingsInput:
    """Input."""

    url: str = strawberry.field(description="URL to check.")
    method: str = strawberry.field(default="GET", description="HTTP method of the check.")
    body: str | None = strawberry.field(default=None, description="Body of the request.")
    interval_seconds: int = strawberry.field(default=60, description=INTERVAL)
    timeout_ms: int = strawberry.field(default=5000, description=TIMEOUT)
    environment: EnvironmentReference | None = strawberry.field(default=None, description=ENVIRONMENT)
    downtime_threshold: int = strawberry.field(default=3, description=DOWNTIME)
    recovery_threshold: int = strawberry.field(default=1, description=RECOVERY)


@strawberry.input(description="Changes of what an uptime monitor checks. Members that are omitted are not changed.")
class UptimeCheckChangeInput:
    """Input."""

    url: str | None = optional("URL to check.")
    method: str | None = optional("HTTP method of the check.")
    body: str | None = optional("Body of the request; null for none.")
    interval_seconds: int | None = optional(INTERVAL)
    timeout_ms: int | None = optional(TIMEOUT)
    environment: EnvironmentReference | None = optional(f"{ENVIRONMENT} Null for none.")
    downtime_threshold: int | None = optional(DOWNTIME)
    recovery_threshold: int | None = optional(RECOVERY)


async def uptime_of(
    value: UptimeSettingsInput, organization: OrganizationRef, load_context: LoadContext
) -> MonitorChanges:
    """The members of a new uptime monitor."""
    config = {
        "mode": MANUAL_MODE,
        "environment": await environment_name(value.environment, organization, load_context, "environment"),
        "downtimeThreshold": value.downtime_threshold,
        "recoveryThreshold": value.recovery_threshold,
    }
    source: dict[str, Any] = {
        "url": value.url,
        "method": value.method,
        "body": value.body,
        "headers": [],
        "intervalSeconds": value.interval_seconds,
        "timeoutMs": value.timeout_ms,
        "traceSampling": False,
    }
    return MonitorChanges({"type": UPTIME_TYPE, "config": config}, source)


async def check_changes(
    value: UptimeCheckChangeInput, organization: OrganizationRef, load_context: LoadContext, *field: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The given members of the data source and of `config`; raises BadUserInput for null where there is none."""
    source, config = (_given(value, names, *field) for names in (SOURCE_MEMBERS, CONFIG_MEMBERS))
    if is_given(value.environment):
        path = (*field, "environment")
        config["environment"] = await environment_name(value.environment, organization, load_context, *path)
    return source, config


def _given(value: UptimeCheckChangeInput, names: Mapping[str, str], *field: str) -> dict[str, Any]:
    members = {name: getattr(value, attribute) for attribute, name in names.items()}
    members = {name: member for name, member in members.items() if is_given(member)}
    for name, member in members.items():
        if member is None and name != "body":
            raise null_mistake(*field, name)
    return members
