"""Mutations of alerts."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.alerts.bulk import ChangeResult, as_deletion, change_objects, refuse, refuse_all
from dexter_graphql.graph.alerts.inputs import (
    ALERT_FIELD_PATHS,
    DeleteAlertsInput,
    SetAlertsEnabledInput,
    UpdateAlertInput,
    alert_changes,
)
from dexter_graphql.graph.alerts.keys import alert_key, existing_key
from dexter_graphql.graph.alerts.payloads import DeleteAlertsPayload, SetAlertsEnabledPayload, UpdateAlertPayload
from dexter_graphql.graph.common.user_errors import MutationError, mistakes_as_data
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.integrations.references import INTEGRATION_REFERENCE_ENDPOINTS
from dexter_graphql.loaders.alert_writes import WORKFLOWS
from dexter_graphql.loaders.alerts import AlertKey
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.monitors import monitors_by_id
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.loaders.workflow_engine import delete_objects, set_enabled, update_object


@strawberry.type
class AlertMutations:
    """Root fields."""

    @call(
        uses=(*WORKFLOWS.uses_of_update, *REFERENCE_ENDPOINTS, *monitors_by_id.uses, *INTEGRATION_REFERENCE_ENDPOINTS)
    )
    @mistakes_as_data(refuse, ALERT_FIELD_PATHS, absent=("id",))
    async def update_alert(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[UpdateAlertInput, strawberry.argument(description="Alert and the members to change.")],
    ) -> UpdateAlertPayload | None:
        """Change an alert. It is read from Sentry first, and members that are not given are sent back unchanged."""
        key = await existing_key(input.id, alert_key, load_context)
        changes = await alert_changes(input, key.organization, load_context)
        await update_object(WORKFLOWS, key, changes.of, load_context)
        return ChangeResult(key)

    @call(uses=(WORKFLOWS.update_many,))
    @mistakes_as_data(refuse_all, ALERT_FIELD_PATHS)
    async def set_alerts_enabled(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[SetAlertsEnabledInput, strawberry.argument(description="Alerts to enable or disable.")],
    ) -> SetAlertsEnabledPayload | None:
        """Enable or disable alerts."""

        async def write(keys: Sequence[AlertKey]) -> dict[AlertKey, list[MutationError]]:
            changed = await set_enabled(WORKFLOWS, keys, load_context, is_enabled=input.is_enabled)
            return {key: [] for key in keys if key in changed}

        return await change_objects(input.ids, alert_key, write, load_context)

    @call(uses=(WORKFLOWS.delete, WORKFLOWS.list, WORKFLOWS.delete_many))
    @mistakes_as_data(refuse_all, ALERT_FIELD_PATHS)
    async def delete_alerts(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[DeleteAlertsInput, strawberry.argument(description="Alerts to delete.")],
    ) -> DeleteAlertsPayload | None:
        """Delete alerts. Their monitors stay."""

        async def write(keys: Sequence[AlertKey]) -> dict[AlertKey, list[MutationError]]:
            deleted = await delete_objects(WORKFLOWS, keys, load_context)
            return {key: [] for key in keys if key in deleted}

        return as_deletion(await change_objects(input.ids, alert_key, write, load_context))
