"""Mutations of monitors."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.alerts.bulk import BulkResult, ChangeResult, as_deletion, change_objects, refuse, refuse_all
from dexter_graphql.graph.alerts.keys import existing_key, monitor_key
from dexter_graphql.graph.alerts.references import project_slug
from dexter_graphql.graph.common.user_errors import mistakes_as_data
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.monitors.inputs import (
    CREATION_FIELD_PATHS,
    MONITOR_FIELD_PATHS,
    CreateMonitorInput,
    DeleteMonitorsInput,
    SetMonitorsEnabledInput,
    UpdateMonitorInput,
    monitor_changes,
    new_monitor,
)
from dexter_graphql.graph.monitors.payloads import (
    CreateMonitorPayload,
    DeleteMonitorsPayload,
    SetMonitorsEnabledPayload,
    UpdateMonitorPayload,
)
from dexter_graphql.graph.relay.references import find_organization
from dexter_graphql.loaders.alert_rules.rule_writes import Outcomes
from dexter_graphql.loaders.alerts import alerts_by_id
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.monitor_writes import (
    MONITOR_CREATION_ENDPOINTS,
    MONITOR_DELETION_ENDPOINTS,
    MONITOR_SWITCH_ENDPOINTS,
    MONITOR_UPDATE_ENDPOINTS,
    create_monitor,
    delete_monitors,
    set_monitors_enabled,
    update_monitor,
)
from dexter_graphql.loaders.monitors import MonitorKey
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS

INPUT_ENDPOINTS = (*REFERENCE_ENDPOINTS, *alerts_by_id.uses)
"""What looking up the names in an input may call."""


@strawberry.type
class MonitorMutations:
    """Root fields."""

    @call(uses=(*MONITOR_CREATION_ENDPOINTS, *INPUT_ENDPOINTS))
    @mistakes_as_data(refuse, CREATION_FIELD_PATHS)
    async def create_monitor(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[CreateMonitorInput, strawberry.argument(description="Members of the monitor.")],
    ) -> CreateMonitorPayload | None:
        """Create a metric, cron or uptime monitor. Not idempotent: repeating the request creates a second monitor."""
        organization = await find_organization(input.organization, load_context, "organization")
        project = await project_slug(input.project, organization, load_context, "project")
        changes = await new_monitor(input, organization, load_context)
        return ChangeResult(await create_monitor(organization, project, changes, load_context))

    @call(uses=(*MONITOR_UPDATE_ENDPOINTS, *INPUT_ENDPOINTS))
    @mistakes_as_data(refuse, MONITOR_FIELD_PATHS, absent=("id",))
    async def update_monitor(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[UpdateMonitorInput, strawberry.argument(description="Monitor and the members to change.")],
    ) -> UpdateMonitorPayload | None:
        """Change a monitor. It is read from Sentry first, and members that are not given are sent back unchanged.

        The schedule of a cron monitor is changed by `updateCronMonitor`.
        """
        key = await existing_key(input.id, monitor_key, load_context)
        await update_monitor(key, await monitor_changes(input, key.organization, load_context), load_context)
        return ChangeResult(key)

    @call(uses=MONITOR_SWITCH_ENDPOINTS)
    @mistakes_as_data(refuse_all, MONITOR_FIELD_PATHS)
    async def set_monitors_enabled(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[SetMonitorsEnabledInput, strawberry.argument(description="Monitors to enable or disable.")],
    ) -> SetMonitorsEnabledPayload | None:
        """Enable or disable monitors."""

        async def write(keys: Sequence[MonitorKey]) -> Outcomes:
            return await set_monitors_enabled(keys, load_context, is_enabled=input.is_enabled)

        return await change_objects(input.ids, monitor_key, write, load_context)

    @call(uses=MONITOR_DELETION_ENDPOINTS)
    @mistakes_as_data(refuse_all, MONITOR_FIELD_PATHS)
    async def delete_monitors(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[DeleteMonitorsInput, strawberry.argument(description="Monitors to delete.")],
    ) -> DeleteMonitorsPayload | None:
        """Delete monitors. Alerts that are connected to them stay, except those of metric rules."""

        async def write(keys: Sequence[MonitorKey]) -> Outcomes:
            return await delete_monitors(keys, load_context)

        result: BulkResult = await change_objects(input.ids, monitor_key, write, load_context)
        return as_deletion(result)
