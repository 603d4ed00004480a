"""Loaders of alerts and metric monitors by their names: webhooks of alerts name them in no other way."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.alert_rules.costs import organization_rules_cost
from dexter_graphql.loaders.alerts import ALERT_LIST_ENDPOINTS, AlertOptions, alert_page
from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.lists import ALL_ROWS
from dexter_graphql.loaders.monitors import METRIC_TYPE, MONITOR_LOOKUP_ENDPOINTS, MonitorOptions, monitor_page
from dexter_graphql.loaders.projects import ProjectName, projects_by_name
from dexter_graphql.sentry.parents import OrganizationRef
from dexter_graphql.sentry.projection import only_records


class NameInProject(NamedTuple):
    """An alert or a monitor by its exact name and the slug or the numeric ID of its project."""

    organization: OrganizationRef
    project: str
    name: str


@fan_out(
    target="Alert",
    uses=(*ALERT_LIST_ENDPOINTS, *projects_by_name.uses),
    is_shared=True,
    fallback_cost=organization_rules_cost,
)
async def alerts_by_name(key: NameInProject, load_context: LoadContext) -> Any:
    """The alert of a project with that name; None when there is none, or more than one.

    All alerts of the project are read, so that the next lookup is answered from the cache.
    """
    project = await _project_id(key, load_context)
    if project is None:
        return None
    page = await alert_page(key.organization, AlertOptions(ALL_ROWS, (project,)), load_context)
    return _only_one_named(key.name, page.rows)


@fan_out(
    target="UnknownMonitor",
    uses=(*MONITOR_LOOKUP_ENDPOINTS, *projects_by_name.uses),
    is_shared=True,
    fallback_cost=organization_rules_cost,
)
async def metric_monitors_by_name(key: NameInProject, load_context: LoadContext) -> Any:
    """The metric monitor of a project with that name; None when there is none, or more than one."""
    project = await _project_id(key, load_context)
    if project is None:
        return None
    options = MonitorOptions(ALL_ROWS, (project,), (METRIC_TYPE,))
    page = await monitor_page(key.organization, options, load_context)
    return _only_one_named(key.name, page.rows)


async def _project_id(key: NameInProject, load_context: LoadContext) -> str | None:
    if key.project.isdecimal():
        return key.project
    project = await load_context.load(projects_by_name, ProjectName(key.organization, key.project))
    return None if project is None else str(project.id)


def _only_one_named(name: str, rows: Sequence[Any]) -> Any:
    named = [row for row in only_records(rows) if row.name == name]
    return named[0] if len(named) == 1 else None
