"""References to cron monitors in inputs of mutations."""

from typing import NamedTuple

from dexter_graphql.errors import UnknownReference
from dexter_graphql.graph.crons.inputs import CronMonitorReference
from dexter_graphql.graph.projects.references import PROJECT_REFERENCE_ENDPOINTS, find_project
from dexter_graphql.graph.relay.references import (
    OrganizationReference,
    ProjectReference,
    given_name,
    key_in_organization,
    named_or_only_organization,
)
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.crons import CronKey, slug_of_monitor
from dexter_graphql.sentry.catalogue import alerts

CRON_REFERENCE_ENDPOINTS = (*PROJECT_REFERENCE_ENDPOINTS, alerts.DETECTORS)
"""What looking up a cron monitor by a reference may call."""


class CronTarget(NamedTuple):
    """The key of a cron monitor, and the ID of its detector where a global ID has named it."""

    key: CronKey
    id: str | None = None


async def find_cron(
    value: CronMonitorReference,
    organization: OrganizationReference | None,
    project: ProjectReference | None,
    load_context: LoadContext,
) -> CronTarget:
    """The monitor that the members `monitor`, `organization` and `project` of an input name."""
    by, given = given_name(value, ("monitor",))
    own_project = await find_project(project, organization, load_context) if project else None
    project_id = own_project.id if own_project else None
    if by == "id":
        own, number = await key_in_organization(given, "Monitor", load_context, "monitor")
        slug = await slug_of_monitor(own, number, load_context)
        if slug is None:
            raise UnknownReference("The monitor does not exist or is no cron monitor", ("monitor", "id"))
        return CronTarget(CronKey(own, slug, project_id), number)
    if own_project is not None:
        return CronTarget(CronKey(own_project.organization, given, project_id))
    own = await named_or_only_organization(organization, load_context, of="monitor")
    return CronTarget(CronKey(own, given))
