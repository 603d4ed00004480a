"""Inputs of alert mutations and the changes that they are translated to."""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.alerts.action_inputs import AlertActionInput, action_of
from dexter_graphql.graph.alerts.condition_inputs import (
    AlertConditionInput,
    AlertTriggerInput,
    filter_condition,
    known,
    trigger_condition,
)
from dexter_graphql.graph.alerts.enums import ConditionLogic
from dexter_graphql.graph.alerts.references import MonitorReference, environment_name, monitor_numbers, owner_text
from dexter_graphql.graph.common.optional_members import check_not_null, is_given, optional
from dexter_graphql.graph.issues.update_inputs import AssigneeInput
from dexter_graphql.graph.relay.references import EnvironmentReference, OrganizationReference, ProjectReference, bounded
from dexter_graphql.loaders.alert_writes import AlertChanges, FilterParts
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.time_ranges import MINUTE_S
from dexter_graphql.sentry.parents import OrganizationRef

ALERT_FIELD_PATHS = MappingProxyType(
    {
        "name": ("name",),
        "enabled": ("isEnabled",),
        "environment": ("environment",),
        "config": ("frequencySeconds",),
        "frequency": ("frequencySeconds",),
        "owner": ("owner",),
        "detectorIds": ("monitors",),
        "triggers": ("triggers",),
        "conditions": ("triggers",),
        "actionFilters": ("filters",),
        "filters": ("filters",),
        "actions": ("filters",),
    }
)
"""Member of a workflow or of an issue rule → path in the input."""
SNOOZE_FIELD_PATHS = MappingProxyType({"until": ("endsAt",), "target": ("isForEveryone",)})
"""Member of the body that snoozes a rule → path in the input."""
NOT_NULL = MappingProxyType(
    {
        "name": "name",
        "is_enabled": "isEnabled",
        "frequency_seconds": "frequencySeconds",
        "monitors": "monitors",
        "triggers": "triggers",
        "filters": "filters",
    }
)


@strawberry.input(description="Conditions and the actions that run when they match.")
class AlertFilterInput:
    """Input."""

    logic: ConditionLogic = strawberry.field(
        default=ConditionLogic.ALL, description="How many of the conditions must match."
    )
    conditions: list[AlertConditionInput] = strawberry.field(
        default_factory=list, description="Conditions. Without any, the actions always run."
    )
    actions: list[AlertActionInput] = strawberry.field(description="Actions to run.")


@strawberry.input(description="Input of `createAlert`.")
class CreateAlertInput:
    """Input."""

    organization: OrganizationReference = strawberry.field(description="Organization of the alert.")
    project: ProjectReference | None = strawberry.field(
        default=None, description="Project of the alert. Required and used by servers that have only alert rules."
    )
    name: str = strawberry.field(description="Name, at most 256 characters.")
    is_enabled: bool = strawberry.field(default=True, description="False to create the alert disabled.")
    environment: EnvironmentReference | None = strawberry.field(
        default=None, description="Environment that the alert applies to. Default: all."
    )
    frequency_seconds: int = strawberry.field(
        default=1800, description="Time between two runs of the actions for one issue, in seconds: a multiple of 60."
    )
    owner: AssigneeInput | None = strawberry.field(default=None, description="User or team that owns the alert.")
    monitors: list[MonitorReference] = strawberry.field(
        default_factory=list, description="Monitors that the alert is connected to."
    )
    triggers: list[AlertTriggerInput] = strawberry.field(
        default_factory=list, description="Triggers, any of which runs the filters."
    )
    filters: list[AlertFilterInput] = strawberry.field(description="Filters with their actions.")


@strawberry.input(description="Input of `connectMonitors`.")
class ConnectMonitorsInput:
    """Input."""

    id: strawberry.ID = strawberry.field(description="Global ID of the alert.")
    connect: list[MonitorReference] = strawberry.field(
        default_factory=list, description="Monitors to connect with the alert."
    )
    disconnect: list[MonitorReference] = strawberry.field(
        default_factory=list, description="Monitors to disconnect from the alert."
    )


