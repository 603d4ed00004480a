"""Payloads of alert mutations."""

import strawberry

from dexter_graphql.graph.alerts.bulk import BulkResult, ChangeResult, DeletionPayload, ObjectResult, ObjectsPayload
from dexter_graphql.graph.common.user_errors import UserError
from dexter_graphql.graph.declarations.fields import batch, computed, value_type
from dexter_graphql.graph.lazy_types import AlertType
from dexter_graphql.loaders.alerts import alerts_by_id


@value_type
class AlertPayload:
    """Result of a mutation of one alert."""

    alert: AlertType | None = batch(
        alerts_by_id,
        key=lambda result: result.key,
        reads={},
        description="Alert after the mutation; null when it was refused, or is not created yet.",
    )

    @computed()
    def user_errors(result: ChangeResult) -> list[UserError]:
        """Reasons why nothing was changed; empty on success."""
        return result.refusals


@value_type
class CreateAlertPayload(AlertPayload):
    """Result of `createAlert`."""


@value_type
class ConnectMonitorsPayload(AlertPayload):
    """Result of `connectMonitors`."""


@value_type
class UpdateAlertPayload(AlertPayload):
    """Result of `updateAlert`."""


@value_type
class SnoozeAlertPayload(AlertPayload):
    """Result of `snoozeAlert`."""


@value_type
class UnsnoozeAlertPayload(AlertPayload):
    """Result of `unsnoozeAlert`."""


@value_type
class AlertOutcome:
    """Result of a bulk mutation for one alert."""

    alert: AlertType | None = batch(
        alerts_by_id, key=lambda outcome: outcome.key, reads={}, description="Alert after the mutation."
    )

    @computed()
    def alert_id(outcome: ObjectResult) -> strawberry.ID:
        """Global ID of the alert."""
        return strawberry.ID(outcome.id)

    @computed()
    def user_errors(outcome: ObjectResult) -> list[UserError]:
        """Reasons why the alert was not changed; empty on success."""
        return outcome.refusals


@value_type
class SetAlertsEnabledPayload(ObjectsPayload):
    """Result of `setAlertsEnabled`."""

    @computed()
    def results(result: BulkResult) -> list[AlertOutcome]:
        """Results per alert that exists, in the order of the IDs."""
        return result.results


@value_type
class DeleteAlertsPayload(DeletionPayload):
    """Result of `deleteAlerts`."""
