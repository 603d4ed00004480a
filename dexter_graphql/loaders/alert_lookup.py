"""Loaders of alerts and monitors by the numbers that Sentry's API and its pages have for them."""

from typing import Any

from dexter_graphql.loaders.alert_rules.costs import organization_rules_cost
from dexter_graphql.loaders.alert_rules.workflows import METRIC_PREFIX
from dexter_graphql.loaders.alerts import ALERT_LIST_ENDPOINTS, AlertKey, AlertOptions, alert_page, alerts_by_id
from dexter_graphql.loaders.base import LoadContext, fan_out, two_calls_per_key
from dexter_graphql.loaders.lists import ALL_ROWS
from dexter_graphql.loaders.monitors import MONITOR_LOOKUP_ENDPOINTS, MonitorKey, has_rules, monitors_by_id
from dexter_graphql.sentry.projection import only_records


@fan_out(target="Alert", uses=ALERT_LIST_ENDPOINTS, is_shared=True, fallback_cost=organization_rules_cost)
async def alerts_by_number(key: AlertKey, load_context: LoadContext) -> Any:
    """A workflow by its number; on servers with alert rules, the rule with the number where there is no workflow.

    An issue rule and a metric rule may have the same number. The issue rule is returned then: the other one is found as
    a monitor.
    """
    workflow = await load_context.load(alerts_by_id, key)
    if workflow is not None or not has_rules(key.organization, load_context):
        return workflow
    page = await alert_page(key.organization, AlertOptions(ALL_ROWS), load_context)
    return next((row for row in only_records(page.rows) if str(row.id).rpartition("-")[2] == key.id), None)


@fan_out(target="UnknownMonitor", uses=MONITOR_LOOKUP_ENDPOINTS, is_shared=True, fallback_cost=two_calls_per_key)
async def monitors_by_number(key: MonitorKey, load_context: LoadContext) -> Any:
    """A detector by its number; on servers with alert rules, the metric rule where there is no detector."""
    detector = await load_context.load(monitors_by_id, key)
    if detector is not None or not has_rules(key.organization, load_context):
        return detector
    return await load_context.load(monitors_by_id, MonitorKey(key.organization, f"{METRIC_PREFIX}{key.id}"))
