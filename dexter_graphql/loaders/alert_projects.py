"""Loader of the projects of alerts."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk
from dexter_graphql.loaders.lists import page_of_rows
from dexter_graphql.loaders.monitors import MonitorKey, monitors_by_id
from dexter_graphql.loaders.projects import ProjectName, projects_by_name
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.parents import OrganizationRef
from dexter_graphql.sentry.projection import only_records


class AlertProjectsKey(NamedTuple):
    """What determines the projects of an alert: its monitors, or the slugs in its rule."""

    organization: OrganizationRef
    monitors: tuple[str, ...]
    slugs: tuple[str, ...]


@bulk(
    target="Project",
    uses=(catalogue.DETECTORS, catalogue.METRIC_RULES, *projects_by_name.uses),
    is_shared=False,
)
async def alert_projects(keys: Sequence[AlertProjectsKey], load_context: LoadContext) -> Mapping[AlertProjectsKey, Any]:
    """A page of the projects of each alert: those in its rule, otherwise those of its monitors."""
    monitor_keys = [MonitorKey(key.organization, monitor_id) for key in keys for monitor_id in key.monitors]
    monitors = await load_context.load_each(monitors_by_id, list(dict.fromkeys(monitor_keys)))
    names = {key: _project_names(key, monitors) for key in keys}
    all_names = list(dict.fromkeys(name for own_names in names.values() for name in own_names))
    rows = await load_context.load_each(projects_by_name, all_names)
    return {
        key: page_of_rows([row for name in names[key] if (row := rows[name]) is not None], load_context.options)
        for key in keys
    }


def _project_names(key: AlertProjectsKey, monitors: Mapping[MonitorKey, Any]) -> list[ProjectName]:
    organization = key.organization
    if key.slugs:
        return [ProjectName(organization, slug) for slug in key.slugs]
    rows = only_records(monitors[MonitorKey(organization, monitor_id)] for monitor_id in key.monitors)
    ids = (row.projectId for row in rows)
    return list(
        dict.fromkeys(
            ProjectName(organization, str(project_id)) for project_id in ids if isinstance(project_id, (int, str))
        )
    )
