"""Inputs of monitor mutations and the changes that they are translated to."""

from types import MappingProxyType
from typing import Any

import strawberry

from dexter_graphql.graph.alerts.references import AlertReference, alert_numbers, owner_text
from dexter_graphql.graph.common.optional_members import check_not_null, is_given, optional
from dexter_graphql.graph.issues.update_inputs import AssigneeInput
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.sentry.parents import OrganizationRef

MONITOR_FIELD_PATHS = MappingProxyType(
    {
        "name": ("name",),
        "description": ("description",),
        "enabled": ("isEnabled",),
        "owner": ("owner",),
        "workflowIds": ("alerts",),
    }
)
"""Member of a detector or of a metric rule → path in the input."""
NOT_NULL = MappingProxyType({"name": "name", "is_enabled": "isEnabled", "alerts": "alerts"})


@strawberry.input(description="Input of `updateMonitor`. Members that are omitted are not changed.")
class UpdateMonitorInput:
    """Input."""

    id: strawberry.ID = strawberry.field(description="Global ID of the monitor.")
    name: str | None = optional("New name, at most 200 characters.")
    description: str | None = optional("New description; null for none.")
    is_enabled: bool | None = optional("False to disable the monitor, true to enable it.")
    owner: AssigneeInput | None = optional("User or team that owns the monitor; null for no owner.")
    alerts: list[AlertReference] | None = optional("Alerts that the monitor is connected to, instead of those now.")


@strawberry.input(description="Input of `setMonitorsEnabled`.")
class SetMonitorsEnabledInput:
    """Input."""

    ids: list[strawberry.ID] = strawberry.field(description="Global IDs of monitors, at most 100.")
    is_enabled: bool = strawberry.field(description="False to disable the monitors, true to enable them.")


@strawberry.input(description="Input of `deleteMonitors`.")
class DeleteMonitorsInput:
    """Input."""

    ids: list[strawberry.ID] = strawberry.field(description="Global IDs of monitors, at most 100.")


async def monitor_changes(input: Any, organization: OrganizationRef, load_context: LoadContext) -> dict[str, Any]:
    """The members of a detector that an input changes; raises BadUserInput for values that Sentry would not take."""
    check_not_null(input, **NOT_NULL)
    changes: dict[str, Any] = {}
    if is_given(input.name):
        changes["name"] = input.name
    if is_given(input.description):
        changes["description"] = input.description
    if is_given(input.is_enabled):
        changes["enabled"] = input.is_enabled
    if is_given(input.owner):
        changes["owner"] = await owner_text(input.owner, organization, load_context, "owner")
    if is_given(input.alerts):
        changes["workflowIds"] = await alert_numbers(input.alerts, organization, load_context, "alerts")
    return changes