@strawberry.input(description="Input of `updateAlert`. Members that are omitted are not changed.")
class UpdateAlertInput:
    """Input."""

    id: strawberry.ID = strawberry.field(description="Global ID of the alert.")
    name: str | None = optional("New name, at most 256 characters.")
    is_enabled: bool | None = optional("False to disable the alert, true to enable it.")
    environment: EnvironmentReference | None = optional("Environment that the alert applies to; null for all.")
    frequency_seconds: int | None = optional(
        "Time between two runs of the actions for one issue, in seconds: a multiple of 60."
    )
    owner: AssigneeInput | None = optional("User or team that owns the alert; null for no owner.")
    monitors: list[MonitorReference] | None = optional("Monitors that the alert is connected to, instead of those now.")
    triggers: list[AlertTriggerInput] | None = optional(
        "Triggers, any of which runs the filters, instead of those now."
    )
    filters: list[AlertFilterInput] | None = optional("Filters with their actions, instead of those now.")


@strawberry.input(description="Input of `setAlertsEnabled`.")
class SetAlertsEnabledInput:
    """Input."""

    ids: list[strawberry.ID] = strawberry.field(description="Global IDs of alerts, at most 100.")
    is_enabled: bool = strawberry.field(description="False to disable the alerts, true to enable them.")


@strawberry.input(description="Input of `snoozeAlert`.")
class SnoozeAlertInput:
    """Input."""

    id: strawberry.ID = strawberry.field(description="Global ID of an alert that is an alert rule.")
    ends_at: datetime | None = strawberry.field(
        default=None, description="Time when the snooze ends. Default: when `unsnoozeAlert` ends it."
    )
    is_for_everyone: bool = strawberry.field(
        default=True, description="False to snooze the rule only for the user of the token."
    )


@strawberry.input(description="Input of `unsnoozeAlert`.")
class UnsnoozeAlertInput:
    """Input."""

    id: strawberry.ID = strawberry.field(description="Global ID of an alert that is an alert rule.")


@strawberry.input(description="Input of `deleteAlerts`.")
class DeleteAlertsInput:
    """Input."""

    ids: list[strawberry.ID] = strawberry.field(description="Global IDs of alerts, at most 100.")


async def alert_changes(input: Any, organization: OrganizationRef, load_context: LoadContext) -> AlertChanges:
    """The changes that an input asks for; raises BadUserInput for values that Sentry would not take."""
    check_not_null(input, **NOT_NULL)
    members: dict[str, Any] = {}
    if is_given(input.name):
        members["name"] = input.name
    if is_given(input.is_enabled):
        members["enabled"] = input.is_enabled
    if is_given(input.frequency_seconds):
        members["config"] = {"frequency": _minutes(input.frequency_seconds)}
    if is_given(input.environment):
        members["environment"] = await environment_name(input.environment, organization, load_context, "environment")
    if is_given(input.owner):
        members["owner"] = await owner_text(input.owner, organization, load_context, "owner")
    if is_given(input.monitors):
        members["detectorIds"] = await monitor_numbers(input.monitors, organization, load_context, "monitors")
    triggers = _triggers(input.triggers) if is_given(input.triggers) else None
    filters = await _filters(input.filters, organization, load_context) if is_given(input.filters) else None
    return AlertChanges(members, triggers, filters)


def snooze_body(input: SnoozeAlertInput) -> dict[str, Any]:
    """The body of the request that snoozes a rule."""
    ends_at = {} if input.ends_at is None else {"until": input.ends_at.astimezone(UTC).isoformat()}
    return {"target": "everyone" if input.is_for_everyone else "me", **ends_at}


def _minutes(seconds: int) -> int:
    if seconds < 0 or seconds % MINUTE_S:
        raise BadUserInput("'frequencySeconds' must be a multiple of 60", ("frequencySeconds",))
    return seconds // MINUTE_S


def _triggers(values: Sequence[AlertTriggerInput]) -> list[Any]:
    triggers = []
    for index, value in enumerate(bounded(values, "triggers")):
        with within("triggers", str(index)):
            triggers.append(trigger_condition(value))
    return triggers


async def _filters(
    values: Sequence[AlertFilterInput], organization: OrganizationRef, load_context: LoadContext
) -> list[FilterParts]:
    filters = []
    for index, value in enumerate(bounded(values, "filters")):
        with within("filters", str(index)):
            conditions = await _each_part("conditions", value.conditions, filter_condition, organization, load_context)
            actions = await _each_part("actions", value.actions, action_of, organization, load_context)
            filters.append(FilterParts(known(value.logic, "logic"), conditions, actions))
    return filters


async def _each_part(
    name: str, values: Sequence[Any], translate: Any, organization: OrganizationRef, load_context: LoadContext
) -> list[Any]:
    parts = []
    for index, value in enumerate(bounded(values, name)):
        with within(name, str(index)):
            parts.append(await translate(value, organization, load_context))
    return parts
