"""Mutations of monitors."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.alerts.bulk import ChangeResult, as_deletion, change_objects, refuse, refuse_all
from dexter_graphql.graph.alerts.keys import existing_key, monitor_key
from dexter_graphql.graph.common.user_errors import MutationError, mistakes_as_data
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.monitors.inputs import (
    MONITOR_FIELD_PATHS,
    DeleteMonitorsInput,
    SetMonitorsEnabledInput,
    UpdateMonitorInput,
    monitor_changes,
)
from dexter_graphql.graph.monitors.payloads import (
    DeleteMonitorsPayload,
    SetMonitorsEnabledPayload,
    UpdateMonitorPayload,
)
from dexter_graphql.loaders.alerts import alerts_by_id
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.monitor_writes import DETECTORS
from dexter_graphql.loaders.monitors import MonitorKey
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.loaders.workflow_engine import delete_objects, set_enabled, update_object


@strawberry.type
class MonitorMutations:
    """Root fields."""

    @call(uses=(*DETECTORS.uses_of_update, *REFERENCE_ENDPOINTS, *alerts_by_id.uses))
    @mistakes_as_data(refuse, MONITOR_FIELD_PATHS, absent=("id",))
    async def update_monitor(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[UpdateMonitorInput, strawberry.argument(description="Monitor and the members to change.")],
    ) -> UpdateMonitorPayload | None:
        """Change a monitor. It is read from Sentry first, and members that are not given are sent back unchanged."""
        key = await existing_key(input.id, monitor_key, load_context)
        changes = await monitor_changes(input, key.organization, load_context)
        await update_object(DETECTORS, key, lambda _detector: changes, load_context)
        return ChangeResult(key)

    @call(uses=(DETECTORS.update_many,))
    @mistakes_as_data(refuse_all, MONITOR_FIELD_PATHS)
    async def set_monitors_enabled(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[SetMonitorsEnabledInput, strawberry.argument(description="Monitors to enable or disable.")],
    ) -> SetMonitorsEnabledPayload | None:
        """Enable or disable monitors."""

        async def write(keys: Sequence[MonitorKey]) -> dict[MonitorKey, list[MutationError]]:
            changed = await set_enabled(DETECTORS, keys, load_context, is_enabled=input.is_enabled)
            return {key: [] for key in keys if key in changed}

        return await change_objects(input.ids, monitor_key, write, load_context)

    @call(uses=(DETECTORS.delete, DETECTORS.list, DETECTORS.delete_many))
    @mistakes_as_data(refuse_all, MONITOR_FIELD_PATHS)
    async def delete_monitors(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[DeleteMonitorsInput, strawberry.argument(description="Monitors to delete.")],
    ) -> DeleteMonitorsPayload | None:
        """Delete monitors. Alerts that are connected to them stay."""

        async def write(keys: Sequence[MonitorKey]) -> dict[MonitorKey, list[MutationError]]:
            deleted = await delete_objects(DETECTORS, keys, load_context)
            return {key: [] for key in keys if key in deleted}

        return as_deletion(await change_objects(input.ids, monitor_key, write, load_context))
