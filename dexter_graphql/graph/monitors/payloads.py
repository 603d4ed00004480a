"""Payloads of monitor mutations."""

import strawberry

from dexter_graphql.graph.alerts.bulk import BulkResult, ChangeResult, DeletionPayload, ObjectResult, ObjectsPayload
from dexter_graphql.graph.common.user_errors import UserError
from dexter_graphql.graph.declarations.fields import batch, computed, value_type
from dexter_graphql.graph.lazy_types import MonitorType
from dexter_graphql.loaders.monitors import monitors_by_id


@value_type
class MonitorPayload:
    """Result of a mutation of one monitor."""

    monitor: MonitorType | None = batch(
        monitors_by_id,
        key=lambda result: result.key,
        reads={},
        description="Monitor after the mutation; null when it was refused.",
    )

    @computed()
    def user_errors(result: ChangeResult) -> list[UserError]:
        """Reasons why nothing was changed; empty on success."""
        return result.refusals


@value_type
class CreateMonitorPayload(MonitorPayload):
    """Result of `createMonitor`."""


@value_type
class UpdateMonitorPayload(MonitorPayload):
    """Result of `updateMonitor`."""


@value_type
class MonitorOutcome:
    """Result of a bulk mutation for one monitor."""

    monitor: MonitorType | None = batch(
        monitors_by_id, key=lambda outcome: outcome.key, reads={}, description="Monitor after the mutation."
    )

    @computed()
    def monitor_id(outcome: ObjectResult) -> strawberry.ID:
        """Global ID of the monitor."""
        return strawberry.ID(outcome.id)

    @computed()
    def user_errors(outcome: ObjectResult) -> list[UserError]:
        """Reasons why the monitor was not changed; empty on success."""
        return outcome.refusals


@value_type
class SetMonitorsEnabledPayload(ObjectsPayload):
    """Result of `setMonitorsEnabled`."""

    @computed()
    def results(result: BulkResult) -> list[MonitorOutcome]:
        """Results per monitor that exists, in the order of the IDs."""
        return result.results


@value_type
class DeleteMonitorsPayload(DeletionPayload):
    """Result of `deleteMonitors`."""
