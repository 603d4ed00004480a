"""Inputs of monitor mutations and the changes that they are translated to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import strawberry

from dexter_graphql.errors import within
from dexter_graphql.graph.alerts.references import AlertReference, alert_numbers, owner_text
from dexter_graphql.graph.common.optional_members import check_not_null, is_given, optional
from dexter_graphql.graph.issues.update_inputs import AssigneeInput
from dexter_graphql.graph.monitors.settings_inputs import (
    MetricDetectInput,
    MetricMeasureChangeInput,
    MonitorSettingsInput,
    detection_of,
    measure_of,
    settings_of,
)
from dexter_graphql.graph.monitors.uptime_inputs import UptimeCheckChangeInput, check_changes
from dexter_graphql.graph.relay.references import OrganizationReference, ProjectReference
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.monitor_writes import UPTIME_TYPE, MonitorChanges
from dexter_graphql.loaders.monitors import METRIC_TYPE
from dexter_graphql.sentry.parents import OrganizationRef

MONITOR_FIELD_PATHS = MappingProxyType(
    {
        "name": ("name",),
        "description": ("description",),
        "enabled": ("isEnabled",),
        "owner": ("owner",),
        "workflowIds": ("alerts",),
        **dict.fromkeys(("url", "method", "body", "intervalSeconds", "timeoutMs"), ("check",)),
        **dict.fromkeys(("dataSources", "aggregate", "query", "dataset", "timeWindow"), ("measure",)),
        **dict.fromkeys(("conditionGroup", "config", "triggers", "comparisonDelta"), ("detect",)),
    }
)
"""Member of a detector or of a metric rule → path in the input of an update."""
CREATION_FIELD_PATHS = MappingProxyType(
    {
        name: path if path[0] not in {"measure", "detect", "check"} else ("settings",)
        for name, path in MONITOR_FIELD_PATHS.items()
    }
)
"""The same for a creation."""
NOT_NULL = MappingProxyType({"name": "name", "is_enabled": "isEnabled", "alerts": "alerts"})
KIND_OF_CHANGES: Mapping[str, str] = MappingProxyType(
    {"measure": METRIC_TYPE, "detect": METRIC_TYPE, "check": UPTIME_TYPE}
)
"""Member of an update → type of the detectors that have it. Its attribute has the same name."""


@strawberry.input(description="Input of `createMonitor`.")
class CreateMonitorInput:
    """Input."""

    organization: OrganizationReference = strawberry.field(description="Organization of the monitor.")
    project: ProjectReference = strawberry.field(description="Project of the monitor.")
    name: str = strawberry.field(description="Name, at most 200 characters.")
    description: str | None = strawberry.field(default=None, description="Description of the monitor.")
    is_enabled: bool = strawberry.field(default=True, description="False to create the monitor disabled.")
    owner: AssigneeInput | None = strawberry.field(default=None, description="User or team that owns the monitor.")
    alerts: list[AlertReference] = strawberry.field(
        default_factory=list, description="Alerts that the monitor is connected to."
    )
    settings: MonitorSettingsInput = strawberry.field(description="Kind of the monitor and its settings.")


@strawberry.input(description="Input of `updateMonitor`. Members that are omitted are not changed.")
class UpdateMonitorInput:
    """Input."""

    id: strawberry.ID = strawberry.field(description="Global ID of the monitor.")
    name: str | None = optional("New name, at most 200 characters.")
    description: str | None = optional("New description; null for none.")
    is_enabled: bool | None = optional("False to disable the monitor, true to enable it.")
    owner: AssigneeInput | None = optional("User or team that owns the monitor; null for no owner.")
    alerts: list[AlertReference] | None = optional("Alerts that the monitor is connected to, instead of those now.")
    measure: MetricMeasureChangeInput | None = optional("Changes of what a metric monitor measures.")
    detect: MetricDetectInput | None = optional("How a metric monitor evaluates its value, instead of now.")
    check: UptimeCheckChangeInput | None = optional("Changes of what an uptime monitor checks.")


@strawberry.input(description="Input of `setMonitorsEnabled`.")
class SetMonitorsEnabledInput:
    """Input."""

    ids: list[strawberry.ID] = strawberry.field(description="Global IDs of monitors, at most 100.")
    is_enabled: bool = strawberry.field(description="False to disable the monitors, true to enable them.")


@strawberry.input(description="Input of `deleteMonitors`.")
class DeleteMonitorsInput:
    """Input."""

    ids: list[strawberry.ID] = strawberry.field(description="Global IDs of monitors, at most 100.")


async def new_monitor(
    input: CreateMonitorInput, organization: OrganizationRef, load_context: LoadContext
) -> MonitorChanges:
    """The members of a new monitor; raises BadUserInput for values that Sentry would not take."""
    members = await _members(input, organization, load_context)
    with within("settings"):
        settings = await settings_of(input.settings, input.name, organization, load_context)
    return settings._replace(members={**members, **settings.members})


async def monitor_changes(
    input: UpdateMonitorInput, organization: OrganizationRef, load_context: LoadContext
) -> MonitorChanges:
    """The changes that an input asks for; raises BadUserInput for values that Sentry would not take."""
    check_not_null(input, **{name: name for name in KIND_OF_CHANGES})
    members = await _members(input, organization, load_context)
    source: dict[str, Any] = {}
    conditions = None
    if is_given(input.measure) and input.measure is not None:
        source = await measure_of(input.measure, organization, load_context, "measure")
    if is_given(input.detect) and input.detect is not None:
        with within("detect"):
            members["config"], conditions = detection_of(input.detect)
    if is_given(input.check) and input.check is not None:
        source, members["config"] = await check_changes(input.check, organization, load_context, "check")
    kinds = {name: kind for name, kind in KIND_OF_CHANGES.items() if is_given(getattr(input, name))}
    return MonitorChanges(members, source, conditions, kinds)


async def _members(
    input: CreateMonitorInput | UpdateMonitorInput, organization: OrganizationRef, load_context: LoadContext
) -> dict[str, Any]:
    check_not_null(input, **NOT_NULL)
    members: dict[str, Any] = {}
    if is_given(input.name):
        members["name"] = input.name
    if is_given(input.description):
        members["description"] = input.description
    if is_given(input.is_enabled):
        members["enabled"] = input.is_enabled
    if is_given(input.owner):
        members["owner"] = await owner_text(input.owner, organization, load_context, "owner")
    if is_given(input.alerts):
        members["workflowIds"] = await alert_numbers(input.alerts, organization, load_context, "alerts")
    return members
