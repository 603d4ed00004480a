"""Alert rules: alerts and monitors under their old names."""

from datetime import datetime

import strawberry

from dexter_graphql.graph.alerts.parts import AlertParts
from dexter_graphql.graph.declarations.fields import ID, LIST, batch, entity, plain
from dexter_graphql.graph.lazy_types import AlertType, MonitorType
from dexter_graphql.graph.monitors.metric import MetricFields
from dexter_graphql.graph.monitors.types import sentry_id
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.loaders.alerts import AlertKey, AlertKeys, alerts_by_id, linked_alerts
from dexter_graphql.loaders.monitors import MonitorKey, monitors_by_id


@entity(representations=(), is_interface=True)
class AlertRule:
    """Alert rule, which Sentry has replaced by monitors and alerts. All servers show theirs as rules here."""

    sentry_id: strawberry.ID = sentry_id()
    name: str | None = plain(description="Display name of the rule.")
    is_enabled: bool | None = plain("enabled", description="False while the rule is disabled.")
    created_at: datetime | None = plain("dateCreated", description="Time when the rule was created.")
    updated_at: datetime | None = plain(
        "dateUpdated",
        description="Time of the last change; null for issue rules of servers that have only alert rules.",
    )


@entity(representations=(LIST,), always_reads={"detectorIds": list[int | str], "id": ID})
class IssueAlertRule(AlertParts, AlertRule):
    """Rule about issues: an alert that is not connected to metric monitors alone."""

    alert: AlertType | None = batch(
        alerts_by_id,
        key=lambda row: AlertKey(row.parents.organization, str(row.id)),
        reads={"id": ID},
        description="Alert that the rule is. One call for all rules of a list.",
    )


@entity(representations=(LIST,), always_reads={"id": ID})
class MetricAlertRule(MetricFields, AlertRule):
    """Rule about a metric: a metric monitor with the alerts that are connected to it."""

    monitor: MonitorType | None = batch(
        monitors_by_id,
        key=lambda row: MonitorKey(row.parents.organization, str(row.id)),
        reads={"id": ID},
        description="Monitor that the rule is. One call for all rules of a list.",
    )

    @batch(
        linked_alerts,
        key=lambda row: AlertKeys(row.parents.organization, tuple(map(str, row.workflowIds or ()))),
        reads={"workflowIds": list[int | str]},
    )
    @paged
    def alerts(*, page: PageArguments) -> Connection[AlertType] | None:
        """Alerts that are connected to the monitor. One call for all rules of a list."""
        return list_options(page)


ALERT_RULE_TYPES: tuple[type, ...] = (IssueAlertRule, MetricAlertRule)
"""Implementations of `AlertRule`, which no field refers to."""
