"""Mutations of alerts."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.alerts.bulk import BulkResult, ChangeResult, as_deletion, change_objects, refuse, refuse_all
from dexter_graphql.graph.alerts.inputs import (
    ALERT_FIELD_PATHS,
    SNOOZE_FIELD_PATHS,
    ConnectMonitorsInput,
    CreateAlertInput,
    DeleteAlertsInput,
    SetAlertsEnabledInput,
    SnoozeAlertInput,
    UnsnoozeAlertInput,
    UpdateAlertInput,
    alert_changes,
    snooze_body,
)
from dexter_graphql.graph.alerts.keys import alert_key, existing_key
from dexter_graphql.graph.alerts.payloads import (
    ConnectMonitorsPayload,
    CreateAlertPayload,
    DeleteAlertsPayload,
    SetAlertsEnabledPayload,
    SnoozeAlertPayload,
    UnsnoozeAlertPayload,
    UpdateAlertPayload,
)
from dexter_graphql.graph.alerts.references import monitor_numbers, project_slug
from dexter_graphql.graph.common.user_errors import mistakes_as_data
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.integrations.references import INTEGRATION_REFERENCE_ENDPOINTS
from dexter_graphql.graph.relay.references import find_organization
from dexter_graphql.loaders.alert_rules.rule_writes import Outcomes
from dexter_graphql.loaders.alert_rules.snooze import (
    SNOOZE_ENDPOINTS,
    UNSNOOZE_ENDPOINTS,
    snooze_rule,
    unsnooze_rule,
)
from dexter_graphql.loaders.alert_writes import (
    ALERT_CREATION_ENDPOINTS,
    ALERT_DELETION_ENDPOINTS,
    ALERT_SWITCH_ENDPOINTS,
    ALERT_UPDATE_ENDPOINTS,
    connect_monitors,
    create_alert,
    delete_alerts,
    set_alerts_enabled,
    update_alert,
)
from dexter_graphql.loaders.alerts import AlertKey
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.monitors import monitors_by_id
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS

INPUT_ENDPOINTS = (*REFERENCE_ENDPOINTS, *monitors_by_id.uses, *INTEGRATION_REFERENCE_ENDPOINTS)
"""What looking up the names in an input may call."""


@strawberry.type
class AlertMutations:
    """Root fields."""

    @call(uses=(*ALERT_CREATION_ENDPOINTS, *INPUT_ENDPOINTS))
    @mistakes_as_data(refuse, ALERT_FIELD_PATHS)
    async def create_alert(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[CreateAlertInput, strawberry.argument(description="Members of the alert.")],
    ) -> CreateAlertPayload | None:
        """Create an alert. Not idempotent: repeating the request creates a second alert."""
        organization = await find_organization(input.organization, load_context, "organization")
        given = input.project
        project = None if given is None else await project_slug(given, organization, load_context, "project")
        changes = await alert_changes(input, organization, load_context)
        return ChangeResult(await create_alert(organization, project, changes, load_context))

    @call(uses=(*ALERT_UPDATE_ENDPOINTS, *INPUT_ENDPOINTS))
    @mistakes_as_data(refuse, ALERT_FIELD_PATHS, absent=("id",))
    async def update_alert(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[UpdateAlertInput, strawberry.argument(description="Alert and the members to change.")],
    ) -> UpdateAlertPayload | None:
        """Change an alert. It is read from Sentry first, and members that are not given are sent back unchanged."""
        key = await existing_key(input.id, alert_key, load_context)
        await update_alert(key, await alert_changes(input, key.organization, load_context), load_context)
        return ChangeResult(key)

    @call(uses=(*ALERT_UPDATE_ENDPOINTS, *monitors_by_id.uses))
    @mistakes_as_data(refuse, ALERT_FIELD_PATHS, absent=("id",))
    async def connect_monitors(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[ConnectMonitorsInput, strawberry.argument(description="Alert and monitors.")],
    ) -> ConnectMonitorsPayload | None:
        """Connect an alert with monitors, disconnect it from others, and leave its other connections as they are."""
        if not input.connect and not input.disconnect:
            raise BadUserInput("Monitors to connect or to disconnect are required", ("connect",))
        key = await existing_key(input.id, alert_key, load_context)
        added = await monitor_numbers(input.connect, key.organization, load_context, "connect")
        removed = await monitor_numbers(input.disconnect, key.organization, load_context, "disconnect")
        await connect_monitors(key, added, removed, load_context)
        return ChangeResult(key)

    @call(uses=SNOOZE_ENDPOINTS)
    @mistakes_as_data(refuse, SNOOZE_FIELD_PATHS, absent=("id",))
    async def snooze_alert(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[SnoozeAlertInput, strawberry.argument(description="Alert rule, and for how long.")],
    ) -> SnoozeAlertPayload | None:
        """Mute the notifications of an alert rule. Alerts of newer servers are disabled instead."""
        key = await existing_key(input.id, alert_key, load_context)
        if not input.is_for_everyone and load_context.call_context.is_shared_token:
            message = "'isForEveryone' must be true: several callers share the token, and it would be for its owner"
            raise BadUserInput(message, ("isForEveryone",))
        await snooze_rule(key, snooze_body(input), load_context)
        return ChangeResult(key)

    @call(uses=UNSNOOZE_ENDPOINTS)
    @mistakes_as_data(refuse, SNOOZE_FIELD_PATHS, absent=("id",))
    async def unsnooze_alert(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[UnsnoozeAlertInput, strawberry.argument(description="Alert rule that is snoozed.")],
    ) -> UnsnoozeAlertPayload | None:
        """End the snooze of an alert rule."""
        key = await existing_key(input.id, alert_key, load_context)
        await unsnooze_rule(key, load_context)
        return ChangeResult(key)

    @call(uses=ALERT_SWITCH_ENDPOINTS)
    @mistakes_as_data(refuse_all, ALERT_FIELD_PATHS)
    async def set_alerts_enabled(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[SetAlertsEnabledInput, strawberry.argument(description="Alerts to enable or disable.")],
    ) -> SetAlertsEnabledPayload | None:
        """Enable or disable alerts."""

        async def write(keys: Sequence[AlertKey]) -> Outcomes:
            return await set_alerts_enabled(keys, load_context, is_enabled=input.is_enabled)

        return await change_objects(input.ids, alert_key, write, load_context)

    @call(uses=ALERT_DELETION_ENDPOINTS)
    @mistakes_as_data(refuse_all, ALERT_FIELD_PATHS)
    async def delete_alerts(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[DeleteAlertsInput, strawberry.argument(description="Alerts to delete.")],
    ) -> DeleteAlertsPayload | None:
        """Delete alerts. Their monitors stay, except those of metric rules, which are deleted with them."""

        async def write(keys: Sequence[AlertKey]) -> Outcomes:
            return await delete_alerts(keys, load_context)

        result: BulkResult = await change_objects(input.ids, alert_key, write, load_context)
        return as_deletion(result)
