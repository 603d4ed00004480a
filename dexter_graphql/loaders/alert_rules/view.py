"""Loader of alert rules: the view of alerts and monitors under their old names."""

from collections.abc import Sequence
from typing import Any

from dexter_graphql.loaders.alert_rules.costs import organization_rules_cost
from dexter_graphql.loaders.alerts import ALERT_LIST_ENDPOINTS, AlertOptions, alert_page
from dexter_graphql.loaders.base import LoadContext, Reads, fan_out
from dexter_graphql.loaders.lists import ALL_ROWS, fetch_with_names, page_of_rows, projects_of
from dexter_graphql.loaders.monitors import METRIC_TYPE, MonitorOptions, monitor_page
from dexter_graphql.loaders.parameters import QueryParameters
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef
from dexter_graphql.sentry.projection import Record, only_records

ISSUE_RULE, METRIC_RULE = "IssueAlertRule", "MetricAlertRule"


def _three_calls(keys: int, _reads: Reads) -> int:
    return 3 * keys


@fan_out(
    target="AlertRule",
    uses=(*ALERT_LIST_ENDPOINTS, *REFERENCE_ENDPOINTS),
    cost=_three_calls,
    fallback_cost=organization_rules_cost,
)
async def alert_rule_pages(organization: OrganizationRef, load_context: LoadContext) -> Slice:
    """A page of the issue rules and then the metric rules of an organization; options are ListOptions.

    A metric monitor is a metric rule. An alert is an issue rule, unless it is connected to metric monitors alone.
    """
    part = load_context.options

    async def fetch(parameters: QueryParameters) -> Slice:
        projects = projects_of(parameters)
        alerts = await alert_page(organization, AlertOptions(ALL_ROWS, projects, typename=ISSUE_RULE), load_context)
        # Those of other projects decide about alerts that are connected to several.
        monitors = await _metric_monitors(organization, (), load_context)
        shown = await _metric_monitors(organization, projects, load_context) if projects else monitors
        rules = [row for row in alerts.rows if not _is_of_metrics(row, monitors)]
        return page_of_rows([*rules, *shown], part._replace(query=()))

    return await fetch_with_names(part.query, organization, load_context, fetch)


async def _metric_monitors(
    organization: OrganizationRef, projects: tuple[str, ...], load_context: LoadContext
) -> list[Any]:
    options = MonitorOptions(ALL_ROWS, projects, types=(METRIC_TYPE,), typename=METRIC_RULE)
    return (await monitor_page(organization, options, load_context)).rows


def _is_of_metrics(alert: Any, monitors: Sequence[Any]) -> bool:
    """True for an alert that is connected to these monitors alone."""
    if not isinstance(alert, Record) or not isinstance(alert.detectorIds, list) or not alert.detectorIds:  # type: ignore[attr-defined]  # always read
        return False
    return {str(number) for number in alert.detectorIds} <= {str(row.id) for row in only_records(monitors)}  # type: ignore[attr-defined]  # as above
