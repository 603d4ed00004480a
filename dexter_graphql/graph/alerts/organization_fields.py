"""Fields of organizations for alerts and monitors."""

from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.alerts.arguments import alert_options
from dexter_graphql.graph.alerts.available_actions import AvailableAlertAction
from dexter_graphql.graph.alerts.enums import AlertSort
from dexter_graphql.graph.alerts.references import AlertReference, MonitorReference, find_alert, find_monitor
from dexter_graphql.graph.alerts.rules import AlertRule
from dexter_graphql.graph.alerts.types import Alert
from dexter_graphql.graph.declarations.fields import batch, call
from dexter_graphql.graph.monitors.arguments import MonitorKinds, monitor_options
from dexter_graphql.graph.monitors.enums import MonitorSort
from dexter_graphql.graph.monitors.types import Monitor
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import NameContains, Projects, list_options, project_parameters
from dexter_graphql.graph.relay.references import bounded
from dexter_graphql.loaders.alert_lookup import alerts_by_number, monitors_by_number
from dexter_graphql.loaders.alert_rules.view import alert_rule_pages
from dexter_graphql.loaders.alerts import alert_pages, alerts_by_id
from dexter_graphql.loaders.available_actions import available_actions
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.monitors import monitor_pages
from dexter_graphql.sentry.parents import Parents

Types = Annotated[
    list[str] | None,
    strawberry.argument(description="Kinds of actions, as named by Sentry, for example `slack`. Default: all kinds."),
]


@strawberry.type
class AlertFields:
    """Fields of Organization."""

    @batch(alert_pages)
    @paged
    def alerts(
        *,
        projects: Projects = None,
        name_contains: NameContains = None,
        sort: Annotated[AlertSort, strawberry.argument(description="Order of the alerts.")] = AlertSort.ID,
        page: PageArguments,
    ) -> Connection[Alert] | None:
        """Alerts of the organization. One call per project on servers that have only alert rules."""
        return alert_options(projects, name_contains, sort, page)

    @call(uses=(*alerts_by_number.uses, *alerts_by_id.uses))
    async def alert(
        row: Any,
        load_context: LoadContext,
        *,
        reference: Annotated[
            AlertReference, strawberry.argument(description="Alert. Its `sentryId` may be that of an alert rule.")
        ],
    ) -> Alert | None:
        """Alert of the organization; null when it does not exist.

        Where an issue rule and a metric rule have the same `sentryId`, it is the issue rule.
        """
        return await find_alert(reference, row.parents.organization, load_context)

    @batch(alert_rule_pages)
    @paged
    def alert_rules(*, projects: Projects = None, page: PageArguments) -> Connection[AlertRule] | None:
        """Alerts and metric monitors under their old names: issue rules, and then metric rules, each ordered by ID.

        One call per 100 alerts and per 100 monitors; one per project on servers that have only alert rules.
        """
        return list_options(page, project_parameters(projects))

    @batch(available_actions, key=lambda row: Parents(row.parents.organization), reads={})
    def available_alert_actions(*, types: Types = None) -> list[AvailableAlertAction] | None:
        """Kinds of actions that alerts of the organization may have. One call."""
        return tuple(bounded(types, "types"))

    @batch(monitor_pages)
    @paged
    def monitors(
        *,
        projects: Projects = None,
        types: MonitorKinds = None,
        name_contains: NameContains = None,
        sort: Annotated[MonitorSort, strawberry.argument(description="Order of the monitors.")] = MonitorSort.ID,
        page: PageArguments,
    ) -> Connection[Monitor] | None:
        """Monitors of the organization. Servers that have only alert rules list metric monitors only."""
        return monitor_options(projects, types, name_contains, sort, page)

    @call(uses=monitors_by_number.uses)
    async def monitor(
        row: Any,
        load_context: LoadContext,
        *,
        reference: Annotated[
            MonitorReference,
            strawberry.argument(description="Monitor. Its `sentryId` may be that of a metric rule."),
        ],
    ) -> Monitor | None:
        """Monitor of the organization; null when it does not exist."""
        return await find_monitor(reference, row.parents.organization, load_context)
